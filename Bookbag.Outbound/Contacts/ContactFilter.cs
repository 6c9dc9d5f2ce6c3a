using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Bookbag.Outbound.Contacts;

/// <summary>Which contacts are meant: conditions on fields, custom attributes, tags and opt-in, joined by "all" and "any".</summary>
/// <remarks>
/// As JSON: <c>{"all":[{"field":"language","op":"is","value":"de"},{"any":[{"tag":"vip"},{"attribute":"orders","op":"at_least","value":3}]},
/// {"optIn":"opted_in"}]}</c>. An empty "all" means everybody. <see cref="ContactFilterSql"/> makes SQL of it.
/// </remarks>
public abstract record ContactFilter
{
    private const int MostDepth = 5;
    private const int MostConditions = 50;
    private const int MostValues = 500;

    private ContactFilter() { }

    /// <summary>Everybody.</summary>
    public static ContactFilter Everybody { get; } = new All([]);

    /// <summary>Every one of the conditions holds.</summary>
    public sealed record All(IReadOnlyList<ContactFilter> Filters) : ContactFilter;

    /// <summary>One of the conditions holds, at least.</summary>
    public sealed record Any(IReadOnlyList<ContactFilter> Filters) : ContactFilter;

    /// <summary>A condition on a field.</summary>
    public sealed record Field(ContactField Name, FilterOperator Operator, IReadOnlyList<string> Values) : ContactFilter;

    /// <summary>A condition on a custom attribute; values are JSON: text, number or boolean.</summary>
    public sealed record Attribute(string Name, FilterOperator Operator, IReadOnlyList<JsonElement> Values) : ContactFilter;

    /// <summary>The contact has a tag, or has it not.</summary>
    public sealed record Tag(string Name, bool Has) : ContactFilter;

    /// <summary>Whether the contact agreed to marketing.</summary>
    public sealed record OptIn(OptInState State) : ContactFilter;

    /// <summary>Reads a filter; where it is none, the problem names the place and says what to write.</summary>
    public static bool TryParse(JsonElement? json, [NotNullWhen(true)] out ContactFilter? filter, [NotNullWhen(false)] out string? problem)
    {
        (filter, problem) = (null, null);
        if (json is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } given)
        {
            filter = Everybody;
            return true;
        }

        try
        {
            var conditions = 0;
            filter = Read(given, "filter", 1, ref conditions);
            return true;
        }
        catch (FormatException e)
        {
            problem = e.Message;
            return false;
        }
    }

    private static ContactFilter Read(JsonElement json, string path, int depth, ref int conditions)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new FormatException($"{path} is no object. Write {{\"all\":[…]}}, {{\"any\":[…]}} or a condition.");
        if (depth > MostDepth)
            throw new FormatException($"{path} is nested too deeply: {MostDepth} levels at most.");
        if (++conditions > MostConditions)
            throw new FormatException($"The filter has too many conditions: {MostConditions} at most.");

        if (json.TryGetProperty("all", out var all))
            return new All(ReadList(all, $"{path}.all", depth, ref conditions));
        if (json.TryGetProperty("any", out var any))
            return ReadList(any, $"{path}.any", depth, ref conditions) is { Count: > 0 } filters ? new Any(filters) : throw new FormatException($"{path}.any is empty.");
        if (json.TryGetProperty("tag", out var tag))
            return new Tag(ReadText(tag, $"{path}.tag"), ReadOperator(json, path, FilterOperator.Is) switch
            {
                FilterOperator.Is => true,
                FilterOperator.IsNot => false,
                _ => throw new FormatException($"{path}.op of a tag is \"is\" or \"is_not\"."),
            });
        if (json.TryGetProperty("optIn", out var optIn))
            return new OptIn(ReadName<OptInState>(optIn, $"{path}.optIn"));
        if (json.TryGetProperty("field", out var field))
            return ReadField(json, ReadName<ContactField>(field, $"{path}.field"), path);
        if (json.TryGetProperty("attribute", out var attribute))
            return ReadAttribute(json, ReadText(attribute, $"{path}.attribute"), path);
        throw new FormatException($"{path} says nothing. A condition has one of: all, any, field, attribute, tag, optIn.");
    }

    private static List<ContactFilter> ReadList(JsonElement json, string path, int depth, ref int conditions)
    {
        if (json.ValueKind != JsonValueKind.Array)
            throw new FormatException($"{path} is no list.");
        var filters = new List<ContactFilter>();
        foreach (var item in json.EnumerateArray())
            filters.Add(Read(item, $"{path}[{filters.Count}]", depth + 1, ref conditions));
        return filters;
    }

    private static Field ReadField(JsonElement json, ContactField field, string path)
    {
        var op = ReadOperator(json, path, FilterOperator.Is);
        var values = ReadValues(json, op, path).Select((value, i) => ReadText(value, $"{path}.value[{i}]")).ToList();
        if (field is ContactField.CreatedAt or ContactField.UpdatedAt or ContactField.OptedInAt)
        {
            if (op is FilterOperator.Contains or FilterOperator.StartsWith)
                throw new FormatException($"{path}.op \"{FilterNames.Of(op)}\" is not for times. Use is, greater_than, less_than, at_least, at_most, exists or missing.");
            if (values.Find(value => !FilterTime.TryParse(value, out _)) is { } wrong)
                throw new FormatException($"{path}.value \"{wrong}\" is no time. Write 2026-11-30 or 2026-11-30T18:00:00Z.");
        }
        else if (field == ContactField.ImportId && values.Find(value => !Guid.TryParse(value, out _)) is { } wrong)
        {
            throw new FormatException($"{path}.value \"{wrong}\" is no id of an import.");
        }

        return new Field(field, op, values);
    }

    private static Attribute ReadAttribute(JsonElement json, string name, string path)
    {
        var op = ReadOperator(json, path, FilterOperator.Is);
        var values = ReadValues(json, op, path);
        foreach (var value in values)
        {
            if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False))
                throw new FormatException($"{path}.value is a text, a number or a boolean.");
            if (op is FilterOperator.Contains or FilterOperator.StartsWith && value.ValueKind != JsonValueKind.String)
                throw new FormatException($"{path}.value is a text where op is \"{FilterNames.Of(op)}\".");
            if (op is FilterOperator.GreaterThan or FilterOperator.LessThan or FilterOperator.AtLeast or FilterOperator.AtMost
                && value.ValueKind is not (JsonValueKind.Number or JsonValueKind.String))
                throw new FormatException($"{path}.value is a number or a date where op is \"{FilterNames.Of(op)}\".");
            if (value.ValueKind == JsonValueKind.Number && !value.TryGetDecimal(out _))
                throw new FormatException($"{path}.value is a number of more digits than are kept.");
        }

        return new Attribute(name, op, [.. values.Select(value => value.Clone())]);
    }

    private static List<JsonElement> ReadValues(JsonElement json, FilterOperator op, string path)
    {
        var given = json.TryGetProperty("value", out var value);
        if (op is FilterOperator.Exists or FilterOperator.Missing)
            return given ? throw new FormatException($"{path}.value does not go with op \"{FilterNames.Of(op)}\".") : [];
        if (!given)
            throw new FormatException($"{path}.value is missing.");
        if (op != FilterOperator.AnyOf)
            return value.ValueKind == JsonValueKind.Array ? throw new FormatException($"{path}.value is a list; that goes with op \"any_of\" only.") : [value];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > MostValues)
            throw new FormatException($"{path}.value is a list of 1 to {MostValues} values where op is \"any_of\".");
        return [.. value.EnumerateArray()];
    }

    private static FilterOperator ReadOperator(JsonElement json, string path, FilterOperator otherwise) =>
        json.TryGetProperty("op", out var op) ? ReadName<FilterOperator>(op, $"{path}.op") : otherwise;

    private static string ReadText(JsonElement json, string path) =>
        json.ValueKind == JsonValueKind.String && json.GetString() is { Length: > 0 and <= 1_000 } text && !text.Contains('\0', StringComparison.Ordinal)
            ? text : throw new FormatException($"{path} is a text of 1 to 1,000 characters.");

    private static T ReadName<T>(JsonElement json, string path) where T : struct, Enum =>
        json.ValueKind == JsonValueKind.String && FilterNames.TryParse<T>(json.GetString()!, out var value)
            ? value : throw new FormatException($"{path} is one of: {FilterNames.All<T>()}.");
}

