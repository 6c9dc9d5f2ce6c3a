using System.Security.Cryptography;

namespace Bookbag.ServiceDefaults.Security;

/// <summary>Passwords that nobody chose.</summary>
public static class Passwords
{
    // Without the letters and digits that are taken for one another when read aloud or from paper.
    private const string Alphabet = "abcdefghjkmnpqrstuvwxyz23456789";

    /// <summary>A first password, to be handed over once: 20 characters, 99 bits.</summary>
    public static string Generate() => RandomNumberGenerator.GetString(Alphabet, 20);
}
