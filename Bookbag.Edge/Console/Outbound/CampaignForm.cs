using System.Globalization;
using Bookbag.Edge.Clients;

namespace Bookbag.Edge.Console.Outbound;

/// <summary>A campaign while it is made.</summary>
public sealed class CampaignForm
{
    public string Name { get; set; } = "";

    /// <summary><c>ai</c> or <c>human</c>.</summary>
    public string ReplyMode { get; set; } = "ai";

    public TemplateItem? Template { get; private set; }

    /// <summary>Where the values of the template's variables come from, by their keys.</summary>
    public IReadOnlyDictionary<string, VariableForm> Variables { get; private set; } = new Dictionary<string, VariableForm>();

    public AudienceDraft Audience { get; set; } = new();
    public GuardRails? Guard { get; set; }

    /// <summary>Whether it starts at a time, not at once.</summary>
    public bool Later { get; set; }

    /// <summary>When, as the field has it.</summary>
    public string? At { get; set; }

    /// <summary>When, on the clock on the wall in the business's time zone; null for at once.</summary>
    public DateTime? StartsAt => Later && DateTime.TryParse(At, CultureInfo.InvariantCulture, out var at) ? at : null;

    /// <summary>The share that goes first and is watched; 0 for all at once.</summary>
    public double CanaryShare
    {
        get => Guard?.CanaryShare ?? 0;
        set => Guard = (Guard ?? new GuardRails(0, 15, 0.25, 0.03, 72)) with { CanaryShare = value };
    }

    /// <summary>Takes a template; what was said of variables of the same name stays.</summary>
    public void Choose(TemplateItem? template, IReadOnlyDictionary<string, VariableValue>? known = null)
    {
        var before = Variables;
        Template = template;
        Variables = template?.Variables.DistinctBy(v => v.Key).ToDictionary(
            v => v.Key, v => known?.GetValueOrDefault(v.Key) is { } value ? VariableForm.Of(value) : before.GetValueOrDefault(v.Key) ?? VariableForm.For(v)) ?? [];
    }

    /// <summary>What is missing before a step can be left; null where nothing is.</summary>
    public string? Missing(int step) => step switch
    {
        0 when string.IsNullOrWhiteSpace(Name) => "Give the campaign a name.",
        1 when Template is null => "Choose a template.",
        1 when Variables.FirstOrDefault(v => v.Value.IsFixed && string.IsNullOrWhiteSpace(v.Value.Text)) is { Key: { } key } => $"Say what stands in the place of {{{{{key}}}}}.",
        2 when !Audience.IsComplete => "Finish the conditions, or take those away that say nothing.",
        3 when Later && StartsAt is null => "Say when it starts.",
        _ => null,
    };

    /// <summary>What the API takes.</summary>
    public CampaignDraft ToDraft() =>
        new(Name.Trim(), ReplyMode, Template!.Id, Variables.ToDictionary(v => v.Key, v => v.Value.ToValue()), Audience.ToFilter(), Guard); // a template was chosen before

    /// <summary>What a preview shows: fixed texts as they are, the rest from somebody in the contacts, or its fallback.</summary>
    public IReadOnlyDictionary<string, string> Shown(ContactItem? somebody) => Variables
        .Select(v => (v.Key, Text: v.Value.ValueFor(somebody)))
        .Where(v => !string.IsNullOrWhiteSpace(v.Text))
        .ToDictionary(v => v.Key, v => v.Text!); // not null: filtered
}

/// <summary>Where a variable's value comes from.</summary>
public sealed class VariableForm
{
    private const string Fixed = "value";

    /// <summary><c>value</c>, <c>field:…</c> or <c>attribute:…</c>.</summary>
    public string Source { get; set; } = Fixed;

    /// <summary>Of a fixed text: the text.</summary>
    public string Text { get; set; } = "";

    /// <summary>What stands there where a contact has no value.</summary>
    public string Fallback { get; set; } = "";

    /// <summary>Whether everybody gets the same.</summary>
    public bool IsFixed => Source == Fixed;

    /// <summary>What values can come from.</summary>
    public static IEnumerable<(string Value, string Words)> Sources(IReadOnlyList<ContactAttribute> attributes) =>
    [
        (Fixed, "The same text for everybody"), ("field:first_name", "First name"), ("field:name", "Name"), ("field:phone", "Phone number"), ("field:email", "E-mail"), ("field:language", "Language"),
        ("field:external_id", "Your own id"), .. attributes.Select(a => ($"attribute:{a.Name}", $"Attribute: {a.Name}")),
    ];

    internal static VariableForm Of(VariableValue value) => value switch
    {
        { Field: { } field } => new VariableForm { Source = $"field:{field}", Fallback = value.Fallback ?? "" },
        { Attribute: { } attribute } => new VariableForm { Source = $"attribute:{attribute}", Fallback = value.Fallback ?? "" },
        _ => new VariableForm { Text = value.Value ?? "" },
    };

    // The first name is what most begin with; a file or a code is the same for everybody.
    internal static VariableForm For(TemplateVariable variable) => variable is { Kind: "text", Component: "body", Key: "1" or "name" or "first_name" }
        ? new VariableForm { Source = "field:first_name", Fallback = "there" }
        : new VariableForm();

    internal VariableValue ToValue() => Source.Split(':', 2) switch
    {
        ["field", var field] => new VariableValue(Field: field, Fallback: Given(Fallback)),
        ["attribute", var attribute] => new VariableValue(Attribute: attribute, Fallback: Given(Fallback)),
        _ => new VariableValue(Value: Text),
    };

    internal string? ValueFor(ContactItem? contact) => IsFixed ? Text : Given(Source.Split(':', 2) switch
    {
        ["field", "first_name"] => contact?.Name?.Split(' ')[0],
        ["field", "name"] => contact?.Name,
        ["field", "phone"] => contact?.Number,
        ["field", "email"] => contact?.Email,
        ["field", "language"] => contact?.Language,
        ["field", "external_id"] => contact?.ExternalId,
        ["attribute", var name] when contact?.Attributes is { ValueKind: System.Text.Json.JsonValueKind.Object } attributes && attributes.TryGetProperty(name, out var value) => value.ToString(),
        _ => null,
    }) ?? Given(Fallback);

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
