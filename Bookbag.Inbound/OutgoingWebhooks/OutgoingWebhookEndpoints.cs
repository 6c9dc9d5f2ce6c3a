using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.OutgoingWebhooks;

/// <summary>The webhooks of a workspace: made, listed, changed, tried; and what they were told.</summary>
public static class OutgoingWebhookEndpoints
{
    private const int MostWebhooks = 20;
    private const int MostEvents = 40;

    /// <summary>What a new webhook is told, and where.</summary>
    /// <param name="Url">An https address of the public internet.</param>
    /// <param name="Events">Events, all of a kind (<c>ticket.*</c>), or all (<c>*</c>).</param>
    /// <param name="Description">For the team.</param>
    public sealed record WebhookRequest([Required] string Url, [Required] string[] Events, [StringLength(200)] string? Description = null);

    /// <summary>What is to be different; what is left out stays.</summary>
    public sealed record WebhookChange(string? Url = null, string[]? Events = null, [StringLength(200)] string? Description = null, bool? Enabled = null);

    /// <summary>A webhook.</summary>
    /// <param name="SecretLast4">The last characters of the secret that signs what it is told.</param>
    /// <param name="Failures">How many tries in a row failed.</param>
    /// <param name="PausedUntil">When it is tried again, after failures.</param>
    public sealed record WebhookResponse(Guid Id, string Url, string[] Events, string Description, bool Enabled, string SecretLast4, int Failures,
        DateTimeOffset? PausedUntil, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
    {
        internal static WebhookResponse Of(OutgoingWebhook w, DateTimeOffset now) => new(w.Id, w.Url, w.Events, w.Description, w.Enabled, w.SecretLast4, w.Failures,
            w.Failures > 0 && w.ResumeAt > now ? w.ResumeAt : null, w.CreatedAt, w.UpdatedAt);
    }

    /// <summary>A webhook, or its new secret.</summary>
    /// <param name="Secret">The key of <c>X-Bookbag-Signature</c>. It is shown here and never again.</param>
    public sealed record NewSecretResponse(WebhookResponse Webhook, string Secret);

    /// <summary>What a webhook was told.</summary>
    /// <param name="EventId">The event; the same at every try and for every webhook.</param>
    /// <param name="ResponseStatus">What the last try was answered with.</param>
    /// <param name="NextTryAt">When it is tried again; null when it is not.</param>
    /// <param name="Body">What is sent, as it is signed; in a single delivery only.</param>
    public sealed record DeliveryResponse(long Id, Guid EventId, string Type, OutgoingDeliveryStatus Status, int Attempts, DateTimeOffset At, int? ResponseStatus,
        string? Error, DateTimeOffset? AttemptedAt, DateTimeOffset? NextTryAt, string? Body)
    {
        internal static DeliveryResponse Of(OutgoingDelivery d, bool withBody) => new(d.Id, d.EventId, d.Type, d.Status, d.Attempts, d.At, d.ResponseStatus, d.Error,
            d.AttemptedAt, d.Status == OutgoingDeliveryStatus.Waiting ? d.DueAt : null, withBody ? d.Body : null);
    }

    /// <summary>Maps <c>/api/workspace/webhooks</c>.</summary>
    public static void MapOutgoingWebhooks(this IEndpointRouteBuilder app)
    {
        var webhooks = app.MapGroup("/api/workspace/webhooks").WithTags("Outgoing webhooks").RequireAuthorization(Policies.Admin, Policies.WholeWorkspace);
        webhooks.MapGet("", List).WithName("ListOutgoingWebhooks").WithSummary("Lists the webhooks, the oldest first");
        webhooks.MapPost("", Create).WithName("CreateOutgoingWebhook").Records("outgoing_webhook.created").WithSummary("Tells another system what happens from now on; the secret is shown this once");
        webhooks.MapGet("/{id:guid}", Get).WithName("GetOutgoingWebhook").WithSummary("Shows a webhook");
        webhooks.MapPatch("/{id:guid}", Change).WithName("ChangeOutgoingWebhook").Records("outgoing_webhook.changed").WithSummary("Changes a webhook; one that was paused after failures is tried again at once");
        webhooks.MapDelete("/{id:guid}", Remove).WithName("RemoveOutgoingWebhook").Records("outgoing_webhook.removed").WithSummary("Removes a webhook with its log");
        webhooks.MapPost("/{id:guid}/secret", RenewSecret).WithName("RenewOutgoingWebhookSecret").Records("outgoing_webhook.secret_renewed").WithSummary("Signs with a new secret from now on, and shows it this once");
        webhooks.MapPost("/{id:guid}/test", Test).WithName("TestOutgoingWebhook").RecordsNothing().WithSummary("Sends an event webhook.test; its delivery tells what became of it");
        webhooks.MapGet("/{id:guid}/deliveries", ListDeliveries).WithName("ListOutgoingDeliveries").WithSummary("What the webhook was told, the latest first");
        webhooks.MapGet("/{id:guid}/deliveries/{deliveryId:long}", GetDelivery).WithName("GetOutgoingDelivery").WithSummary("One delivery with its body");
        webhooks.MapPost("/{id:guid}/deliveries/{deliveryId:long}/redeliver", Redeliver).WithName("RedeliverOutgoing").RecordsNothing().WithSummary("Sends an event again, with the same id and body");
    }

    private static async Task<Ok<Page<WebhookResponse>>> List(Cursor? cursor, int? limit, InboundDb db, TimeProvider clock, CancellationToken cancellationToken)
    {
        var size = Page.Size(limit);
        var rows = db.Set<OutgoingWebhook>().AsNoTracking();
        if (cursor is { } after)
            rows = rows.Where(w => EF.Functions.GreaterThan(ValueTuple.Create(w.CreatedAt, w.Id), ValueTuple.Create(after.At, after.Id)));
        var found = await rows.OrderBy(w => w.CreatedAt).ThenBy(w => w.Id).Take(size + 1).ToListAsync(cancellationToken);
        var now = clock.GetUtcNow();
        return TypedResults.Ok(Page.Of([.. found.Select(w => WebhookResponse.Of(w, now))], size, w => new Cursor(w.CreatedAt, w.Id)));
    }

    private static async Task<Results<Created<NewSecretResponse>, ProblemHttpResult>> Create(
        WebhookRequest request, Caller caller, InboundDb db, SecretProtector secrets, IOptions<OutgoingWebhookOptions> options, ActivitySubject subject, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (Check(request.Url, request.Events, options.Value) is { } problem)
            return problem;
        if (await db.Set<OutgoingWebhook>().CountAsync(cancellationToken) >= MostWebhooks)
            return Refusal.Conflict("too_many_webhooks", $"A workspace has at most {MostWebhooks} webhooks: remove one first.");

        var now = clock.GetUtcNow();
        var webhook = OutgoingWebhook.Create(caller.WorkspaceId, request.Url, [.. request.Events.Distinct()], request.Description ?? "", now);
        var secret = OutgoingWebhook.NewSecret();
        webhook.SignWith(secret, secrets, now);
        db.Add(webhook);
        await db.SaveChangesAsync(cancellationToken);
        subject.Is(webhook.Id, webhook.Description);
        return TypedResults.Created($"/api/workspace/webhooks/{webhook.Id}", new NewSecretResponse(WebhookResponse.Of(webhook, now), secret));
    }

    private static async Task<Results<Ok<WebhookResponse>, ProblemHttpResult>> Get(Guid id, InboundDb db, TimeProvider clock, CancellationToken cancellationToken) =>
        await FindAsync(db, id, cancellationToken) is { } webhook ? TypedResults.Ok(WebhookResponse.Of(webhook, clock.GetUtcNow())) : NotFound();

    private static async Task<Results<Ok<WebhookResponse>, ProblemHttpResult>> Change(
        Guid id, WebhookChange request, InboundDb db, WakeUps wakeUps, IOptions<OutgoingWebhookOptions> options, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, id, cancellationToken) is not { } webhook)
            return NotFound();
        if (Check(request.Url ?? webhook.Url, request.Events ?? webhook.Events, options.Value) is { } problem)
            return problem;
        webhook.Change(request.Url, request.Events is { } events ? [.. events.Distinct()] : null, request.Description, request.Enabled, clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        wakeUps.Signal(WebhookCourier.Topic);
        return TypedResults.Ok(WebhookResponse.Of(webhook, clock.GetUtcNow()));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Remove(Guid id, InboundDb db, CancellationToken cancellationToken) =>
        await db.Set<OutgoingWebhook>().Where(w => w.Id == id).ExecuteDeleteAsync(cancellationToken) > 0 ? TypedResults.NoContent() : NotFound();

    private static async Task<Results<Ok<NewSecretResponse>, ProblemHttpResult>> RenewSecret(
        Guid id, InboundDb db, SecretProtector secrets, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, id, cancellationToken) is not { } webhook)
            return NotFound();
        var secret = OutgoingWebhook.NewSecret();
        webhook.SignWith(secret, secrets, clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(new NewSecretResponse(WebhookResponse.Of(webhook, clock.GetUtcNow()), secret));
    }

