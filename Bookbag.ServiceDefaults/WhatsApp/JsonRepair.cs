using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>
/// Makes a body's texts readable and storable before it is parsed: bytes that are no UTF-8, halves of a surrogate pair
/// (<c>\ud83d</c> of an emoji that was cut in two) and <c>\u0000</c> become U+FFFD.
/// </summary>
/// <remarks>
/// System.Text.Json throws at the first two and Postgres refuses the last two in <c>text</c> and <c>jsonb</c>; without this, one
/// customer's broken emoji would make a message unreadable, or a whole batch.
/// </remarks>
internal static class JsonRepair
{
    private const int EscapeLength = 6; // \uXXXX
    private static readonly byte[] Replacement = [.. "\\ufffd"u8];

    /// <summary>The same bytes where nothing is wrong with them, which is nearly always; else a mended copy.</summary>
    public static ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
            body = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body.Span));

        byte[]? mended = null;
        for (var at = NextBackslash(body.Span, 0); at >= 0; at = NextBackslash(body.Span, at))
        {
            if (UnitAt(body.Span, at) is not { } unit)
            {
                at += 2; // \n, \", \\ …
            }
            else if (char.IsHighSurrogate(unit) && UnitAt(body.Span, at + EscapeLength) is { } next && char.IsLowSurrogate(next))
            {
                at += 2 * EscapeLength;
            }
            else
            {
                if (unit == '\0' || char.IsSurrogate(unit))
                    Replacement.CopyTo((mended ??= body.ToArray()).AsSpan(at));
                at += EscapeLength;
            }
        }

        return mended ?? body;
    }

    private static int NextBackslash(ReadOnlySpan<byte> body, int from)
    {
        if (from >= body.Length)
            return -1;
        var offset = body[from..].IndexOf((byte)'\\');
        return offset < 0 ? -1 : from + offset;
    }

    /// <summary>The UTF-16 unit of an escape <c>\uXXXX</c>; null where there is none.</summary>
    private static char? UnitAt(ReadOnlySpan<byte> body, int at) =>
        at + EscapeLength <= body.Length && body[at] == '\\' && body[at + 1] == 'u'
        && Utf8Parser.TryParse(body.Slice(at + 2, 4), out ushort unit, out var read, 'x') && read == 4
            ? (char)unit
            : null;
}
