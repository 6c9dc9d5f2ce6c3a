using Microsoft.AspNetCore.DataProtection;

namespace Bookbag.Tests.Support;

/// <summary>Protects nothing, where what is tested is not the key ring.</summary>
internal sealed class PlainText : IDataProtectionProvider, IDataProtector
{
    public IDataProtector CreateProtector(string purpose) => this;

    public byte[] Protect(byte[] plaintext) => plaintext;

    public byte[] Unprotect(byte[] protectedData) => protectedData;
}
