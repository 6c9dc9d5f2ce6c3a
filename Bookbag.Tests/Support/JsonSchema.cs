using System.Text.Json;
using System.Text.RegularExpressions;

namespace Bookbag.Tests.Support;

/// <summary>
/// Checks JSON against a schema of draft 2020-12, for the keywords that Meta's message schema uses; a keyword it does not know is an
/// error, so that no check is left out in silence.
/// </summary>
public sealed class JsonSchema(JsonElement root)
{
    // No registry reachable here has a validator with unevaluatedProperties whose dependencies are all there.
    private static readonly HashSet<string> Annotations = ["$schema", "$defs", "title", "description", "default", "format", "then", "else"];

    public static JsonSchema Parse(ReadOnlyMemory<byte> json) => new(JsonDocument.Parse(json).RootElement.Clone());

    /// <summary>What is wrong with the instance; nothing when it satisfies the schema.</summary>
    public IReadOnlyList<string> Validate(JsonElement instance)
    {
        var result = new Result();
        Evaluate(root, instance, "$", result);
        return result.Errors;
    }

    private void Evaluate(JsonElement schema, JsonElement instance, string path, Result result)
    {
        // Last, because it looks at what all others have evaluated.
        foreach (var keyword in schema.EnumerateObject().OrderBy(k => k.Name == "unevaluatedProperties"))
            Evaluate(schema, keyword.Name, keyword.Value, instance, path, result);
    }

    private void Evaluate(JsonElement schema, string keyword, JsonElement value, JsonElement instance, string path, Result result)
    {
        switch (keyword)
        {
            case "$ref":
                Evaluate(root.GetProperty("$defs").GetProperty(value.GetString()!["#/$defs/".Length..]), instance, path, result);
                break;
            case "allOf":
                foreach (var part in value.EnumerateArray())
                    Evaluate(part, instance, path, result);
                break;
            case "anyOf" or "oneOf":
                var valid = value.EnumerateArray().Select(part => Try(part, instance, path)).Where(r => r.Errors.Count == 0).ToList();
                result.Check(keyword == "anyOf" ? valid.Count > 0 : valid.Count == 1, path, $"{keyword}: {valid.Count} alternatives hold");
                valid.ForEach(result.Take);
                break;
            case "if":
                var condition = Try(value, instance, path);
                if (condition.Errors.Count == 0)
                    result.Take(condition);
                if (schema.TryGetProperty(condition.Errors.Count == 0 ? "then" : "else", out var branch))
                    Evaluate(branch, instance, path, result);
                break;
            case "type":
                var types = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(t => t.GetString()!) : [value.GetString()!];
                result.Check(types.Any(type => IsType(instance, type)), path, $"type is not {value}");
                break;
            case "const":
                result.Check(JsonElement.DeepEquals(instance, value), path, $"is not {value}");
                break;
            case "enum":
                result.Check(value.EnumerateArray().Any(allowed => JsonElement.DeepEquals(instance, allowed)), path, $"is none of {value}");
                break;
            case "properties" or "required" or "additionalProperties" or "unevaluatedProperties":
                if (instance.ValueKind == JsonValueKind.Object)
                    EvaluateObject(schema, keyword, value, instance, path, result);
                break;
            case "items" or "minItems" or "maxItems":
                if (instance.ValueKind == JsonValueKind.Array)
                    EvaluateArray(keyword, value, instance, path, result);
                break;
            case "minLength":
                result.Check(instance.ValueKind != JsonValueKind.String || Length(instance) >= value.GetInt32(), path, $"is shorter than {value}");
                break;
            case "maxLength":
                result.Check(instance.ValueKind != JsonValueKind.String || Length(instance) <= value.GetInt32(), path, $"is longer than {value}");
                break;
            case "pattern":
                result.Check(instance.ValueKind != JsonValueKind.String || Regex.IsMatch(instance.GetString()!, value.GetString()!), path, $"does not match {value}");
                break;
            case "minimum":
                result.Check(instance.ValueKind != JsonValueKind.Number || instance.GetDouble() >= value.GetDouble(), path, $"is less than {value}");
                break;
            case "maximum":
                result.Check(instance.ValueKind != JsonValueKind.Number || instance.GetDouble() <= value.GetDouble(), path, $"is more than {value}");
                break;
            default:
                result.Check(Annotations.Contains(keyword), path, $"the schema has a keyword that is not checked: {keyword}");
                break;
        }
    }

    private void EvaluateObject(JsonElement schema, string keyword, JsonElement value, JsonElement instance, string path, Result result)
    {
        switch (keyword)
        {
            case "properties":
                foreach (var property in value.EnumerateObject().Where(p => instance.TryGetProperty(p.Name, out _)))
                {
                    result.Evaluated.Add(property.Name);
                    var inner = Try(property.Value, instance.GetProperty(property.Name), $"{path}.{property.Name}");
                    result.Errors.AddRange(inner.Errors);
                }

                break;
            case "required":
                foreach (var name in value.EnumerateArray().Select(n => n.GetString()!))
                    result.Check(instance.TryGetProperty(name, out _), path, $"has no {name}");
                break;
            default: // the two are only ever false
                var known = keyword == "unevaluatedProperties" ? result.Evaluated
                    : schema.TryGetProperty("properties", out var properties) ? [.. properties.EnumerateObject().Select(p => p.Name)] : [];
                foreach (var property in instance.EnumerateObject())
                    result.Check(value.ValueKind != JsonValueKind.False || known.Contains(property.Name), path, $"may not have {property.Name}");
                break;
        }
    }

    private void EvaluateArray(string keyword, JsonElement value, JsonElement instance, string path, Result result)
    {
        switch (keyword)
        {
            case "items":
                foreach (var (item, index) in instance.EnumerateArray().Select((item, index) => (item, index)))
                    result.Errors.AddRange(Try(value, item, $"{path}[{index}]").Errors);
                break;
            case "minItems":
                result.Check(instance.GetArrayLength() >= value.GetInt32(), path, $"has fewer than {value}");
                break;
            default:
                result.Check(instance.GetArrayLength() <= value.GetInt32(), path, $"has more than {value}");
                break;
        }
    }

    private Result Try(JsonElement schema, JsonElement instance, string path)
    {
        var result = new Result();
        Evaluate(schema, instance, path, result);
        return result;
    }

    private static bool IsType(JsonElement instance, string type) => type switch
    {
        "object" => instance.ValueKind == JsonValueKind.Object,
        "array" => instance.ValueKind == JsonValueKind.Array,
        "string" => instance.ValueKind == JsonValueKind.String,
        "number" => instance.ValueKind == JsonValueKind.Number,
        "integer" => instance.ValueKind == JsonValueKind.Number && instance.TryGetInt64(out _),
        "boolean" => instance.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => instance.ValueKind == JsonValueKind.Null,
    };

    private static int Length(JsonElement text) => text.GetString()!.EnumerateRunes().Count();

    private sealed class Result
    {
        public List<string> Errors { get; } = [];

        public HashSet<string> Evaluated { get; } = [];

        public void Check(bool holds, string path, string error)
        {
            if (!holds)
                Errors.Add($"{path} {error}");
        }

        public void Take(Result other)
        {
            Errors.AddRange(other.Errors);
            Evaluated.UnionWith(other.Evaluated);
        }
    }
}
