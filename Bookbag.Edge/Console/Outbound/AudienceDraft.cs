using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bookbag.Edge.Clients;

namespace Bookbag.Edge.Console.Outbound;

/// <summary>Which contacts are meant, while somebody says it: conditions that all hold, or one of which holds.</summary>
public sealed class AudienceDraft
{
    /// <summary>The conditions.</summary>
    public List<AudienceCondition> Conditions { get; } = [];

    /// <summary>Whether one condition is enough.</summary>
    public bool Any { get; set; }

    /// <summary>A filter that a program made and that has no form here; it is kept as it is.</summary>
    public JsonObject? Foreign { get; private set; }

    /// <summary>Whether every condition says something.</summary>
    public bool IsComplete => Conditions.TrueForAll(c => c.IsComplete);

    /// <summary>The filter, as the API takes it. What is not complete would let in everybody, so it lets in nobody: see <see cref="IsComplete"/>.</summary>
    public JsonObject ToFilter() =>
        Foreign?.DeepClone().AsObject() ?? new JsonObject { [Any && Conditions.Count > 0 ? "any" : "all"] = new JsonArray([.. Conditions.Where(c => c.IsComplete).Select(c => c.ToJson())]) };

    /// <summary>Reads a filter back.</summary>
    public static AudienceDraft Of(JsonElement filter)
    {
        var draft = new AudienceDraft();
        var any = filter.TryGetProperty("any", out var list);
        if ((any || filter.TryGetProperty("all", out list)) && list.ValueKind == JsonValueKind.Array)
        {
            var conditions = list.EnumerateArray().Select(AudienceCondition.Read).ToList();
            if (!conditions.Contains(null))
            {
                draft.Any = any;
                draft.Conditions.AddRange(conditions.OfType<AudienceCondition>());
                return draft;
            }
        }

        draft.Foreign = JsonObject.Create(filter.Clone());
        return draft;
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        (Foreign, Any) = (null, false);
        Conditions.Clear();
    }
}

/// <summary>One condition.</summary>
public sealed class AudienceCondition
{
    private static readonly (string, string)[] TextOperators = [("is", "is"), ("is_not", "is not"), ("any_of", "is one of"), ("contains", "contains"), ("starts_with", "begins with"), ("exists", "is there"), ("missing", "is missing")];
    private static readonly (string, string)[] NumberOperators = [("is", "is"), ("is_not", "is not"), ("at_least", "is at least"), ("at_most", "is at most"), ("greater_than", "is more than"), ("less_than", "is less than"), ("exists", "is there"), ("missing", "is missing")];
    private static readonly (string, string)[] TimeOperators = [("at_least", "is on or after"), ("less_than", "is before"), ("exists", "is there"), ("missing", "is missing")];
    private static readonly (string, string)[] HasOperators = [("is", "is"), ("is_not", "is not")];
    private static readonly (string, string)[] IsOperators = [("is", "is")];

    /// <summary>What it is about: <c>tag</c>, <c>optIn</c>, <c>field:…</c> or <c>attribute:…</c>.</summary>
    public string About { get; private set; } = "tag";

    /// <summary>Of an attribute: its type.</summary>
    public string Type { get; private set; } = "text";

    public string Operator { get; set; } = "is";
    public string Value { get; set; } = "";

    /// <summary>How it can compare, in words.</summary>
    public IReadOnlyList<(string Value, string Words)> Operators => About switch
    {
        "tag" => HasOperators,
        "optIn" or "field:importId" => IsOperators,
        "field:createdAt" or "field:optedInAt" => TimeOperators,
        _ => Type switch { "number" => NumberOperators, "date" => TimeOperators, "boolean" or "list" => HasOperators, _ => TextOperators },
    };

