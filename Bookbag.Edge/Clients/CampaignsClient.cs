using System.Text.Json;
using Bookbag.ServiceDefaults.Http;

namespace Bookbag.Edge.Clients;

/// <summary>Campaigns: one template, one audience, one send.</summary>
public sealed class CampaignsClient(ApiClient api)
{
    public Task<Page<CampaignItem>> ListAsync(Guid agentId, string? state, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<CampaignItem>>(ApiClient.Query(Path(agentId), ("state", state), ("cursor", cursor)), cancellationToken);

    public Task<CampaignItem> GetAsync(Guid agentId, Guid id, CancellationToken cancellationToken) => api.GetAsync<CampaignItem>(Path(agentId, id), cancellationToken);

    public Task<CampaignItem> CreateAsync(Guid agentId, CampaignDraft draft, CancellationToken cancellationToken) => api.PostAsync<CampaignItem>(Path(agentId), draft, cancellationToken);

    public Task<CampaignItem> ChangeAsync(Guid agentId, Guid id, CampaignDraft draft, CancellationToken cancellationToken) =>
        api.PutAsync<CampaignItem>(Path(agentId, id), draft, cancellationToken);

    public Task DeleteAsync(Guid agentId, Guid id, CancellationToken cancellationToken) => api.DeleteAsync(Path(agentId, id), cancellationToken);

    /// <summary>What a launch would do.</summary>
    public Task<CampaignReview> ReviewAsync(Guid agentId, Guid id, CancellationToken cancellationToken) =>
        api.PostAsync<CampaignReview>($"{Path(agentId, id)}/review", new { }, cancellationToken);

    /// <summary>Launches it: now, or at a time of the clock on the wall in the business's time zone.</summary>
    public Task LaunchAsync(Guid agentId, Guid id, DateTime? at, CancellationToken cancellationToken) =>
        api.PostAsync($"{Path(agentId, id)}/launch", new { at = at?.ToString("s", System.Globalization.CultureInfo.InvariantCulture) }, cancellationToken);

    /// <param name="move"><c>pause</c>, <c>resume</c> or <c>cancel</c>.</param>
    public Task MoveAsync(Guid agentId, Guid id, string move, CancellationToken cancellationToken) => api.PostAsync($"{Path(agentId, id)}/{move}", new { }, cancellationToken);

    public Task<CampaignFunnel> FunnelAsync(Guid agentId, Guid id, CancellationToken cancellationToken) =>
        api.GetAsync<CampaignFunnel>($"{Path(agentId, id)}/funnel", cancellationToken);

    /// <param name="bucket">One of the funnel's; everybody where it is null.</param>
    public Task<Page<RecipientItem>> RecipientsAsync(Guid agentId, Guid id, string? bucket, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<RecipientItem>>(ApiClient.Query($"{Path(agentId, id)}/recipients", ("bucket", bucket), ("cursor", cursor)), cancellationToken);

    /// <summary>Decides about messages of which nobody knows whether they arrived: <c>assume_sent</c> or <c>send_again</c>.</summary>
    public Task<ResolveOutcome> ResolveAsync(Guid agentId, Guid id, IReadOnlyList<Guid> recipients, string decision, CancellationToken cancellationToken) =>
        api.PostAsync<ResolveOutcome>($"{Path(agentId, id)}/recipients/resolve", new { ids = recipients, decision }, cancellationToken);

    /// <summary>What customers answered, the newest first.</summary>
    public Task<Page<ReplyItem>> RepliesAsync(Guid agentId, Guid id, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<ReplyItem>>(ApiClient.Query($"{Path(agentId, id)}/replies", ("cursor", cursor)), cancellationToken);

    /// <summary>Where the browser downloads the replies.</summary>
    public static string RepliesExportPath(Guid agentId, Guid id) => $"{Path(agentId, id)}/replies.csv";

    /// <summary>Where the browser downloads the recipients.</summary>
    public static string ExportPath(Guid agentId, Guid id, string? bucket) => ApiClient.Query($"{Path(agentId, id)}/recipients.csv", ("bucket", bucket));

    private static string Path(Guid agentId) => $"/api/agents/{agentId}/outbound/campaigns";

    private static string Path(Guid agentId, Guid id) => $"{Path(agentId)}/{id}";
}

/// <summary>A campaign.</summary>
/// <param name="ReplyMode"><c>ai</c> or <c>human</c>.</param>
/// <param name="State"><c>draft</c>, <c>scheduled</c>, <c>sending</c>, <c>waiting</c>, <c>paused</c>, <c>completed</c>, <c>cancelled</c> or <c>failed</c>.</param>
/// <param name="Detail">Why it waits, is paused or failed.</param>
public sealed record CampaignItem(
    Guid Id, string Name, string ReplyMode, Guid TemplateId, IReadOnlyDictionary<string, VariableValue> Variables, JsonElement Audience, GuardRails Guard, string State, string? Reason,
    string? Detail, DateTimeOffset? WaitUntil, DateTimeOffset? StartsAt, DateTimeOffset? LaunchedAt, DateTimeOffset? CompletedAt, int Recipients, DateTimeOffset CreatedAt)
{
    /// <summary>Whether it goes out or will.</summary>
    public bool IsUnderWay => State is "sending" or "waiting" or "paused";

    /// <summary>Whether nothing of it goes out any more.</summary>
    public bool IsOver => State is "completed" or "cancelled" or "failed";
}

/// <summary>Where a variable's value comes from: one of field, attribute and value.</summary>
public sealed record VariableValue(string? Field = null, string? Attribute = null, string? Value = null, string? Fallback = null);

/// <summary>What keeps a campaign from doing harm.</summary>
public sealed record GuardRails(double CanaryShare, int CanaryMinutes, double StopAtFailures, double StopAtOptOuts, int RetryHeldBackHours);

/// <summary>What a campaign is to be.</summary>
/// <param name="Audience">A filter of contacts, as JSON.</param>
public sealed record CampaignDraft(string Name, string ReplyMode, Guid TemplateId, IReadOnlyDictionary<string, VariableValue> Variables, object Audience, GuardRails? Guard);

/// <summary>What a launch would do.</summary>
/// <param name="Left">Who does not get it, and why.</param>
public sealed record CampaignReview(
    bool Launchable, IReadOnlyList<string> Problems, int Audience, int Recipients, IReadOnlyList<FunnelReason> Left, TierUsage Usage, double PerSecond, int Canary, int Today, int Tomorrow,
    IReadOnlyList<ForecastDay> Days, DateTimeOffset? EndsAt);

/// <summary>How many go out on a day.</summary>
public sealed record ForecastDay(DateOnly Date, int Messages);

/// <summary>Where the recipients are: the buckets add up to the audience.</summary>
public sealed record CampaignFunnel(
    string State, string? Reason, string? Detail, DateTimeOffset? WaitUntil, bool Preparing, int Audience, int Pending, int Sending, int Sent, int Delivered, int Read, int Replied,
    int Skipped, int Limited, int Failed, int Unresolved, int OptedOut, FunnelSteps Reached, IReadOnlyList<FunnelReason> Reasons, ReplyCounts Replies);

/// <summary>How many messages answer a campaign, and how many customers wrote a STOP word, which is not among them.</summary>
public sealed record ReplyCounts(int All, int OptOuts);

/// <summary>How many got at least so far.</summary>
public sealed record FunnelSteps(int Sent, int Delivered, int Read, int Replied);

/// <summary>Why some got nothing.</summary>
public sealed record FunnelReason(string Code, string Text, string Bucket, int Count);

/// <summary>One recipient.</summary>
public sealed record RecipientItem(
    Guid Id, int Position, string? Name, string? Phone, string? UserId, string Bucket, int Attempts, DateTimeOffset? DueAt, DateTimeOffset? SentAt, DateTimeOffset? DeliveredAt,
    DateTimeOffset? ReadAt, DateTimeOffset? RepliedAt, DateTimeOffset? EndedAt, RecipientReason? Reason)
{
    /// <summary>What the recipient is called in a list.</summary>
    public string Title => Name ?? (Phone is null ? UserId ?? "Without a number" : $"+{Phone}");
}

/// <summary>Why a recipient got nothing, or not yet.</summary>
public sealed record RecipientReason(string Code, string Text);

/// <summary>A customer's message that answers a campaign.</summary>
/// <param name="Rule"><c>quoted</c>, <c>button</c> or <c>latest</c>: why it counts as an answer.</param>
/// <param name="Late">Whether it came after the 72 hours.</param>
/// <param name="OptOut">Whether it is a STOP word.</param>
/// <param name="Others">Other campaigns that it might have answered.</param>
public sealed record ReplyItem(
    Guid MessageId, Guid ConversationId, string? Name, string? Phone, string? UserId, DateTimeOffset At, string? Type, string? Text, string Rule, bool Late, bool OptOut,
    IReadOnlyList<OtherCampaignItem> Others)
{
    /// <summary>What the customer is called in a list.</summary>
    public string Title => Name ?? (Phone is null ? UserId ?? "Without a number" : $"+{Phone}");
}

/// <summary>Another campaign that a reply might have been to.</summary>
public sealed record OtherCampaignItem(Guid CampaignId, DateTimeOffset At);

/// <summary>How many could still be decided.</summary>
public sealed record ResolveOutcome(int Resolved);