/// <summary>A field of a contact that filters know.</summary>
public enum ContactField
{
    Name,
    Email,
    Phone,
    UserId,
    ExternalId,
    Language,
    ImportId,
    CreatedAt,
    UpdatedAt,
    OptedInAt,
}

/// <summary>How a condition compares.</summary>
public enum FilterOperator
{
    /// <summary>Equal; of a list: in it.</summary>
    Is,

    /// <summary>Not equal, or missing.</summary>
    IsNot,

    /// <summary>Equal to one of several.</summary>
    AnyOf,

    /// <summary>The text is in it, in upper or lower case.</summary>
    Contains,

    /// <summary>It begins with the text, in upper or lower case.</summary>
    StartsWith,

    GreaterThan,
    LessThan,
    AtLeast,
    AtMost,

    /// <summary>There is a value.</summary>
    Exists,

    /// <summary>There is none.</summary>
    Missing,
}

/// <summary>Whether a contact agreed to marketing.</summary>
public enum OptInState
{
    /// <summary>Said yes, and nothing else since.</summary>
    OptedIn,

    /// <summary>Said no: never gets marketing.</summary>
    OptedOut,

    /// <summary>Said neither.</summary>
    Unknown,
}

/// <summary>The names of fields, operators and states in JSON: fields in camelCase as the API shows them, the rest in snake_case.</summary>
internal static class FilterNames
{
    public static string Of<T>(T value) where T : struct, Enum => typeof(T) == typeof(ContactField)
        ? JsonNamingPolicy.CamelCase.ConvertName(value.ToString())
        : JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    public static bool TryParse<T>(string name, out T value) where T : struct, Enum
    {
        foreach (var candidate in Enum.GetValues<T>())
        {
            if (Of(candidate) == name)
            {
                value = candidate;
                return true;
            }
        }

        value = default;
        return false;
    }

    public static string All<T>() where T : struct, Enum => string.Join(", ", Enum.GetValues<T>().Select(Of));
}

/// <summary>Times in filters and attributes: a day, or an instant.</summary>
internal static class FilterTime
{
    /// <summary>A day is its beginning, in UTC.</summary>
    public static bool TryParse(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"], System.Globalization.CultureInfo.InvariantCulture,
        System.Globalization.DateTimeStyles.AssumeUniversal | System.Globalization.DateTimeStyles.AdjustToUniversal, out time);
}
