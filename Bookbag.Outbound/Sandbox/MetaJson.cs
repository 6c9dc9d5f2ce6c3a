using System.Buffers;
using System.Text;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Escapes JSON the way the bodies of Meta's webhooks are.</summary>
/// <remarks>
/// On the wire: <c>{"body":"Caf\u00e9 \ud83d\ude00 https:\/\/shop.example \u003C3"}</c>. Non-ASCII is <c>\uXXXX</c> in lower-case hex, a slash is
/// <c>\/</c>, and <c>&lt;</c>, <c>%</c>, <c>@</c> are escaped in upper-case hex. Receivers that sign a re-serialised body fail on exactly these.
/// None of these bytes occurs in JSON outside strings, so one pass over the bytes suffices.
/// </remarks>
internal static class MetaJson
{
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        [.. Enumerable.Range(0, 0x80).Select(b => (byte)b).Where(b => b is not ((byte)'/' or (byte)'<' or (byte)'%' or (byte)'@' or (byte)'\\'))]);

    /// <summary>Copies valid JSON to <paramref name="output"/>, escaped as Meta does.</summary>
    public static void Escape(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        while (!json.IsEmpty)
        {
            var plain = json.IndexOfAnyExcept(Plain);
            if (plain < 0)
            {
                output.Write(json);
                return;
            }

            output.Write(json[..plain]);
            json = json[(plain + EscapeOne(json[plain..], output))..];
        }
    }

    /// <returns>How many bytes were consumed.</returns>
    private static int EscapeOne(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        switch (json[0])
        {
            case (byte)'/': output.Write(@"\/"u8); return 1;
            case (byte)'<': output.Write(@"\u003C"u8); return 1;
            case (byte)'%': output.Write(@"\u0025"u8); return 1;
            case (byte)'@': output.Write(@"\u0040"u8); return 1;
            case (byte)'\\': return CopyEscape(json, output);
            default: return EscapeRune(json, output);
        }
    }

    private static int CopyEscape(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        var length = json[1] == (byte)'u' ? 6 : 2;
        var target = output.GetSpan(length);
        for (var i = 0; i < length; i++)
            target[i] = i > 1 && json[i] is >= (byte)'A' and <= (byte)'F' ? (byte)(json[i] | 0x20) : json[i];
        output.Advance(length);
        return length;
    }

    private static int EscapeRune(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        Rune.DecodeFromUtf8(json, out var rune, out var consumed);
        Span<char> units = stackalloc char[2];
        var count = rune.EncodeToUtf16(units);
        foreach (var unit in units[..count])
        {
            var target = output.GetSpan(6);
            @"\u"u8.CopyTo(target);
            for (var digit = 0; digit < 4; digit++)
                target[2 + digit] = "0123456789abcdef"u8[unit >> (12 - 4 * digit) & 0xf];
            output.Advance(6);
        }

        return consumed;
    }
}
