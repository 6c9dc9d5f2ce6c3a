namespace Bookbag.Outbound.Sandbox;

/// <summary>Phone numbers as Meta's <c>wa_id</c> has them: digits with the country code, no plus. Pure.</summary>
internal static class PhoneNumber
{
    /// <summary>The digits of a number written for people; null where it cannot be one.</summary>
    public static string? Digits(string number)
    {
        Span<char> digits = stackalloc char[15];
        var count = 0;
        foreach (var c in number)
        {
            if (char.IsAsciiDigit(c))
            {
                if (count == digits.Length)
                    return null;
                digits[count++] = c;
            }
            else if (c is not ('+' or ' ' or '-' or '(' or ')' or '.'))
            {
                return null;
            }
        }

        return count < 5 ? null : digits[..count].ToString();
    }
}
