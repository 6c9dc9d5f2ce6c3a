using System.Globalization;
using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>
/// Reads Meta's JSON as it really comes: anything may be missing, null, empty, or a number where a text was promised. Nothing here
/// throws; what is not there, or not of the kind asked for, is null.
/// </summary>
internal static class LenientJson
{
    /// <summary>A property; null when there is none, or it is null, or this is no object.</summary>
    public static JsonElement? Get(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <inheritdoc cref="Get(JsonElement, string)"/>
    public static JsonElement? Get(this JsonElement? element, string name) => element?.Get(name);

    /// <summary>A text, or a number as a text. Blank is absent: early drafts of Meta's sent "" for what they did not disclose.</summary>
    public static string? Text(this JsonElement element, string name) => element.Get(name)?.AsText();

    /// <inheritdoc cref="Text(JsonElement, string)"/>
    public static string? Text(this JsonElement? element, string name) => element?.Text(name);

    /// <inheritdoc cref="Text(JsonElement, string)"/>
    public static string? AsText(this JsonElement element)
    {
        var text = element.ValueKind switch
        {
            JsonValueKind.String => element.GetString(),
            JsonValueKind.Number => element.GetRawText(),
            _ => null,
        };
        return string.IsNullOrWhiteSpace(text) ? null : text;
    }

    /// <summary>An object; null when it is anything else.</summary>
    public static JsonElement? Object(this JsonElement? element, string name) =>
        element.Get(name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    /// <summary>A whole number, or a text of one.</summary>
    public static long? Number(this JsonElement? element, string name) =>
        long.TryParse(element.Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A number, or a text of one.</summary>
    public static double? Decimal(this JsonElement? element, string name) =>
        double.TryParse(element.Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    /// <summary>A yes.</summary>
    public static bool Flag(this JsonElement? element, string name) =>
        element.Get(name) is { } value && (value.ValueKind == JsonValueKind.True || string.Equals(value.AsText(), "true", StringComparison.OrdinalIgnoreCase));

    /// <summary>A time in seconds since 1970, as a number or a text; null for what is no time.</summary>
    public static DateTimeOffset? Time(this JsonElement? element, string name) =>
        element.Number(name) is { } seconds and >= 0 and <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>The elements of a list; none when it is no list.</summary>
    public static IEnumerable<JsonElement> List(this JsonElement? element, string name) =>
        element.Get(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>The JSON of a property as it came.</summary>
    public static string? Raw(this JsonElement? element, string name) => element.Get(name)?.GetRawText();
}
