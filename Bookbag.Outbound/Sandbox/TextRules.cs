using System.Text;
using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Lengths of texts, and lenient reading of JSON members. Pure.</summary>
internal static class TextRules
{
    /// <summary>Refuses a text that is missing, empty or too long.</summary>
    /// <param name="holder">The object that has it.</param>
    /// <param name="parameter">How Meta names it in the refusal.</param>
    /// <param name="most">The most characters; a character is a code point, as in JSON Schema.</param>
    /// <param name="name">The member's name.</param>
    public static GraphRefusal? Required(JsonElement holder, string parameter, int most, string name) =>
        holder.Text(name) is { Length: > 0 } text ? AtMost(text, parameter, most) : GraphRefusal.Missing($"{parameter} is required");

    public static GraphRefusal? Optional(JsonElement holder, string parameter, int most, string name) =>
        holder.Text(name) is { } text ? AtMost(text, parameter, most) : null;

    public static GraphRefusal? AtMost(string text, string parameter, int most) =>
        text.Length > most && CodePoints(text) > most ? GraphRefusal.TooLong(parameter, most) : null;

    /// <summary>A string member; null where there is none, or it is something else.</summary>
    public static string? Text(this JsonElement holder, string name) =>
        holder.Member(name) is { ValueKind: JsonValueKind.String } member ? member.GetString() : null;

    /// <summary>A member that is there and not null.</summary>
    public static JsonElement? Member(this JsonElement holder, string name) =>
        holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    /// <summary>The elements of an array member; none where it is missing or something else.</summary>
    public static IEnumerable<JsonElement> Elements(this JsonElement holder, string name) =>
        holder.Member(name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];

    private static int CodePoints(string text)
    {
        var count = 0;
        foreach (Rune _ in text.EnumerateRunes())
            count++;
        return count;
    }
}
