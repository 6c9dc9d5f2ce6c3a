using System.Text;
using System.Text.Json;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Webhooks;

/// <summary>The webhook log for people: what was rejected, what became of a webhook, and once more through today's code.</summary>
public static class WebhookLogEndpoints
{
    /// <summary>Something that could not be applied.</summary>
    public sealed record RejectionRow(
        Guid Id, string WebhookId, Guid AgentId, DateTimeOffset ReceivedAt, string Path, string Code, string Reason, DateTimeOffset RejectedAt);

    /// <summary>One webhook.</summary>
    /// <param name="Id">Its id in the log.</param>
    /// <param name="ReceivedAt">When it came.</param>
    /// <param name="State"><c>queued</c>, <c>applied</c> or <c>rejected</c> (in part or whole).</param>
    /// <param name="Items">What it says, and what became of each part.</param>
    /// <param name="Headers">The headers that were kept.</param>
    /// <param name="Body">What Meta sent; null where parts of it are another workspace's.</param>
    public sealed record WebhookDetails(string Id, DateTimeOffset ReceivedAt, string State, IReadOnlyList<WebhookItemRow> Items, JsonElement Headers, string? Body);

    /// <summary>A part of a webhook.</summary>
    /// <param name="Path">Where it stands.</param>
    /// <param name="Kind"><c>message</c>, <c>echo</c>, <c>status</c>, <c>error</c>, or Meta's name of the subject.</param>
    /// <param name="State"><c>queued</c>, <c>applied</c>, <c>rejected</c>, or <c>kept</c> where nothing is to be done with it.</param>
    /// <param name="MessageId">The message it became or is about.</param>
    /// <param name="ConversationId">The conversation of that message.</param>
    /// <param name="Reason">Why it was rejected; of an error what it says.</param>
    public sealed record WebhookItemRow(string Path, string Kind, string State, Guid? MessageId, Guid? ConversationId, string? Reason);

    /// <summary>A webhook that is to be applied once more.</summary>
    public sealed record Replay(string Id, string State);

    public static void MapWebhookLog(this IEndpointRouteBuilder endpoints)
    {
        var log = endpoints.MapGroup("/api/webhooks").WithTags("Webhooks").RequireAuthorization(Policies.Viewer);
        log.MapGet("/rejections", ListRejections).WithName("ListWebhookRejections");
        log.MapGet("/{id:long}", Get).WithName("GetWebhook");
        log.MapPost("/{id:long}/replay", ReplayOnce).WithName("ReplayWebhook").Records("webhook.replayed").RequireAuthorization(Policies.Editor);
    }

    private static async Task<Ok<Page<RejectionRow>>> ListRejections(
        InboundDb db, Guid? agentId, Cursor? cursor, int? limit, CancellationToken cancellationToken) =>
        TypedResults.Ok(await RejectionsAsync(db.Set<LoggedRejection>().AsNoTracking(), agentId, cursor, limit, cancellationToken));

    internal static async Task<Page<RejectionRow>> RejectionsAsync(IQueryable<LoggedRejection> query, Guid? agentId, Cursor? cursor, int? limit, CancellationToken cancellationToken)
    {
        var size = Page.Size(limit);
        if (agentId is { } agent)
            query = query.Where(r => r.AgentId == agent);
        if (cursor is { } after)
            query = query.Where(r => EF.Functions.LessThan(ValueTuple.Create(r.RejectedAt, r.Id), ValueTuple.Create(after.At, after.Id)));
        var rows = await query.OrderByDescending(r => r.RejectedAt).ThenByDescending(r => r.Id).Take(size + 1)
            .Select(r => new RejectionRow(r.Id, r.DeliveryId.ToString(), r.AgentId, r.ReceivedAt, r.Path, r.Code, r.Reason, r.RejectedAt))
            .ToListAsync(cancellationToken);
        return Page.Of(rows, size, r => new Cursor(r.RejectedAt, r.Id));
    }

