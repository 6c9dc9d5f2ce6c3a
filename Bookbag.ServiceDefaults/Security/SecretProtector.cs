using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace Bookbag.ServiceDefaults.Security;

/// <summary>Encrypts what the database may hold only as ciphertext: tokens and secrets of channels.</summary>
public sealed class SecretProtector(IDataProtectionProvider protection)
{
    private readonly IDataProtector _protector = protection.CreateProtector("Bookbag.Secrets.v1");

    /// <summary>The ciphertext of a secret.</summary>
    public string Protect(string secret) => _protector.Protect(secret);

    /// <summary>The secret. Throws <see cref="CryptographicException"/> where the key ring that encrypted it is gone.</summary>
    public string Unprotect(string cipher) => _protector.Unprotect(cipher);

    /// <summary>SHA-256, for secrets that are looked up and never read back.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
