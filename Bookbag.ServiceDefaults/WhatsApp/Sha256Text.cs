namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>Reads a SHA-256 as Meta writes it: base64 in webhooks, hex digits in answers of Graph.</summary>
internal static class Sha256Text
{
    private const int Length = 32;

    /// <summary>The bytes; null for what is neither.</summary>
    public static byte[]? Parse(string? text)
    {
        if (text is null)
            return null;
        var bytes = new byte[Length];
        return text.Length == 2 * Length ? Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done ? bytes : null
            : Convert.TryFromBase64String(text, bytes, out var written) && written == Length ? bytes
            : null;
    }
}
