using System.Globalization;
using System.Text.Json;
using Bookbag.Outbound.Templates;

namespace Bookbag.Outbound.Sandbox;

/// <summary>A template that was submitted to the sandbox. Guarded by the gate of <see cref="SandboxState"/>.</summary>
internal sealed class AccountTemplate(string id, SandboxAccount account, string name, string language, string category, string parameterFormat, JsonElement components)
{
    public string Id { get; } = id;
    public SandboxAccount Account { get; } = account;
    public string Name { get; } = name;
    public string Language { get; } = language;
    public string ParameterFormat { get; } = parameterFormat;
    public string Category { get; set; } = category;
    public string? PreviousCategory { get; set; }
    public JsonElement Components { get; set; } = components;
    public string Status { get; set; } = TemplateStatuses.Pending;
    public string RejectedReason { get; set; } = "NONE";
    public string Quality { get; set; } = "UNKNOWN";
    public int? TtlSeconds { get; set; }

    /// <summary>Counts submissions: a review that an edit overtook decides nothing.</summary>
    public int Submission { get; set; }

    /// <summary>What sending needs of it.</summary>
    public SandboxTemplate ForSending()
    {
        var definition = TemplateDefinition.Read(Components, ParameterFormat, Category);
        var header = TemplateDefinition.VariablesIn(definition.HeaderText).Distinct().ToList();
        var body = definition.Variables.Where(v => v.Component == "body").Select(v => v.Key).Concat(definition.IsNamed ? header.Intersect(TemplateDefinition.VariablesIn(definition.Body)) : []).Distinct().ToList();
        return new SandboxTemplate
        {
            Name = Name,
            Language = Language,
            Category = Category.ToLowerInvariant(),
            Status = Status,
            HeaderParameters = definition.HeaderFormat is null or "TEXT"
                ? Parameters(header, definition.IsNamed)
                : new SandboxTemplate.Parameters { Media = definition.HeaderFormat.ToLowerInvariant() },
            BodyParameters = Parameters(body, definition.IsNamed),
            QuickReplies = [.. definition.Buttons.Where(b => b is { Type: "QUICK_REPLY", Text: not null }).Select(b => b.Text!)],
        };
    }

    /// <summary>Writes the fields that a list or a read asked for; all that are known where none were.</summary>
    public void Write(Utf8JsonWriter writer, IReadOnlyCollection<string> fields)
    {
        writer.WriteStartObject();
        WriteMembers(writer, fields);
        writer.WriteEndObject();
    }

    /// <inheritdoc cref="Write"/>
    public void WriteMembers(Utf8JsonWriter writer, IReadOnlyCollection<string> fields)
    {
        bool Asked(string field) => fields.Count == 0 || fields.Contains(field);
        if (Asked("name"))
            writer.WriteString("name"u8, Name);
        if (Asked("parameter_format"))
            writer.WriteString("parameter_format"u8, ParameterFormat.ToUpperInvariant());
        if (Asked("components"))
        {
            writer.WritePropertyName("components"u8);
            Components.WriteTo(writer);
        }

        if (Asked("language"))
            writer.WriteString("language"u8, Language);
        if (Asked("status"))
            writer.WriteString("status"u8, Status);
        if (Asked("category"))
            writer.WriteString("category"u8, Category);
        if (PreviousCategory is not null && Asked("previous_category"))
            writer.WriteString("previous_category"u8, PreviousCategory);
        if (Asked("rejected_reason"))
            writer.WriteString("rejected_reason"u8, RejectedReason);
        if (TtlSeconds is { } ttl && Asked("message_send_ttl_seconds"))
            writer.WriteNumber("message_send_ttl_seconds"u8, ttl);
        if (Asked("quality_score"))
        {
            writer.WriteStartObject("quality_score"u8);
            writer.WriteString("score"u8, Quality);
            writer.WriteEndObject();
        }

        writer.WriteString("id"u8, Id);
    }

    /// <summary>The id as webhooks write it, where it is a number.</summary>
    public long Number => long.Parse(Id, CultureInfo.InvariantCulture);

    private static SandboxTemplate.Parameters Parameters(List<string> names, bool named) =>
        named && names.Count > 0 ? new() { Names = names } : new() { Positional = names.Count };
}