    private static async Task<Results<Accepted<DeliveryResponse>, ProblemHttpResult>> Test(
        Guid id, Caller caller, InboundDb db, WakeUps wakeUps, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, id, cancellationToken) is not { } webhook)
            return NotFound();
        if (!webhook.Enabled)
            return Refusal.Conflict("webhook_disabled", "The webhook is switched off: enable it first.");
        var now = clock.GetUtcNow();
        var eventId = Guid.CreateVersion7(now);
        var body = JsonSerializer.Serialize(new { id = eventId, type = OutgoingEvents.Test, workspaceId = caller.WorkspaceId, at = now, data = new { by = caller.Name } });
        var deliveryId = (await db.Database.SqlQuery<long>(OutgoingWebhookSql.Test(webhook, eventId, body, now)).ToListAsync(cancellationToken)).Single();
        wakeUps.Signal(WebhookCourier.Topic);
        var delivery = await FindDeliveryAsync(db, id, deliveryId, cancellationToken);
        return TypedResults.Accepted($"/api/workspace/webhooks/{id}/deliveries/{deliveryId}", DeliveryResponse.Of(delivery!, withBody: true)); // written above
    }

    private static async Task<Results<Ok<Page<DeliveryResponse>>, ProblemHttpResult>> ListDeliveries(
        Guid id, string? status, Cursor? cursor, int? limit, InboundDb db, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, id, cancellationToken) is null)
            return NotFound();
        var size = Page.Size(limit);
        var rows = db.Set<OutgoingDelivery>().AsNoTracking().Where(d => d.WebhookId == id);
        if (status is not null)
        {
            if (!EnumWords.TryParse(status, out OutgoingDeliveryStatus only))
                return Refusal.Invalid("status_unknown", "The status is `waiting`, `delivered` or `failed`.");
            rows = rows.Where(d => d.Status == only);
        }

        // Deliveries have numbers: the number is the cursor's time.
        if (cursor is { At.UtcTicks: var last })
            rows = rows.Where(d => d.Id < last);
        var found = await rows.OrderByDescending(d => d.Id).Take(size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(Page.Of([.. found.Select(d => DeliveryResponse.Of(d, withBody: false))], size, d => new Cursor(new DateTimeOffset(d.Id, TimeSpan.Zero), d.EventId)));
    }

    private static async Task<Results<Ok<DeliveryResponse>, ProblemHttpResult>> GetDelivery(Guid id, long deliveryId, InboundDb db, CancellationToken cancellationToken) =>
        await FindDeliveryAsync(db, id, deliveryId, cancellationToken) is { } delivery ? TypedResults.Ok(DeliveryResponse.Of(delivery, withBody: true)) : NoDelivery();

    private static async Task<Results<Accepted<DeliveryResponse>, ProblemHttpResult>> Redeliver(
        Guid id, long deliveryId, Caller caller, InboundDb db, WakeUps wakeUps, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await db.Database.ExecuteSqlAsync(OutgoingWebhookSql.Redeliver(caller.WorkspaceId, id, deliveryId, clock.GetUtcNow()), cancellationToken) == 0)
            return NoDelivery();
        wakeUps.Signal(WebhookCourier.Topic);
        var delivery = await FindDeliveryAsync(db, id, deliveryId, cancellationToken);
        return TypedResults.Accepted((string?)null, DeliveryResponse.Of(delivery!, withBody: true)); // written above
    }

    private static ProblemHttpResult? Check(string url, string[] events, OutgoingWebhookOptions options)
    {
        if (CourierRules.Problem(url, options.AllowLoopback) is { } problem)
            return Refusal.Invalid("url_invalid", problem);
        if (events.Length is 0 or > MostEvents)
            return Refusal.Invalid("events_missing", $"Say which events to tell, 1 to {MostEvents}, or `*` for all.");
        return events.FirstOrDefault(e => !OutgoingEvents.CanBeAskedFor(e)) is { } unknown
            ? Refusal.Invalid("event_unknown", $"There is no event `{unknown}`. There are {string.Join(", ", OutgoingEvents.Known.Order())}, `campaign.…`, and `*` for all of a kind.")
            : null;
    }

    private static Task<OutgoingWebhook?> FindAsync(InboundDb db, Guid id, CancellationToken cancellationToken) =>
        db.Set<OutgoingWebhook>().SingleOrDefaultAsync(w => w.Id == id, cancellationToken);

    private static Task<OutgoingDelivery?> FindDeliveryAsync(InboundDb db, Guid id, long deliveryId, CancellationToken cancellationToken) =>
        db.Set<OutgoingDelivery>().AsNoTracking().SingleOrDefaultAsync(d => d.WebhookId == id && d.Id == deliveryId, cancellationToken);

    private static ProblemHttpResult NotFound() => Refusal.NotFound("webhook_not_found", "There is no such webhook.");

    private static ProblemHttpResult NoDelivery() => Refusal.NotFound("delivery_not_found", "The webhook has no such delivery.");
}
