using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Bookbag.Outbound.Contacts;
using Bookbag.Outbound.Templates;

namespace Bookbag.Outbound.Campaigns;

/// <summary>What a campaign is to be.</summary>
/// <param name="Variables">For each of the template's variables, where its value comes from.</param>
/// <param name="Audience">Who gets it: a filter of contacts; everybody where it is left out.</param>
/// <param name="Guard">What keeps it from doing harm; the defaults where it is left out.</param>
public sealed record CampaignRequest(
    [property: Required, StringLength(200, MinimumLength = 1)] string Name,
    ReplyMode ReplyMode,
    Guid TemplateId,
    IReadOnlyDictionary<string, VariableMapping>? Variables = null,
    JsonElement? Audience = null,
    GuardRailsRequest? Guard = null)
{
    /// <summary>What is wrong with it, in words that say what to write; null where nothing is.</summary>
    internal string? ProblemWith(TemplateDefinition template)
    {
        var variables = Variables ?? new Dictionary<string, VariableMapping>();
        var wanted = template.Variables.Select(v => v.Key).Distinct(StringComparer.Ordinal).ToList();
        if (wanted.Find(key => !variables.ContainsKey(key)) is { } missing)
            return $"variables: \"{missing}\" is missing. Say where its value comes from: {{\"field\":\"first_name\",\"fallback\":\"there\"}}, {{\"attribute\":\"…\"}} or {{\"value\":\"…\"}}.";
        if (variables.Keys.FirstOrDefault(key => !wanted.Contains(key)) is { } unknown)
            return wanted.Count == 0 ? $"variables: the template has none; leave \"{unknown}\" out." : $"variables: the template has no \"{unknown}\"; it has {string.Join(", ", wanted)}.";
        return variables.Select(v => ProblemWith(v.Key, v.Value)).FirstOrDefault(problem => problem is not null);
    }

    private static string? ProblemWith(string key, VariableMapping mapping)
    {
        if (new[] { mapping.Field, mapping.Attribute, mapping.Value }.Count(source => source is not null) != 1)
            return $"variables.{key}: give one of field, attribute and value.";
        if (mapping.Field is { } field && !AudienceSql.Fields.ContainsKey(field))
            return $"variables.{key}.field: \"{field}\" is none. There are {string.Join(", ", AudienceSql.Fields.Keys)}; everything else is an attribute.";
        return new[] { mapping.Attribute, mapping.Value, mapping.Fallback }.Any(text => text is { Length: > 1_024 } || text?.Contains('\0', StringComparison.Ordinal) == true)
            ? $"variables.{key}: a text has 1,024 characters at most, and none of them is U+0000."
            : null;
    }

    /// <summary>Reads an audience, given as the filter itself or as <c>{"filter":…}</c>.</summary>
    internal static bool TryReadAudience(JsonElement? given, out JsonElement filter, out string? problem)
    {
        filter = given is { ValueKind: JsonValueKind.Object } audience && audience.TryGetProperty("filter", out var inner) ? inner : given ?? default;
        if (filter.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null || filter.ValueKind == JsonValueKind.Object && !filter.EnumerateObject().Any())
            filter = JsonElement.Parse("""{"all":[]}""");
        var read = ContactFilter.TryParse(filter, out _, out var wrong);
        problem = wrong;
        filter = filter.Clone();
        return read;
    }
}

/// <summary>Guard rails as they are asked for; what is left out has its default.</summary>
public sealed record GuardRailsRequest(
    [property: Range(0, 1)] double? CanaryShare = null,
    [property: Range(0, 1_440)] int? CanaryMinutes = null,
    [property: Range(0.01, 1)] double? StopAtFailures = null,
    [property: Range(0.001, 1)] double? StopAtOptOuts = null,
    [property: Range(0, 168)] int? RetryHeldBackHours = null)
{
    internal GuardRails OrDefaults()
    {
        var defaults = new GuardRails();
        return new GuardRails(
            CanaryShare ?? defaults.CanaryShare, CanaryMinutes ?? defaults.CanaryMinutes, StopAtFailures ?? defaults.StopAtFailures,
            StopAtOptOuts ?? defaults.StopAtOptOuts, RetryHeldBackHours ?? defaults.RetryHeldBackHours);
    }
}

/// <summary>Who a campaign goes to.</summary>
public sealed record AudienceRequest(JsonElement? Filter = null);

/// <summary>When a campaign starts: at once where nothing is said.</summary>
/// <param name="At">A time with its offset, or one of the clock on the wall in <see cref="TimeZone"/>.</param>
/// <param name="TimeZone">IANA; the agent's where it is left out.</param>
/// <param name="NotAfter">Where it cannot start by then, it does not start; in the same form.</param>
public sealed record LaunchRequest(string? At = null, string? TimeZone = null, string? NotAfter = null);

/// <summary>A campaign as the API shows it.</summary>
/// <param name="Reason">Why it waits, is paused or failed: a stable code.</param>
/// <param name="Detail">The same in words.</param>
/// <param name="WaitUntil">When it is looked at again.</param>
/// <param name="Recipients">How many there are so far; all once it is prepared.</param>
public sealed record CampaignResponse(
    Guid Id, Guid AgentId, Guid ChannelId, string Name, ReplyMode ReplyMode, Guid TemplateId, JsonElement Variables, JsonElement Audience, GuardRails Guard, CampaignState State,
    string? Reason, string? Detail, DateTimeOffset? WaitUntil, DateTimeOffset? StartsAt, DateTimeOffset? StartBefore, DateTimeOffset? LaunchedAt, DateTimeOffset? PreparedAt,
    DateTimeOffset? CompletedAt, int Recipients, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static CampaignResponse Of(Campaign c) => new(
        c.Id, c.AgentId, c.ChannelId, c.Name, c.ReplyMode, c.TemplateId, c.Variables, c.Audience, CampaignJson.Read<GuardRails>(c.Guard), c.State,
        c.Reason, c.Detail ?? WordsOf(c.Reason), c.WaitUntil, c.StartsAt, c.StartBefore, c.LaunchedAt, c.PreparedAt, c.CompletedAt, c.Recipients, c.CreatedAt, c.UpdatedAt);

    private static string? WordsOf(string? reason) => reason switch
    {
        CampaignReasons.MessagingLimit => "The messaging limit is used up. It goes on as places free up.",
        CampaignReasons.QuietHours => "It rests until the quiet hours end.",
        CampaignReasons.Canary => "The first share is out and is watched before the others go.",
        CampaignReasons.ByHand => "By hand.",
        _ => null,
    };
}
