using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Bookbag.Outbound.Contacts;

/// <summary>Values of custom attributes: which type they are of, and how each type is kept as JSON. Pure.</summary>
internal static partial class AttributeValues
{
    private const int MostText = 1_000;
    private const int MostItems = 100;

    /// <summary>Whether an attribute may be called so.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= 100 && !name.Any(c => char.IsControl(c) || c is '{' or '}') && name.Trim().Length == name.Length;

    /// <summary>The type that a JSON value shows; null for what is none: null, an object, a list of anything but texts.</summary>
    public static AttributeType? TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => AttributeType.Boolean,
        JsonValueKind.Number => AttributeType.Number,
        JsonValueKind.String => FilterTime.TryParse(value.GetString()!, out _) ? AttributeType.Date : AttributeType.Text,
        JsonValueKind.Array => value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String or JsonValueKind.Number) ? AttributeType.List : null,
        _ => null,
    };

    /// <summary>The type that all of a column's samples are of; text where they differ or there are none.</summary>
    public static AttributeType TypeOf(IEnumerable<string> samples)
    {
        var values = samples.Where(s => !string.IsNullOrWhiteSpace(s)).ToList();
        if (values.Count == 0)
            return AttributeType.Text;
        foreach (var type in (ReadOnlySpan<AttributeType>)[AttributeType.Number, AttributeType.Date, AttributeType.Boolean])
        {
            // A leading zero is no number's: post codes and article numbers lose it.
            if (values.TrueForAll(v => TryRead(type, v, out _, out _) && !(type == AttributeType.Number && LeadingZero().IsMatch(v))))
                return type;
        }

        return AttributeType.Text;
    }

    /// <summary>Reads a JSON value as one of the type.</summary>
    public static bool TryRead(AttributeType type, JsonElement value, [NotNullWhen(true)] out string? json, [NotNullWhen(false)] out string? problem) => value.ValueKind switch
    {
        JsonValueKind.Array when type == AttributeType.List => TryReadList(value.EnumerateArray().Select(Plain), out json, out problem),
        JsonValueKind.String => TryRead(type, value.GetString()!, out json, out problem),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => TryRead(type, value.GetRawText(), out json, out problem),
        _ => Fail(type, out json, out problem),
    };

    /// <summary>Reads a text, such as a cell of a file, as a value of the type.</summary>
    public static bool TryRead(AttributeType type, string text, [NotNullWhen(true)] out string? json, [NotNullWhen(false)] out string? problem)
    {
        text = text.Trim();
        (json, problem) = (null, null);
        switch (type)
        {
            case AttributeType.Text when text.Length <= MostText && !text.Contains('\0', StringComparison.Ordinal):
                json = JsonSerializer.Serialize(text);
                break;
            case AttributeType.Number when Number(text) is { } number:
                json = number.ToString(CultureInfo.InvariantCulture);
                break;
            case AttributeType.Date when Date(text) is { } date:
                json = JsonSerializer.Serialize(date);
                break;
            case AttributeType.Boolean when Boolean(text) is { } yes:
                json = yes ? "true" : "false";
                break;
            case AttributeType.List:
                return TryReadList(text.Split([';', '|', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), out json, out problem);
            default:
                return Fail(type, out json, out problem);
        }

        return true;
    }

    private static bool TryReadList(IEnumerable<string?> items, [NotNullWhen(true)] out string? json, [NotNullWhen(false)] out string? problem)
    {
        var list = items.ToList();
        if (list.Count > MostItems || list.Exists(item => item is null or { Length: > MostText } || item.Contains('\0', StringComparison.Ordinal)))
            return Fail(AttributeType.List, out json, out problem);
        (json, problem) = (JsonSerializer.Serialize(list.Distinct(StringComparer.Ordinal)), null);
        return true;
    }

    private static bool Fail(AttributeType type, [NotNullWhen(true)] out string? json, [NotNullWhen(false)] out string? problem)
    {
        json = null;
        problem = type switch
        {
            AttributeType.Number => "is not a number; write 12 or 12.5",
            AttributeType.Date => "is not a date; write 2026-11-30 or 2026-11-30T18:00:00Z",
            AttributeType.Boolean => "is neither yes nor no; write true or false",
            AttributeType.List => $"is not a list of up to {MostItems} texts",
            _ => $"is not a text of up to {MostText:N0} characters",
        };
        return false;
    }

    private static string? Plain(JsonElement item) => item.ValueKind switch
    {
        JsonValueKind.String => item.GetString(),
        JsonValueKind.Number => item.GetRawText(),
        _ => null,
    };

    // 1234.5, 1,234.5 is refused as ambiguous; 12,5 is what half of the world writes.
    private static decimal? Number(string text) =>
        decimal.TryParse(DecimalComma().IsMatch(text) ? text.Replace(',', '.') : text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            ? number : null;

    // Days stay days; instants are brought to UTC and whole seconds, so that the order of the texts is that of the times.
    private static string? Date(string text)
    {
        if (DateOnly.TryParseExact(text, ["yyyy-MM-dd", "dd.MM.yyyy", "d.M.yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            return day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return FilterTime.TryParse(text, out var time) ? time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : null;
    }

    private static bool? Boolean(string text) => text.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "Y" or "1" => true,
        "FALSE" or "NO" or "N" or "0" => false,
        _ => null,
    };

    [GeneratedRegex(@"^[+-]?[0-9]+,[0-9]{1,2}$", RegexOptions.CultureInvariant)]
    private static partial Regex DecimalComma();

    [GeneratedRegex(@"^[+-]?0[0-9]", RegexOptions.CultureInvariant)]
    private static partial Regex LeadingZero();
}
