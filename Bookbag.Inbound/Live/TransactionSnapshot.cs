using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Bookbag.Inbound.Live;

/// <summary>
/// Which transactions a reader has seen, as Postgres writes it (<c>pg_snapshot</c>): <c>100:104:100,102</c> has seen all before 100, and of those
/// before 104 all but 100 and 102. It is the position in the stream of changes: ids and times are given before the commit, so a row of a
/// transaction that takes long would be passed over by any position made of them.
/// </summary>
public sealed class TransactionSnapshot
{
    // As many as connections can be open, each with twenty digits at most.
    private const int LongestText = 32 * 1024;

    private readonly ulong _first;
    private readonly ulong _end;
    private readonly ulong[] _open;
    private readonly string _text;

    private TransactionSnapshot(ulong first, ulong end, ulong[] open, string text) => (_first, _end, _open, _text) = (first, end, open, text);

    /// <summary>Every transaction before this one has been seen.</summary>
    public ulong SeenAllBefore => _first;

    /// <summary>No transaction from this one on has been seen.</summary>
    public ulong End => _end;

    /// <summary>Reads Postgres' text.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out TransactionSnapshot? snapshot)
    {
        snapshot = null;
        if (text is null || text.Length > LongestText || text.Split(':') is not [var first, var end, var open])
            return false;
        if (!IsNumber(first, out var from) || !IsNumber(end, out var to) || from == 0 || from > to)
            return false;

        var transactions = open.Length == 0 ? [] : open.Split(',');
        var numbers = new ulong[transactions.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            // Postgres takes them in order only.
            if (!IsNumber(transactions[i], out numbers[i]) || numbers[i] < from || numbers[i] >= to || (i > 0 && numbers[i] <= numbers[i - 1]))
                return false;
        }

        snapshot = new(from, to, numbers, text);
        return true;
    }

    /// <summary>Whether what a transaction changed has been seen.</summary>
    public bool Sees(ulong transaction) => transaction < _first || (transaction < _end && Array.BinarySearch(_open, transaction) < 0);

    /// <summary>Whether it was taken at the same time or later: everything that the other one has seen has been seen.</summary>
    public bool Includes(TransactionSnapshot other) => _end >= other._end && !_open.Any(other.Sees);

    /// <inheritdoc />
    public override string ToString() => _text;

    private static bool IsNumber(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= long.MaxValue;
}
