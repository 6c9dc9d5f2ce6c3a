using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;

namespace Bookbag.Edge.Clients;

/// <summary>Who did what in the workspace.</summary>
public sealed class ActivityClient(ApiClient api)
{
    /// <summary>The latest first.</summary>
    /// <param name="action">Such as <c>campaign.*</c>; everything where it is empty.</param>
    public Task<Page<ActivityItem>> ListAsync(Guid? actorId, string? action, DateTimeOffset? from, DateTimeOffset? to, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<ActivityItem>>(
            ApiClient.Query("/api/activity", ("actorId", actorId?.ToString()), ("action", action), ("from", from?.ToString("O")), ("to", to?.ToString("O")), ("cursor", cursor)), cancellationToken);
}

/// <summary>Something that somebody did.</summary>
/// <param name="Action">Such as <c>campaign.launched</c>.</param>
/// <param name="Subject">What it was done to, as it was called then.</param>
public sealed record ActivityItem(
    Guid Id, DateTimeOffset At, string Action, ActorKind ActorKind, Guid ActorId, string Actor, Guid? AgentId, Guid? SubjectId, string? Subject);
