using System.Text.Json;
using System.Text.RegularExpressions;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Outbound.Contacts;

/// <summary>Checks what somebody says of a contact and brings it into the form in which it is kept. Pure but for what the catalog learns.</summary>
internal static partial class ContactReader
{
    private const int MostTags = 50;

    /// <summary>Reads a contact as a program describes it.</summary>
    public static (ContactRow? Row, RowProblem? Problem) Read(long number, ContactRequest request, string? region, AttributeCatalog attributes)
    {
        var row = new ContactRow { Number = number, OptedIn = request.OptedIn };
        if (Text(request.Phone) is { } phone)
        {
            if (!E164.TryParse(phone, request.DefaultRegion ?? region, out var digits, out var problem))
                return Refuse(number, "phone_invalid", $"The phone number {problem}.", "phone");
            row = row with { Phone = digits };
        }

        if (Text(request.UserId) is { } userId)
        {
            if (!CustomerAddress.IsUserId(userId))
                return Refuse(number, "user_id_invalid", "The user id is not one of WhatsApp's: it looks like US.13491208655302741918.", "userId");
            row = row with { UserId = userId };
        }

        if (Fields(row, request.ExternalId, request.Name, request.Email, request.Language, request.Tags ?? []) is var (fields, fieldProblem) && fields is null)
            return (null, fieldProblem);
        if (fields is { Phone: null, UserId: null, ExternalId: null })
            return Refuse(number, "nobody", "Say who it is: a phone number, a user id or an external id.", null);
        if (request.Attributes is { Count: > 0 } given)
        {
            var values = new Dictionary<string, string>(given.Count, StringComparer.Ordinal);
            foreach (var (name, value) in given)
            {
                if (!attributes.TryRead(name, value, out var json, out var problem))
                    return Refuse(number, "attribute_invalid", $"The attribute \"{name}\" {problem}.", name);
                values[name] = json;
            }

            fields = fields with { Attributes = values };
        }

        return (fields, null);
    }

    /// <summary>Checks the plain fields and puts them in.</summary>
    public static (ContactRow? Row, RowProblem? Problem) Fields(ContactRow row, string? externalId, string? name, string? email, string? language, IReadOnlyList<string> tags)
    {
        (externalId, name, email, language) = (Text(externalId), Text(name), Text(email), Text(language));
        if (externalId?.Length > 200)
            return Refuse(row.Number, "external_id_invalid", "The external id has more than 200 characters.", "externalId");
        if (name?.Length > 200)
            return Refuse(row.Number, "name_invalid", "The name has more than 200 characters.", "name");
        if (email is not null && (email.Length > 254 || !EmailForm().IsMatch(email)))
            return Refuse(row.Number, "email_invalid", "The e-mail address is none.", "email");
        if (language is not null && !LanguageForm().IsMatch(language))
            return Refuse(row.Number, "language_invalid", "The language is a code, such as en or pt_BR.", "language");
        if (tags.Count > MostTags || tags.Any(tag => tag is null || tag.Trim().Length is 0 or > 100 || tag.Any(char.IsControl)))
            return Refuse(row.Number, "tags_invalid", $"There may be {MostTags} tags of 1 to 100 characters.", "tags");
        return (row with { ExternalId = externalId, Name = name, Email = email, Language = language?.Replace('-', '_'), Tags = [.. tags.Select(tag => tag.Trim())] }, null);
    }

    /// <summary>Blank is not said; what Postgres cannot keep is left out.</summary>
    internal static string? Text(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        var trimmed = text.Trim();
        return trimmed.Contains('\0', StringComparison.Ordinal) ? trimmed.Replace("\0", "", StringComparison.Ordinal) : trimmed;
    }

    private static (ContactRow?, RowProblem?) Refuse(long number, string code, string message, string? column) => (null, new RowProblem(number, code, message, column));

    [GeneratedRegex(@"^[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>.]+$", RegexOptions.CultureInvariant)]
    private static partial Regex EmailForm();

    [GeneratedRegex(@"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,2}$", RegexOptions.CultureInvariant)]
    private static partial Regex LanguageForm();
}

/// <summary>A contact as a program describes it. What is left out is not said.</summary>
/// <param name="Phone">The number, as people write it; without a country code it is one of <paramref name="DefaultRegion"/>.</param>
/// <param name="UserId">WhatsApp's business-scoped user id.</param>
/// <param name="ExternalId">Your own id of the person.</param>
/// <param name="Attributes">Custom attributes: text, number, boolean, date or list of texts; null takes one away.</param>
/// <param name="OptedIn">True: the person agreed to marketing. False: the person does not want it.</param>
/// <param name="DefaultRegion">The region of numbers without a country code, such as <c>DE</c>; the region of the agent's own number where it is left out.</param>
public sealed record ContactRequest(
    string? Phone = null, string? UserId = null, string? ExternalId = null, string? Name = null, string? Email = null, string? Language = null,
    IReadOnlyList<string>? Tags = null, IReadOnlyDictionary<string, JsonElement>? Attributes = null, bool? OptedIn = null, string? DefaultRegion = null);
