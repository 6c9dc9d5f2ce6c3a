using System.Text.Json;
using Bookbag.Outbound.Attribution;
using Bookbag.Outbound.Contacts;
using Bookbag.Outbound.Sending;
using Bookbag.Outbound.Templates;
using Bookbag.ServiceDefaults.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.DeliveryEvents;

/// <summary>Takes delivery events out of Inbound's queue and brings about their effect in the same transaction: each once, however often this dies.</summary>
/// <remarks>Any number of replicas may run. A batch that fails is taken again, one event at a time; one that fails alone is logged and left out, Meta's POST stays in the webhook log.</remarks>
internal sealed partial class DeliveryEventConsumer(
    NpgsqlDataSource dataSource, StatusApplier statuses, ReplyApplier replies, AccountEvents accounts, WakeUps wakeUps, SendingMetrics metrics, TimeProvider clock, ILogger<DeliveryEventConsumer> logger)
    : BackgroundService
{
    /// <summary>Signalled by Inbound when there are new ones.</summary>
    public const string Topic = "delivery_events";

    private const int BatchSize = 1_000;
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(1);

    // A round costs the same for one status as for a thousand. While a campaign goes out they come all the time, and nobody sees a tenth of a second.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);

    private int _batch = BatchSize;

    /// <summary>Applies one batch of new events, one of parked statuses and one of replies that are looked at again; how many that were.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var applied = await ApplyAsync(cancellationToken) + await LookAgainAsync(cancellationToken) + await LookAtRepliesAgainAsync(cancellationToken);
                _batch = BatchSize;
                return applied;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DeadlockDetected)
            {
                Log.Conflict(logger);
            }
            catch (Exception e) when (_batch > 1 && !IsOutage(e))
            {
                Log.BatchFailed(logger, e);
                _batch = 1;
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await DeliverySchema.ThereAsync(dataSource, clock, stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var applied = await RunOnceAsync(stoppingToken);
                if (applied == 0)
                    await wakeUps.WaitAsync(Topic, PollEvery, stoppingToken);
                if (applied < BatchSize)
                    await Task.Delay(Gather, clock, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RoundFailed(logger, e);
                await Task.Delay(PollEvery, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<int> ApplyAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var events = await TakeAsync(connection, cancellationToken);
        if (events.Count == 0)
            return 0;

        var after = () => Task.CompletedTask;
        await transaction.SaveAsync("applied", cancellationToken);
        try
        {
            after = await ApplyAsync(connection, events, cancellationToken);
        }
        catch (Exception e) when (_batch == 1 && !IsOutage(e))
        {
            await transaction.RollbackAsync("applied", cancellationToken);
            Log.Rejected(logger, events[0].Id, events[0].Kind, e);
        }

        await transaction.CommitAsync(cancellationToken);
        await after();
        foreach (var kind in events.CountBy(e => e.Kind))
            metrics.Applied(kind.Key, kind.Value);
        metrics.Lag(clock.GetUtcNow() - events.Min(e => e.ReceivedAt));
        return events.Count;
    }

    /// <summary>Each kind to who acts on it.</summary>
    private async Task<Func<Task>> ApplyAsync(NpgsqlConnection connection, List<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        var after = await statuses.ApplyAsync(connection,
            [.. events.Where(e => e is { Kind: "status", Wamid: not null }).Select(e => new StatusEvent(e.ChannelId, e.Wamid!, e.Callback, e.At, e.ReceivedAt, e.Payload))], cancellationToken);
        await accounts.ApplyAsync(connection, [.. events.Where(e => e.Kind == "account")], cancellationToken);
        await Suppressions.ApplyAsync(connection, events, cancellationToken);
        await TemplateEvents.ApplyAsync(connection, events, cancellationToken);
        // Those who wrote a STOP word are counted by their reply.
        await CountOptOutsAsync(connection, [.. events.Where(e => e is { Customer: not null, Kind: "preference" } && IsStop(e.Payload))], cancellationToken);
        // After the statuses: one of them may tell what a reply of the same batch answers.
        var tell = await replies.ApplyAsync(connection, [.. events.Select(Reply.Of).OfType<Reply>()], cancellationToken);
        return async () =>
        {
            await after();
            await tell();
        };
    }

    private static async Task CountOptOutsAsync(NpgsqlConnection connection, List<DeliveryEvent> optOuts, CancellationToken cancellationToken)
    {
        if (optOuts.Count == 0)
            return;
        await using var command = new NpgsqlCommand(DeliveryEventSql.OptOuts, connection);
        command.Column("channels", NpgsqlDbType.Uuid, optOuts, e => e.ChannelId);
        command.Column("customers", NpgsqlDbType.Text, optOuts, e => e.Customer);
        command.Column("ats", NpgsqlDbType.TimestampTz, optOuts, e => e.At);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<int> LookAgainAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var parked = new List<StatusEvent>();
        await using (var command = new NpgsqlCommand(DeliveryEventSql.TakeParked, connection))
        {
            command.Parameters.AddWithValue("now", clock.GetUtcNow());
            command.Parameters.AddWithValue("batch", _batch);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                parked.Add(new StatusEvent(
                    row.GetGuid(0), row.GetString(1), null, row.GetFieldValue<DateTimeOffset>(2), row.GetFieldValue<DateTimeOffset>(3), JsonElement.Parse(row.GetString(4))));
            }
        }

        if (parked.Count == 0)
            return 0;
        var after = await statuses.ApplyAsync(connection, parked, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await after();
        return parked.Count;
    }

    private async Task<int> LookAtRepliesAgainAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var (looked, after) = await replies.LookAgainAsync(connection, _batch, cancellationToken);
        if (looked == 0)
            return 0;
        await transaction.CommitAsync(cancellationToken);
        await after();
        return looked;
    }

    private async Task<List<DeliveryEvent>> TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(DeliveryEventSql.Take, connection);
        command.Parameters.AddWithValue("batch", _batch);
        var events = new List<DeliveryEvent>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            events.Add(new DeliveryEvent(
                row.GetInt64(0), row.GetGuid(1), row.GetGuid(2), row.GetGuid(3), row.GetString(4), row.GetFieldValue<DateTimeOffset>(6), row.Text(8), row.Text(9), row.Text(10),
                JsonElement.Parse(row.GetString(11)))
            { Field = row.Text(5), ReceivedAt = row.GetFieldValue<DateTimeOffset>(7) });
        }

        return events;
    }

    // {"detail":"User requested to stop marketing messages","category":"marketing_messages","value":"stop"}
    private static bool IsStop(JsonElement preference) => preference.ValueKind == JsonValueKind.Object && preference.TryGetProperty("value", out var value) && value.ValueEquals("stop");

    private static bool IsOutage(Exception e) => e is OperationCanceledException or TimeoutException or NpgsqlException { IsTransient: true }
        || e is NpgsqlException and not PostgresException || e is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A round of delivery events failed; they stay in the queue")]
        public static partial void RoundFailed(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Information, "A batch of delivery events met another's locks; once more")]
        public static partial void Conflict(ILogger logger);

        [LoggerMessage(3, LogLevel.Warning, "A batch of delivery events could not be applied; looking for the cause, one at a time")]
        public static partial void BatchFailed(ILogger logger, Exception exception);

        [LoggerMessage(4, LogLevel.Error, "Delivery event {EventId} ({Kind}) cannot be applied and is left out; Meta's POST is in the webhook log, and can be replayed")]
        public static partial void Rejected(ILogger logger, long eventId, string kind, Exception exception);
    }
}