    /// <summary>What the value is: <c>text</c>, <c>number</c>, <c>date</c>, <c>consent</c>, <c>import</c>, <c>boolean</c>, or <c>none</c>.</summary>
    public string Input => Operator is "exists" or "missing" ? "none" : About switch
    {
        "optIn" => "consent",
        "field:importId" => "import",
        "field:createdAt" or "field:optedInAt" => "date",
        _ => Type switch { "number" or "date" or "boolean" => Type, _ => "text" },
    };

    /// <summary>Whether it says something.</summary>
    public bool IsComplete => Input == "none" || (Value.Trim().Length > 0 && (Input != "number" || decimal.TryParse(Value, CultureInfo.InvariantCulture, out _)));

    /// <summary>What can be asked of contacts.</summary>
    public static IEnumerable<(string Value, string Words)> Subjects(IReadOnlyList<ContactAttribute> attributes) =>
    [
        ("tag", "Tag"), ("optIn", "Marketing consent"), ("field:name", "Name"), ("field:phone", "Phone"), ("field:email", "E-mail"), ("field:language", "Language"),
        ("field:externalId", "Your own id"), ("field:createdAt", "Added"), ("field:optedInAt", "Opted in"), ("field:importId", "Came with the file"),
        .. attributes.Select(a => ($"attribute:{a.Name}", $"Attribute: {a.Name}")),
    ];

    /// <summary>Lets it be about something else.</summary>
    public void Ask(string about, IReadOnlyList<ContactAttribute> attributes)
    {
        About = about;
        Type = about.StartsWith("attribute:", StringComparison.Ordinal) ? attributes.FirstOrDefault(a => $"attribute:{a.Name}" == about)?.Type ?? "text" : "text";
        Operator = Operators[0].Value;
        Value = Input switch { "consent" => "opted_in", "boolean" => "true", _ => "" };
    }

    /// <summary>The condition as the API takes it.</summary>
    public JsonObject ToJson()
    {
        var text = Value.Trim();
        if (About == "optIn")
            return new JsonObject { ["optIn"] = text };
        if (About == "tag")
            return new JsonObject { ["tag"] = text, ["op"] = Operator };
        var (kind, name) = About.Split(':', 2) is [var k, var n] ? (k, n) : ("field", About);
        var json = new JsonObject { [kind] = name, ["op"] = Operator };
        if (Input != "none")
            json["value"] = Operator == "any_of"
                ? new JsonArray([.. text.Split([',', ';', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(v => JsonValue.Create(v))])
                : Input switch
                {
                    "number" => JsonValue.Create(decimal.Parse(text, CultureInfo.InvariantCulture)),
                    "boolean" => JsonValue.Create(text == "true"),
                    _ => JsonValue.Create(name == "phone" ? text.TrimStart('+') : text),
                };
        return json;
    }

    /// <summary>Reads a condition back; null where there is no form for it here.</summary>
    internal static AudienceCondition? Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            return null;
        var condition = new AudienceCondition { Operator = Text(json, "op") ?? "is" };
        if (Text(json, "tag") is { } tag)
            (condition.About, condition.Value) = ("tag", tag);
        else if (Text(json, "optIn") is { } consent)
            (condition.About, condition.Value) = ("optIn", consent);
        else if (Text(json, "field") is { } field)
            condition.About = $"field:{field}";
        else if (Text(json, "attribute") is { } attribute)
            condition.About = $"attribute:{attribute}";
        else
            return null;

        if (json.TryGetProperty("value", out var value))
        {
            condition.Value = value.ValueKind switch
            {
                JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(v => v.ToString())),
                JsonValueKind.True => "true",
                JsonValueKind.False => "false",
                _ => value.ToString(),
            };
            condition.Type = value.ValueKind switch { JsonValueKind.Number => "number", JsonValueKind.True or JsonValueKind.False => "boolean", _ => "text" };
        }

        if (condition.Operators.All(o => o.Value != condition.Operator))
            condition.Type = "date";
        return condition.Operators.Any(o => o.Value == condition.Operator) ? condition : null;
    }

    private static string? Text(JsonElement json, string member) => json.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
