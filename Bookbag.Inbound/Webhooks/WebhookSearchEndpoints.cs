using System.Globalization;
using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Webhooks;

/// <summary>The webhook log as a whole: searched, replayed over a span, and what is missing in it.</summary>
public static class WebhookSearchEndpoints
{
    // Meta's statuses come within seconds; a phone that is switched off keeps `delivered` back, not `sent`.
    private static readonly TimeSpan StatusComesWithin = TimeSpan.FromMinutes(15);
    private const int MaxLimit = 200;

    /// <summary>A webhook in the list.</summary>
    /// <param name="State"><c>queued</c>, <c>applied</c> or <c>rejected</c> (in part or whole).</param>
    /// <param name="PhoneNumberIds">The numbers it came for, of those of the workspace.</param>
    /// <param name="Rejections">How many of its parts could not be applied.</param>
    public sealed record WebhookRow(string Id, DateTimeOffset ReceivedAt, string State, int Size, IReadOnlyList<string> PhoneNumberIds, int Rejections);

    /// <summary>A span that is to be applied once more, with outgoing messages switched off.</summary>
    /// <param name="From">What came from then on.</param>
    /// <param name="To">And before then; now when left out.</param>
    /// <param name="AgentId">Of this agent alone.</param>
    /// <param name="RejectedOnly">Only what could not be applied in whole or part.</param>
    public sealed record ReplayRequest(DateTimeOffset From, DateTimeOffset? To = null, Guid? AgentId = null, bool RejectedOnly = false);

    /// <summary>How far a replay is.</summary>
    /// <param name="State"><c>counting</c>, <c>running</c> or <c>done</c>.</param>
    /// <param name="Total">How many webhooks there are in the span.</param>
    /// <param name="Queued">How many of them are back in the queue or applied.</param>
    public sealed record ReplayRow(Guid Id, string State, DateTimeOffset From, DateTimeOffset To, Guid? AgentId, bool RejectedOnly, string AskedBy, DateTimeOffset AskedAt, long? Total, long Queued, DateTimeOffset? FinishedAt)
    {
        internal static ReplayRow Of(WebhookReplay r) => new(
            r.Id, r.FinishedAt is not null ? "done" : r.Total is null ? "counting" : "running", r.FromAt, r.ToAt, r.AgentId, r.RejectedOnly, r.AskedBy, r.AskedAt, r.Total, r.Queued, r.FinishedAt);
    }

    /// <summary>A message that WhatsApp took and of which no status ever came.</summary>
    public sealed record MessageWithoutStatus(Guid MessageId, Guid ConversationId, string? Wamid, string Type, DateTimeOffset At, DateTimeOffset? AcceptedAt);

    public static void MapWebhookSearch(this IEndpointRouteBuilder endpoints)
    {
        var log = endpoints.MapGroup("/api/webhooks").WithTags("Webhooks").RequireAuthorization(Policies.Viewer);
        log.MapGet("", Search).WithName("SearchWebhooks").WithSummary("The webhook log, latest first")
            .WithDescription("By number (phoneNumberId or agentId), customer (phone or user id), wamid, time and state. A page may be short or empty and have a next one: each reads a bounded part of the log.");
        log.MapPost("/replays", Replay).WithName("ReplayWebhooks").Records("webhook.span_replayed").RequireAuthorization(Policies.Admin)
            .WithSummary("Applies a span of the log once more").WithDescription("By today's code, with outgoing messages switched off. What took effect already does not again.");
        log.MapGet("/replays", ListReplays).WithName("ListWebhookReplays").WithSummary("Replays and how far they are, latest first");
        log.MapGet("/replays/{id:guid}", GetReplay).WithName("GetWebhookReplay").WithSummary("How far a replay is");
        log.MapGet("/gaps/messages", WithoutStatus).WithName("ListMessagesWithoutStatus").WithSummary("Messages that WhatsApp took and of which no status ever came");
        log.MapGet("/gaps/statuses", WithoutMessage).WithName("ListStatusesWithoutMessage").WithSummary("Statuses of messages that nobody here sent");
    }

    private static async Task<Results<Ok<Page<WebhookRow>>, ProblemHttpResult>> Search(
        Guid? agentId, string? phoneNumberId, string? customer, string? wamid, DateTimeOffset? from, DateTimeOffset? to, string? state, string? cursor, int? limit,
        PlatformDb platform, WebhookSearch search, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (state is not (null or "queued" or "applied" or "rejected"))
            return Refusal.Invalid("state_unknown", "The state is `queued`, `applied` or `rejected`.");
        if ((customer is { } c && c.Trim().Length is < 4 or > 200) || (wamid is { } w && w.Trim().Length is < 4 or > 512))
            return Refusal.Invalid("search_too_short", "Write the customer's whole number or user id, or the whole message id.");
        if (cursor is not null && WebhookSearch.CursorOf(cursor) is null)
            return Refusal.Invalid("cursor_invalid", "The cursor is not one that a page of this list gave.");

        var mine = await ChannelsAsync(platform, agentId, phoneNumberId, cancellationToken);
        if (mine.Count == 0)
            return TypedResults.Ok(new Page<WebhookRow>([], null));
        var address = CustomerAddress.Parse(customer);
        var words = new[] { address.Phone, address.UserId, wamid?.Trim() }.OfType<string>().ToList();
        var (found, next) = await search.FindAsync(
            new([.. mine.Keys], from ?? DateTimeOffset.MinValue, to ?? clock.GetUtcNow().AddDays(1), words, state, cursor is null ? long.MaxValue : WebhookSearch.CursorOf(cursor)!.Value, // checked above
                Math.Clamp(limit ?? 50, 1, MaxLimit)), cancellationToken);
        return TypedResults.Ok(new Page<WebhookRow>(
            [.. found.Select(f => new WebhookRow(Text(f.Id), f.ReceivedAt, f.State, f.Size, [.. f.ChannelIds.Where(mine.ContainsKey).Select(id => mine[id])], f.Rejections))],
            next is { } id ? Text(id) : null));
    }