    private static async Task<Results<Ok<WebhookDetails>, ProblemHttpResult>> Get(
        long id, PlatformDb platform, InboundDb db, WebhookLog log, CancellationToken cancellationToken)
    {
        var mine = await MyChannelsAsync(platform, cancellationToken);
        if (await log.FindAsync(id, cancellationToken) is not { } found || !found.ChannelIds.Any(mine.ContainsKey))
            return Unknown();

        var rejections = await db.Set<LoggedRejection>().AsNoTracking().Where(r => r.DeliveryId == id).ToListAsync(cancellationToken);
        var reasons = rejections.GroupBy(r => r.Path).ToDictionary(g => g.Key, g => g.First().Reason);
        var items = await ItemsAsync(found, mine, reasons, log, cancellationToken);
        var state = found.IsQueued ? "queued" : rejections.Count > 0 ? "rejected" : "applied";
        // Meta may put the numbers of several of its app's users into one POST: each of them sees its own part.
        var isWhollyMine = found.ChannelIds.All(mine.ContainsKey);
        return TypedResults.Ok(new WebhookDetails(
            id.ToString(System.Globalization.CultureInfo.InvariantCulture), found.ReceivedAt, state, items, JsonElement.Parse(found.Headers),
            isWhollyMine ? Encoding.UTF8.GetString(found.Body) : null));
    }

    private static async Task<Results<Accepted<Replay>, ProblemHttpResult>> ReplayOnce(
        long id, PlatformDb platform, WebhookLog log, WakeUps wakeUps, TimeProvider clock, CancellationToken cancellationToken)
    {
        var mine = await MyChannelsAsync(platform, cancellationToken);
        if (await log.FindAsync(id, cancellationToken) is not { } found || !found.ChannelIds.Any(mine.ContainsKey))
            return Unknown();
        await log.RequeueAsync(id, found.ReceivedAt, clock.GetUtcNow(), cancellationToken);
        wakeUps.Signal(DeliveryProcessor.Topic);
        var name = id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return TypedResults.Accepted($"/api/webhooks/{name}", new Replay(name, "queued"));
    }

    private static async Task<IReadOnlyList<WebhookItemRow>> ItemsAsync(
        LoggedWebhook found, Dictionary<Guid, string> mine, Dictionary<string, string> reasons, WebhookLog log, CancellationToken cancellationToken)
    {
        var notification = WebhookReader.Read(found.Body);
        var numbers = mine.Values.ToHashSet();
        var changes = notification.Changes.Where(c => c.PhoneNumberId is null || numbers.Contains(c.PhoneNumberId)).ToList();
        var wamids = changes.SelectMany(c => c.Items).Select(WamidOf).OfType<string>().Distinct().ToArray();
        var known = await log.FindMessagesAsync([.. mine.Keys], wamids, cancellationToken);

        var rows = new List<WebhookItemRow>();
        foreach (var item in changes.SelectMany(c => c.Items.Select(i => (Change: c, Item: i))))
        {
            var message = WamidOf(item.Item) is { } wamid && known.TryGetValue(wamid, out var entry) ? entry : ((Guid MessageId, Guid ConversationId)?)null;
            var reason = reasons.GetValueOrDefault(item.Item.Path) ?? reasons.GetValueOrDefault(item.Change.Path);
            var state = found.IsQueued ? "queued" : reason is not null ? "rejected" : message is not null || item.Item is IdentityUpdate or ChannelError ? "applied" : "kept";
            rows.Add(new(item.Item.Path, KindOf(item.Change, item.Item), state, message?.MessageId, message?.ConversationId, reason ?? (item.Item as ChannelError)?.Error.InWords));
        }

        foreach (var unreadable in notification.Rejections.Where(r => r.PhoneNumberId is null || numbers.Contains(r.PhoneNumberId)))
            rows.Add(new(unreadable.Path, "unreadable", "rejected", null, null, unreadable.Reason));
        return rows;
    }

    private static string? WamidOf(WebhookItem item) => item switch
    {
        WebhookMessage message => message.Wamid,
        StatusUpdate status => status.Wamid,
        _ => null,
    };

    private static string KindOf(WebhookChange change, WebhookItem item) => item switch
    {
        MessageEcho => "echo",
        WebhookMessage => "message",
        StatusUpdate => "status",
        ChannelError => "error",
        _ => change.Field ?? "unknown",
    };

    private static Task<Dictionary<Guid, string>> MyChannelsAsync(PlatformDb db, CancellationToken cancellationToken) =>
        db.Channels.AsNoTracking().ToDictionaryAsync(c => c.Id, c => c.PhoneNumberId, cancellationToken);

    private static ProblemHttpResult Unknown() => Refusal.NotFound("webhook_not_found", "There is no such webhook, or it is past the retention.");
}
