namespace Bookbag.ServiceDefaults.Http;

/// <summary>One page of a list.</summary>
/// <param name="Items">The rows, in the list's order.</param>
/// <param name="Next">What to send as <c>cursor</c> for the rows that follow; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
