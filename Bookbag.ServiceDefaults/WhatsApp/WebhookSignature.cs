using System.Security.Cryptography;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>The signature of a webhook: <c>X-Hub-Signature-256: sha256=&lt;64 hex digits&gt;</c>, HMAC-SHA256 over the body's bytes as they came.</summary>
/// <remarks>
/// Meta signs what is on the wire, where letters outside ASCII are escapes; a body that was read and written again has another
/// signature. So nothing may touch the bytes before this check.
/// </remarks>
public static class WebhookSignature
{
    /// <summary>The header that carries it.</summary>
    public const string HeaderName = "X-Hub-Signature-256";

    private const string Prefix = "sha256=";

    /// <summary>Whether the header was made with the secret over exactly these bytes. Takes the same time for every wrong signature.</summary>
    public static bool Verify(ReadOnlySpan<byte> body, string? header, ReadOnlySpan<byte> appSecret)
    {
        // An empty key would be a signature that anybody can make.
        if (appSecret.IsEmpty || header is null || header.Length != Prefix.Length + (SHA256.HashSizeInBytes * 2) || !header.StartsWith(Prefix, StringComparison.Ordinal))
            return false;

        Span<byte> claimed = stackalloc byte[SHA256.HashSizeInBytes];
        if (Convert.FromHexString(header.AsSpan(Prefix.Length), claimed, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;

        Span<byte> actual = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(appSecret, body, actual);
        return CryptographicOperations.FixedTimeEquals(claimed, actual);
    }

    /// <summary>The header's value for a body: what Meta, or the sandbox in its place, sends.</summary>
    public static string Sign(ReadOnlySpan<byte> body, ReadOnlySpan<byte> appSecret)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(appSecret, body, hash);
        return Prefix + Convert.ToHexStringLower(hash);
    }
}
