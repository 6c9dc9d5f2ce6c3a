using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Live;

/// <summary>What changes, as it changes: server-sent events.</summary>
public static class LiveEndpoints
{
    private static readonly object Nothing = new();

    /// <summary>Maps <c>/api/live</c>.</summary>
    public static void MapLive(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/live", Listen).WithTags("Live").RequireAuthorization(Policies.Viewer).WithName("ListenLive")
            .WithSummary("What changes, as it changes, as server-sent events")
            .WithDescription("""
                Events are `conversation`, `message`, `ticket` and `channel`, each with the id of what changed; read it again through the API. `ready` comes first, `heartbeat`
                when nothing happens. After a lost connection send the last event's id as `Last-Event-ID` (browsers do by themselves): nothing is missed. `reset` says that
                the id is too old: read everything again. A stream ends after some minutes; connect again.
                """);

    private static Results<ServerSentEventsResult<object>, ProblemHttpResult> Listen(
        Guid? agentId, [FromHeader(Name = "Last-Event-ID")] string? lastEventId, HttpContext http, Caller caller, LiveFeed feed, LiveStreams streams,
        IHostApplicationLifetime lifetime, IOptions<LiveOptions> options, TimeProvider clock)
    {
        if (!streams.TryOpen(caller.ActorId, options.Value.MaxStreamsOfCaller))
        {
            return Refusal.Problem(StatusCodes.Status429TooManyRequests, "too_many_streams",
                $"You have {options.Value.MaxStreamsOfCaller} live streams open: close one first.");
        }

        // With the response, not with the stream: where the client is gone before the first event, nobody ever reads that.
        http.Response.RegisterForDispose(new ClosingOne(streams, caller.ActorId));
        var stopping = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        http.Response.RegisterForDispose(stopping);
        // Proxies are not to wait for more.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(StreamAsync(feed, caller, agentId, lastEventId, options.Value, clock, stopping.Token));
    }

    private static async IAsyncEnumerable<SseItem<object>> StreamAsync(
        LiveFeed feed, Caller caller, Guid? agentId, string? lastEventId, LiveOptions options, TimeProvider clock, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // In this order: what is committed in between comes from both, and is told once.
        using var subscription = feed.Subscribe(caller.WorkspaceId);
        await subscription.Joined.WaitAsync(cancellationToken);
        var (position, missed) = lastEventId is null
            ? (await feed.PresentAsync(cancellationToken), [])
            : await feed.ReadSinceAsync(lastEventId, caller.WorkspaceId, cancellationToken);
        var begin = position;
        yield return Sign(missed is null ? "reset" : "ready", lastEventId is null || missed is null ? position : null);
        foreach (var item in Items(missed ?? [], position))
            yield return item;

        var ends = clock.GetUtcNow() + options.MaxDuration;
        while (clock.GetUtcNow() < ends && !cancellationToken.IsCancellationRequested)
        {
            var isQuiet = !await subscription.WaitAsync(options.Heartbeat, clock, cancellationToken);
            // Before the batches are taken: everything up to there is among them.
            var reached = feed.Position;
            while (subscription.TryTake(out var batch))
            {
                position = batch.Position.Includes(position) ? batch.Position : position;
                foreach (var item in Items([.. batch.Changes.Where(change => !begin.Sees(change.Transaction))], position))
                    yield return item;
            }

            if (subscription.FellBehind)
                yield break;
            if (isQuiet)
                yield return Sign("heartbeat", position = reached?.Includes(position) == true ? reached : position);
        }

        // The last of a batch has the position: who is cut off in between gets all of it again.
        IEnumerable<SseItem<object>> Items(IReadOnlyList<LiveChange> changes, TransactionSnapshot after)
        {
            var own = changes.Where(change => IsFor(change, caller, agentId)).ToList();
            for (var i = 0; i < own.Count; i++)
                yield return new SseItem<object>(own[i], own[i].Kind) { EventId = i == own.Count - 1 ? after.ToString() : null };
        }
    }

    private static bool IsFor(LiveChange change, Caller caller, Guid? agentId) =>
        (caller.AgentId is null || change.AgentId == caller.AgentId) && (agentId is null || change.AgentId == agentId);

    private static SseItem<object> Sign(string type, TransactionSnapshot? position) => new(Nothing, type) { EventId = position?.ToString() };

    private sealed class ClosingOne(LiveStreams streams, Guid actorId) : IDisposable
    {
        public void Dispose() => streams.Close(actorId);
    }
}

/// <summary>How many streams everybody has open here.</summary>
public sealed class LiveStreams
{
    private readonly ConcurrentDictionary<Guid, int> _open = new();

    /// <summary>Counts one more, unless that would be too many.</summary>
    public bool TryOpen(Guid actorId, int most)
    {
        if (_open.AddOrUpdate(actorId, 1, (_, open) => open + 1) <= most)
            return true;
        Close(actorId);
        return false;
    }

    /// <summary>Counts one less.</summary>
    public void Close(Guid actorId)
    {
        if (_open.AddOrUpdate(actorId, 0, (_, open) => open - 1) == 0)
            _open.TryRemove(new(actorId, 0));
    }
}
