using System.Globalization;
using System.Text.Json;
using Bookbag.ServiceDefaults.Http;

namespace Bookbag.Edge.Clients;

/// <summary>The log of what Meta sent.</summary>
public sealed class WebhookLogClient(ApiClient api)
{
    private const string Log = "/api/webhooks";

    public Task<Page<WebhookItem>> SearchAsync(Guid agentId, WebhookFilter filter, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<WebhookItem>>(
            ApiClient.Query(Log, ("agentId", agentId.ToString()), ("state", filter.State), ("customer", filter.Customer), ("wamid", filter.Wamid),
                ("from", Text(filter.From)), ("to", Text(filter.To)), ("cursor", cursor)), cancellationToken);

    public Task<WebhookDetails> GetAsync(string id, CancellationToken cancellationToken) => api.GetAsync<WebhookDetails>($"{Log}/{id}", cancellationToken);

    public Task ReplayAsync(string id, CancellationToken cancellationToken) => api.PostAsync($"{Log}/{id}/replay", null, cancellationToken);

    public Task ReplaySpanAsync(Guid agentId, DateTimeOffset from, DateTimeOffset? to, bool rejectedOnly, CancellationToken cancellationToken) =>
        api.PostAsync($"{Log}/replays", new { agentId, from, to, rejectedOnly }, cancellationToken);

    public Task<Page<ReplayItem>> ReplaysAsync(CancellationToken cancellationToken) => api.GetAsync<Page<ReplayItem>>($"{Log}/replays?limit=5", cancellationToken);

    private static string? Text(DateTimeOffset? at) => at?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}

/// <summary>What of the log is looked for.</summary>
public sealed record WebhookFilter(string? State = null, string? Customer = null, string? Wamid = null, DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <summary>A webhook in the list.</summary>
/// <param name="State"><c>queued</c>, <c>applied</c> or <c>rejected</c>.</param>
public sealed record WebhookItem(string Id, DateTimeOffset ReceivedAt, string State, int Size, int Rejections);

/// <summary>One webhook, with what became of each part.</summary>
public sealed record WebhookDetails(string Id, DateTimeOffset ReceivedAt, string State, IReadOnlyList<WebhookPart> Items, JsonElement Headers, string? Body);

/// <summary>A part of a webhook.</summary>
public sealed record WebhookPart(string Path, string Kind, string State, Guid? MessageId, Guid? ConversationId, string? Reason);

/// <summary>A replay and how far it is.</summary>
/// <param name="State"><c>counting</c>, <c>running</c> or <c>done</c>.</param>
public sealed record ReplayItem(Guid Id, string State, DateTimeOffset From, DateTimeOffset To, bool RejectedOnly, string AskedBy, DateTimeOffset AskedAt, long? Total, long Queued);
