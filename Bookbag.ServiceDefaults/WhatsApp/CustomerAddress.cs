using System.Text.RegularExpressions;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>How a customer is reached: by phone number, by business-scoped user id, or by both. One of them may be unknown.</summary>
/// <param name="Phone">Digits with country code and no plus, as Meta writes a <c>wa_id</c>.</param>
/// <param name="UserId">The business-scoped user id (BSUID), such as <c>US.13491208655302741918</c>; letters and dots belong to it.</param>
public readonly partial record struct CustomerAddress(string? Phone, string? UserId)
{
    /// <summary>Whether it names nobody.</summary>
    public bool IsEmpty => Phone is null && UserId is null;

    /// <summary>Reads what may be a phone number in any usual notation or a user id; null is nobody.</summary>
    public static CustomerAddress Parse(string? text) =>
        string.IsNullOrWhiteSpace(text) ? default
        : IsUserId(text.Trim()) ? new CustomerAddress(null, text.Trim())
        : new CustomerAddress(NormalizePhone(text), null);

    /// <summary>Whether a text has the form of a business-scoped user id: a country, a dot, letters and digits (<c>US.ENT.…</c> for a parent).</summary>
    public static bool IsUserId(string text) => UserIdForm().IsMatch(text);

    /// <summary>
    /// A phone number without the plus, spaces, dashes and brackets that people write. A text that is none is left as it is:
    /// it is Meta's name for the customer all the same.
    /// </summary>
    public static string? NormalizePhone(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        var trimmed = text.Trim();
        if (!PhoneForm().IsMatch(trimmed))
            return trimmed;
        var digits = string.Concat(trimmed.Where(char.IsAsciiDigit));
        return digits.Length == 0 ? null : digits;
    }

    /// <summary>Names nobody in a log line.</summary>
    public override string ToString() => IsEmpty ? "nobody" : Phone is null ? "a customer by user id" : "a customer by phone";

    [GeneratedRegex(@"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$", RegexOptions.CultureInvariant)]
    private static partial Regex UserIdForm();

    [GeneratedRegex(@"^\+?[0-9\s().\-/\u00A0\u2010-\u2015]+$", RegexOptions.CultureInvariant)]
    private static partial Regex PhoneForm();
}

/// <summary>A customer as a webhook describes one; every part may be missing, but one of phone and user id is there.</summary>
/// <param name="Phone">Digits with country code and no plus; missing where Meta does not disclose it.</param>
/// <param name="UserId">The business-scoped user id.</param>
/// <param name="ParentUserId">The user id that all numbers of a managed business share.</param>
/// <param name="Name">The name in the customer's profile.</param>
/// <param name="Username">The user name the customer chose.</param>
public sealed record Customer(string? Phone, string? UserId, string? ParentUserId = null, string? Name = null, string? Username = null)
{
    /// <summary>How to reach them.</summary>
    public CustomerAddress Address => new(Phone, UserId);

    /// <summary>Names nobody in a log line.</summary>
    public override string ToString() => Address.ToString();
}
