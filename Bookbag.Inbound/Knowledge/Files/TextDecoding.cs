using System.Text;

namespace Bookbag.Inbound.Knowledge.Files;

/// <summary>Finds out how bytes are text.</summary>
public static class TextDecoding
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    static TextDecoding() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>Whether bytes can be text: they have no NUL, unless they say that they are UTF-16.</summary>
    public static bool IsText(ReadOnlySpan<byte> bytes) => Mark(bytes) is not null || !bytes.Contains((byte)0);

    /// <summary>The text: by its byte order mark, by what was declared, as UTF-8 where it is that, else as the Windows of western Europe.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, string? declared = null)
    {
        if (Mark(bytes) is { } marked)
            return marked.GetString(bytes[marked.Preamble.Length..]);
        if (Find(declared) is { } encoding)
            return encoding.GetString(bytes);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.GetEncoding(1252).GetString(bytes);
        }
    }

    private static Encoding? Mark(ReadOnlySpan<byte> bytes)
    {
        foreach (var encoding in (ReadOnlySpan<Encoding>)[Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode])
            if (bytes.StartsWith(encoding.Preamble))
                return encoding;
        return null;
    }

    private static Encoding? Find(string? name)
    {
        try
        {
            return string.IsNullOrWhiteSpace(name) ? null : Encoding.GetEncoding(name.Trim().Trim('"', '\''));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
