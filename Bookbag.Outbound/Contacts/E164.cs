using System.Diagnostics.CodeAnalysis;
using PhoneNumbers;

namespace Bookbag.Outbound.Contacts;

/// <summary>Phone numbers as people write them, brought into the one form in which they are kept: digits with country code, no plus.</summary>
internal static class E164
{
    private static readonly PhoneNumberUtil Library = PhoneNumberUtil.GetInstance();

    /// <summary>Whether numbers can be read as those of this region, such as <c>DE</c>.</summary>
    public static bool IsRegion(string region) => Library.GetSupportedRegions().Contains(region);

    /// <summary>The region of a number in digits, such as <c>DE</c>; null where it is none of one.</summary>
    public static string? RegionOf(string digits)
    {
        try
        {
            return Library.GetRegionCodeForNumber(Library.Parse($"+{digits}", null));
        }
        catch (NumberParseException)
        {
            return null;
        }
    }

    /// <summary>Reads a number; without a country code, as one of the region.</summary>
    /// <remarks>
    /// "Possible", not "valid": by its length it can be dialled. New ranges of numbers come faster than releases of the library, and whether
    /// somebody is reached there, Meta says.
    /// </remarks>
    public static bool TryParse(string text, string? region, [NotNullWhen(true)] out string? digits, [NotNullWhen(false)] out string? problem)
    {
        (digits, problem) = (null, null);
        try
        {
            var number = Library.Parse(text, region);
            if (!number.HasExtension && Library.IsPossibleNumber(number))
                digits = Library.Format(number, PhoneNumberFormat.E164)[1..];
            else
                problem = number.HasExtension ? "has an extension; WhatsApp knows whole numbers only" : "has too many or too few digits for its country";
        }
        catch (NumberParseException e)
        {
            problem = e.ErrorType == ErrorType.INVALID_COUNTRY_CODE
                ? region is null ? "has no country code; write it as +4930123456, or say which region numbers without one belong to" : "has a country code that does not exist"
                : "is not a phone number";
        }

        return digits is not null;
    }
}
