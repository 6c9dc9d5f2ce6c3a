using System.Text.RegularExpressions;

namespace Bookbag.Inbound.Answering;

/// <summary>Recognises that a customer left a way to be reached.</summary>
public static partial class ContactDetails
{
    /// <summary>Whether a text has an e-mail address or a phone number in it.</summary>
    public static bool In(string text) => Email().IsMatch(text) || Phone().IsMatch(text);

    [GeneratedRegex(@"[^\s@<>()]+@[^\s@<>()]+\.\p{L}{2,}")]
    private static partial Regex Email();

    // Seven digits at least, with what people write between them: +49 (0)151 / 123-45 67.
    [GeneratedRegex(@"(?<![\p{L}\d])\+?\d(?:[\s().\-/]{0,3}\d){6,14}(?![\p{L}\d])")]
    private static partial Regex Phone();
}
