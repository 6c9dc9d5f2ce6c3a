namespace Bookbag.Edge.Clients;

/// <summary>The messaging limit of an agent's number, and what its people chose for everything that it sends first.</summary>
public sealed class UsageClient(ApiClient api)
{
    /// <summary>What is used of the limit; null where no number is connected.</summary>
    public async Task<TierUsage?> FindAsync(Guid agentId, CancellationToken cancellationToken)
    {
        try
        {
            return await api.GetAsync<TierUsage>($"/api/agents/{agentId}/outbound/usage", cancellationToken);
        }
        catch (ApiException failure) when (failure.Code == "channel_not_connected")
        {
            return null;
        }
    }

    public Task<SendingSettings> SettingsAsync(Guid agentId, CancellationToken cancellationToken) => api.GetAsync<SendingSettings>(Settings(agentId), cancellationToken);

    public Task<SendingSettings> ChangeAsync(Guid agentId, SendingSettings settings, CancellationToken cancellationToken) =>
        api.PutAsync<SendingSettings>(Settings(agentId), settings, cancellationToken);

    private static string Settings(Guid agentId) => $"/api/agents/{agentId}/outbound/settings";
}

/// <summary>What is used of the messaging limit.</summary>
/// <param name="Limit">Customers in a moving 24 hours; null without a limit, or where Meta has not told it.</param>
/// <param name="Problem">Why the tier could not be read anew; null while it can.</param>
public sealed record TierUsage(
    string? Tier, bool Unlimited, int? Limit, int Used, int? Remaining, DateTimeOffset? NextFreeAt, DateTimeOffset? TierReadAt, string? Problem);

/// <summary>The rules of sending; the API says what each means.</summary>
public sealed record SendingSettings(
    string TimeZone, TimeOnly? QuietFrom, TimeOnly? QuietTo, int? CapMessages, int? CapDays, double SingleShare, int? MessagesPerSecond);
