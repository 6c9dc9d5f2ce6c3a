using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Inbound.OutgoingWebhooks;

/// <summary>Brings other systems what they asked to be told: one worker a webhook, events in their order, each until it is taken or a day is over.</summary>
/// <remarks>
/// A lost answer or a dead worker makes an event come twice, never not at all; its id is the same both times. An event that the other side refuses
/// is tried again later and does not hold up those after it. A slow one has its turn for as long as one call may take, then the others have theirs.
/// </remarks>
public sealed partial class WebhookCourier(
    NpgsqlDataSource dataSource, CourierClient client, SecretProtector secrets, WakeUps wakeUps, CourierMetrics metrics, TimeProvider clock,
    IOptions<OutgoingWebhookOptions> options, ILogger<WebhookCourier> logger) : BackgroundService
{
    /// <summary>The wake-up topic to signal after events were written.</summary>
    public const string Topic = "outgoing_webhooks";

    private const int EventsAtATime = 50;
    private const int SweptAtATime = 5_000;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(10);

    private readonly OutgoingWebhookOptions _options = options.Value;
    private DateTimeOffset _sweptAt;

    /// <summary>Delivers what is due to as many webhooks as it may at a time; how many webhooks that were.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var claimed = await ClaimAsync(cancellationToken);
        await Task.WhenAll(claimed.Select(webhook => DeliverAsync(webhook, cancellationToken)));
        if (clock.GetUtcNow() - _sweptAt > SweepEvery)
        {
            _sweptAt = clock.GetUtcNow();
            await ExecuteAsync(OutgoingWebhookSql.Sweep, cancellationToken, ("before", _sweptAt - _options.KeepLog), ("batch", SweptAtATime));
        }

        return claimed.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (_options.MaxConcurrency > 0 && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await RunOnceAsync(stoppingToken) == 0)
                    await wakeUps.WaitAsync(Topic, _options.PollEvery, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RoundFailed(logger, e);
                await Task.Delay(_options.PollEvery, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<List<ClaimedWebhook>> ClaimAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var lease = Guid.CreateVersion7(now);
        await using var batch = dataSource.CreateBatch();
        batch.Add(OutgoingWebhookSql.Claim, ("now", now), ("batch", _options.MaxConcurrency), ("lease", lease), ("lease_until", now + _options.Lease));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var claimed = new List<ClaimedWebhook>();
        while (await row.ReadAsync(cancellationToken))
            claimed.Add(new(row.GetGuid(0), row.GetGuid(1), new Uri(row.GetString(2)), row.GetString(3), lease) { Failures = row.GetInt32(4) });
        return claimed;
    }

    private async Task DeliverAsync(ClaimedWebhook webhook, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        try
        {
            var secret = Secret(webhook);
            foreach (var due in await DueAsync(webhook, cancellationToken))
            {
                if (cancellationToken.IsCancellationRequested || clock.GetElapsedTime(began) >= _options.Timeout)
                    break;
                // A call that was begun is waited for, even while the service stops: what was taken need not come again.
                var outcome = secret is null
                    ? new CourierOutcome(null, "The webhook's secret cannot be decrypted any more: the key ring has changed. Make a new secret.")
                    : await client.SendAsync(webhook.Url, secret, due, CancellationToken.None);
                if (!await SettleAsync(webhook, due, outcome) || !outcome.Taken)
                    break;
            }
        }
        finally
        {
            await ExecuteAsync(OutgoingWebhookSql.Release, CancellationToken.None, webhook.Key);
        }
    }

    private async Task<List<DueEvent>> DueAsync(ClaimedWebhook webhook, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(OutgoingWebhookSql.Due, ("webhook", webhook.Id), ("now", clock.GetUtcNow()), ("batch", EventsAtATime));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var due = new List<DueEvent>();
        while (await row.ReadAsync(cancellationToken))
            due.Add(new(row.GetInt64(0), row.GetGuid(1), row.GetString(2), Encoding.UTF8.GetBytes(row.GetString(3)), row.GetInt16(4), row.GetFieldValue<DateTimeOffset>(5)));
        return due;
    }

    /// <summary>Writes the outcome down; false when the webhook is another worker's meanwhile.</summary>
    private async Task<bool> SettleAsync(ClaimedWebhook webhook, DueEvent due, CourierOutcome outcome)
    {
        var now = clock.GetUtcNow();
        var next = now + CourierRules.DelayAfter(due.Attempts + 1, Random.Shared.NextDouble());
        var status = outcome.Taken ? OutgoingDeliveryStatus.Delivered : next > due.GiveUpAt ? OutgoingDeliveryStatus.Failed : OutgoingDeliveryStatus.Waiting;
        webhook.Failures = outcome.Taken ? 0 : webhook.Failures + 1;
        metrics.Tried(status, outcome);
        if (status == OutgoingDeliveryStatus.Failed)
            Log.GivenUp(logger, due.EventId, due.Type, webhook.Id, due.Attempts + 1);

        await using var batch = dataSource.CreateBatch();
        batch.Add(OutgoingWebhookSql.Settle,
        [
            .. webhook.Key, ("id", due.Id), ("now", now), ("lease_until", now + _options.Lease), ("failures", webhook.Failures),
            ("resume_at", outcome.Taken ? now : now + CourierRules.PauseAfter(webhook.Failures)), ("status", EnumWords.Of(status)), ("due", next),
        ]);
        batch.BatchCommands[0].Parameters.Add(new NpgsqlParameter<int?>("response", outcome.Status) { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer });
        batch.BatchCommands[0].Parameters.Add(new NpgsqlParameter<string?>("error", outcome.Error) { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        return await batch.ExecuteScalarAsync(CancellationToken.None) is true;
    }

    private string? Secret(ClaimedWebhook webhook)
    {
        try
        {
            return secrets.Unprotect(webhook.SecretCipher);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params (string, object?)[] parameters)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(sql, parameters);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record ClaimedWebhook(Guid WorkspaceId, Guid Id, Uri Url, string SecretCipher, Guid LeaseId)
    {
        public int Failures { get; set; }

        public (string, object?)[] Key => [("workspace", WorkspaceId), ("webhook", Id), ("lease", LeaseId)];
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Outgoing webhooks could not be delivered; trying again")]
        public static partial void RoundFailed(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "Event {EventId} ({Type}) was not taken by webhook {WebhookId} for a day, {Attempts} times: it is given up")]
        public static partial void GivenUp(ILogger logger, Guid eventId, string type, Guid webhookId, int attempts);
    }
}

/// <summary>An event on its way.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="EventId">The event, the same at every try.</param>
/// <param name="Type">What happened.</param>
/// <param name="Body">What is sent.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="GiveUpAt">When it is tried no more.</param>
public sealed record DueEvent(long Id, Guid EventId, string Type, byte[] Body, int Attempts, DateTimeOffset GiveUpAt);

/// <summary>What became of a try.</summary>
/// <param name="Status">What the other side answered; null where it did not.</param>
/// <param name="Error">What went wrong, in words; null where it took the event.</param>
public sealed record CourierOutcome(int? Status, string? Error)
{
    /// <summary>Whether the other side took the event.</summary>
    public bool Taken => Error is null;
}

/// <summary>Calls other systems.</summary>
public sealed class CourierClient(HttpClient http, TimeProvider clock, IOptions<OutgoingWebhookOptions> options)
{
    /// <summary>Sends one event, signed. Whatever goes wrong is an outcome.</summary>
    public async Task<CourierOutcome> SendAsync(Uri url, string secret, DueEvent due, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(due.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Bookbag", "1.0"));
        request.Headers.Add("X-Bookbag-Signature", CourierRules.Sign(secret, due.Body));
        request.Headers.Add("X-Bookbag-Timestamp", clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("X-Bookbag-Event", due.Type);
        request.Headers.Add("X-Bookbag-Event-Id", due.EventId.ToString());
        request.Headers.Add("X-Bookbag-Delivery-Id", due.Id.ToString(CultureInfo.InvariantCulture));

        using var patience = new CancellationTokenSource(options.Value.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            // What the other side has to say is not read: its status is the answer.
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var status = (int)response.StatusCode;
            return status switch
            {
                >= 200 and < 300 => new(status, null),
                >= 300 and < 400 => new(status, "It answered with a redirect; redirects are not followed. Enter the address that it leads to."),
                _ => new(status, $"It answered {status}."),
            };
        }
        catch (OperationCanceledException)
        {
            return new(null, "It did not answer in time.");
        }
        catch (HttpRequestException e) when (e.InnerException is AddressRefusedException refused)
        {
            return new(null, refused.Message);
        }
        catch (HttpRequestException e)
        {
            return new(null, e.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "Its name is not known.",
                HttpRequestError.SecureConnectionError => "A secure connection could not be made.",
                HttpRequestError.ConnectionError => "It could not be reached.",
                _ => "The connection broke.",
            });
        }
        catch (IOException)
        {
            return new(null, "The connection broke.");
        }
        catch (System.Net.Sockets.SocketException)
        {
            return new(null, "It could not be reached.");
        }
    }
}