    private static async Task<Results<Accepted<ReplayRow>, ProblemHttpResult>> Replay(
        ReplayRequest request, Caller caller, PlatformDb platform, InboundDb db, WakeUps wakeUps, TimeProvider clock, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var to = request.To ?? now;
        if (to <= request.From)
            return Refusal.Invalid("span_empty", "The span ends before it begins.");
        var mine = await ChannelsAsync(platform, request.AgentId, null, cancellationToken);
        if (mine.Count == 0)
            return ChannelMissing();
        var replay = WebhookReplay.Of(caller.WorkspaceId, request.AgentId, [.. mine.Keys], request.From.ToUniversalTime(), to.ToUniversalTime(), request.RejectedOnly, caller.Name, now);
        db.Add(replay);
        await db.SaveChangesAsync(cancellationToken);
        wakeUps.Signal(WebhookReplayer.Topic);
        return TypedResults.Accepted($"/api/webhooks/replays/{replay.Id}", ReplayRow.Of(replay));
    }

    private static async Task<Ok<Page<ReplayRow>>> ListReplays(InboundDb db, Cursor? cursor, int? limit, CancellationToken cancellationToken)
    {
        var size = Page.Size(limit);
        var query = db.Set<WebhookReplay>().AsNoTracking();
        if (cursor is { } after)
            query = query.Where(r => EF.Functions.LessThan(ValueTuple.Create(r.AskedAt, r.Id), ValueTuple.Create(after.At, after.Id)));
        var rows = await query.OrderByDescending(r => r.AskedAt).ThenByDescending(r => r.Id).Take(size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(Page.Of([.. rows.Select(ReplayRow.Of)], size, r => new Cursor(r.AskedAt, r.Id)));
    }

    private static async Task<Results<Ok<ReplayRow>, ProblemHttpResult>> GetReplay(Guid id, InboundDb db, CancellationToken cancellationToken) =>
        await db.Set<WebhookReplay>().AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellationToken) is { } replay
            ? TypedResults.Ok(ReplayRow.Of(replay))
            : Refusal.NotFound("replay_not_found", "There is no such replay.");

    private static async Task<Ok<Page<MessageWithoutStatus>>> WithoutStatus(
        Guid? agentId, Cursor? cursor, int? limit, Caller caller, InboundDb db, PlatformDb platform, TimeProvider clock, CancellationToken cancellationToken)
    {
        var size = Page.Size(limit);
        var mine = (await ChannelsAsync(platform, agentId, null, cancellationToken)).Keys.ToArray();
        var late = clock.GetUtcNow() - StatusComesWithin;
        // The same words as in the index `messages_without_status`.
        var query = db.Set<Message>().FromSql(WebhookLogSql.WithoutStatus(caller.WorkspaceId)).AsNoTracking().Where(m => mine.Contains(m.ChannelId) && m.At < late);
        if (cursor is { } after)
            query = query.Where(m => EF.Functions.LessThan(ValueTuple.Create(m.At, m.Id), ValueTuple.Create(after.At, after.Id)));
        var rows = await query.OrderByDescending(m => m.At).ThenByDescending(m => m.Id).Take(size + 1)
            .Select(m => new MessageWithoutStatus(m.Id, m.ConversationId, m.Wamid, m.Type, m.At, m.SentAt)).ToListAsync(cancellationToken);
        return TypedResults.Ok(Page.Of(rows, size, m => new Cursor(m.At, m.MessageId)));
    }

    private static async Task<Ok<Page<WebhookLogEndpoints.RejectionRow>>> WithoutMessage(
        InboundDb db, Guid? agentId, Cursor? cursor, int? limit, CancellationToken cancellationToken) =>
        TypedResults.Ok(await WebhookLogEndpoints.RejectionsAsync(db.Set<LoggedRejection>().AsNoTracking().Where(r => r.Code == "unknown_message"), agentId, cursor, limit, cancellationToken));

    private static Task<Dictionary<Guid, string>> ChannelsAsync(PlatformDb platform, Guid? agentId, string? phoneNumberId, CancellationToken cancellationToken) =>
        platform.Channels.AsNoTracking().Where(c => (agentId == null || c.AgentId == agentId) && (phoneNumberId == null || c.PhoneNumberId == phoneNumberId))
            .ToDictionaryAsync(c => c.Id, c => c.PhoneNumberId, cancellationToken);

    private static ProblemHttpResult ChannelMissing() => Refusal.NotFound("channel_not_found", "No WhatsApp number is connected.");

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
