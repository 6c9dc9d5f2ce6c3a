using Bookbag.ServiceDefaults.Http;

namespace Bookbag.Edge.Clients;

/// <summary>What other systems are told of.</summary>
public sealed class OutgoingWebhooksClient(ApiClient api)
{
    private const string Webhooks = "/api/workspace/webhooks";

    public Task<Page<OutgoingWebhookItem>> ListAsync(string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<OutgoingWebhookItem>>(ApiClient.Query(Webhooks, ("cursor", cursor)), cancellationToken);

    public Task<OutgoingWebhookItem> GetAsync(Guid id, CancellationToken cancellationToken) => api.GetAsync<OutgoingWebhookItem>($"{Webhooks}/{id}", cancellationToken);

    public Task<NewOutgoingSecret> CreateAsync(string url, IReadOnlyList<string> events, string description, CancellationToken cancellationToken) =>
        api.PostAsync<NewOutgoingSecret>(Webhooks, new { url, events, description }, cancellationToken);

    public Task EnableAsync(Guid id, bool enabled, CancellationToken cancellationToken) => api.PatchAsync<OutgoingWebhookItem>($"{Webhooks}/{id}", new { enabled }, cancellationToken);

    public Task RemoveAsync(Guid id, CancellationToken cancellationToken) => api.DeleteAsync($"{Webhooks}/{id}", cancellationToken);

    public Task<NewOutgoingSecret> RenewSecretAsync(Guid id, CancellationToken cancellationToken) =>
        api.PostAsync<NewOutgoingSecret>($"{Webhooks}/{id}/secret", new { }, cancellationToken);

    public Task TestAsync(Guid id, CancellationToken cancellationToken) => api.PostAsync($"{Webhooks}/{id}/test", null, cancellationToken);

    public Task<Page<OutgoingDeliveryItem>> DeliveriesAsync(Guid id, string? status, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<OutgoingDeliveryItem>>(ApiClient.Query($"{Webhooks}/{id}/deliveries", ("status", status), ("cursor", cursor)), cancellationToken);

    public Task<OutgoingDeliveryItem> DeliveryAsync(Guid id, long deliveryId, CancellationToken cancellationToken) =>
        api.GetAsync<OutgoingDeliveryItem>($"{Webhooks}/{id}/deliveries/{deliveryId}", cancellationToken);

    public Task RedeliverAsync(Guid id, long deliveryId, CancellationToken cancellationToken) =>
        api.PostAsync($"{Webhooks}/{id}/deliveries/{deliveryId}/redeliver", null, cancellationToken);
}

/// <summary>A webhook of another system.</summary>
/// <param name="Failures">How many tries in a row failed.</param>
/// <param name="PausedUntil">When it is tried again, after failures.</param>
public sealed record OutgoingWebhookItem(Guid Id, string Url, IReadOnlyList<string> Events, string Description, bool Enabled, string SecretLast4, int Failures, DateTimeOffset? PausedUntil);

/// <summary>A webhook with its new secret, which is shown this once.</summary>
public sealed record NewOutgoingSecret(OutgoingWebhookItem Webhook, string Secret);

/// <summary>What a webhook was told.</summary>
/// <param name="Status"><c>waiting</c>, <c>delivered</c> or <c>failed</c>.</param>
/// <param name="Body">What is sent; of a single delivery only.</param>
public sealed record OutgoingDeliveryItem(
    long Id, Guid EventId, string Type, string Status, int Attempts, DateTimeOffset At, int? ResponseStatus, string? Error, DateTimeOffset? AttemptedAt, DateTimeOffset? NextTryAt, string? Body);
