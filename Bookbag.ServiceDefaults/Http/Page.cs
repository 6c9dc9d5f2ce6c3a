namespace Bookbag.ServiceDefaults.Http;

/// <summary>One page of a list.</summary>
/// <param name="Items">The rows, in the list's order.</param>
/// <param name="Next">What to send as <c>cursor</c> for the rows that follow; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Cuts pages from what a query found.</summary>
public static class Page
{
    /// <summary>How many rows a page has: what was asked for, within reason.</summary>
    public static int Size(int? limit) => Math.Clamp(limit ?? 50, 1, 200);

    /// <summary>A page of rows of which one more than <paramref name="size"/> was asked for: if it is there, the list goes on.</summary>
    public static Page<T> Of<T>(IReadOnlyList<T> rows, int size, Func<T, Cursor> cursorOf) => rows.Count > size
        ? new Page<T>([.. rows.Take(size)], cursorOf(rows[size - 1]).ToString())
        : new Page<T>(rows, null);
}
