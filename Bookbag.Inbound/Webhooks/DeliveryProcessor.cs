using Bookbag.Inbound.Channels;
using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.HelpDesk;
using Bookbag.Inbound.Media;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Applies the webhook log: takes a batch out of the queue and brings about its effect in the same transaction.</summary>
/// <remarks>
/// No lease is needed: a crash rolls back, and the batch is in the queue again. A batch that fails is halved, and its stretches are split, until it is one
/// delivery that fails; that one is tried again later, in the end item by item, and what of it fails even then is rejected with the reason.
/// An outage of Postgres counts for no delivery: it is waited out.
/// </remarks>
public sealed partial class DeliveryProcessor(
    NpgsqlDataSource dataSource, ChannelDirectory channels, WebhookGate gate, IntakePressure pressure, ChannelActivity activity, WakeUps wakeUps,
    IntakeMetrics metrics, TimeProvider clock, IOptions<DeliveryProcessorOptions> options, IOptions<DebounceOptions> debounce, ILogger<DeliveryProcessor> logger)
    : BackgroundService
{
    /// <summary>Signalled when webhooks were put in the queue.</summary>
    public const string Topic = "deliveries";

    // Two processors that want the same rows in another order than ours: rare, and over in a moment.
    private const int MaxConflicts = 5;
    private static readonly TimeSpan OutageDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RestStep = TimeSpan.FromMilliseconds(50);

    private readonly DeliveryProcessorOptions _options = options.Value;
    private int _batch = options.Value.BatchSize;

    // How many rows of the queue hold a batch, by the last one: in a crowd few, each of a commit of many. More than are needed would be locked for nothing.
    private int _stretches = options.Value.BatchSize;
    private bool _drained = true;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (_drained)
                    await RestAsync(stoppingToken);
                if (await RunOnceAsync(stoppingToken) == 0)
                    await wakeUps.WaitAsync(Topic, _options.PollEvery, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RoundFailed(logger, e);
                await Task.Delay(OutageDelay, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Applies one batch. Returns how many deliveries it took out of the queue or put off; 0 when there are none.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        for (var conflicts = 0; ; conflicts++)
        {
            var claimed = new List<QueuedDelivery>();
            try
            {
                var applied = await ApplyAsync(claimed, cancellationToken);
                _batch = Math.Min(_batch * 2, _options.BatchSize);
                return applied;
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure && conflicts < MaxConflicts)
            {
                Log.Conflict(logger, e.SqlState);
            }
            catch (Exception e) when (DeliveryFailure.IsOfTheDelivery(e))
            {
                if (claimed is not [var failing])
                {
                    _batch = Math.Max(1, Math.Min(_batch, claimed.Count) / 2); // smaller each time: the last stretch may be larger than what was asked for
                    Log.BatchFailed(logger, claimed.Count, _batch, e);
                    if (claimed[0].Stretch == claimed[^1].Stretch)
                        await SplitAsync(claimed[0].Stretch, cancellationToken);
                    continue;
                }

                if (failing.Attempts < _options.MaxAttempts)
                    await PostponeAsync(failing, e, cancellationToken);
                else
                    await GiveUpAsync(failing, e, cancellationToken);
                return 1;
            }
        }
    }

    /// <summary>In a crowd, acknowledging comes first: Meta waits for that. What is acknowledged is applied a little later, more at a time and so at less cost.</summary>
    private async Task RestAsync(CancellationToken cancellationToken)
    {
        for (var rested = TimeSpan.Zero; pressure.IsHigh && rested < _options.MaxRest; rested += RestStep)
            await Task.Delay(RestStep, clock, cancellationToken);
    }

    private async Task<int> ApplyAsync(List<QueuedDelivery> claimed, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var now = clock.GetUtcNow();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ClaimAsync(connection, now, claimed, cancellationToken);
        var stretches = claimed.DistinctBy(d => d.Stretch).Count();
        _drained = claimed.Count < _batch && stretches < _stretches;
        if (claimed.Count == 0)
        {
            await transaction.CommitAsync(cancellationToken); // what the log has no more of leaves the queue too
            return 0;
        }

        _stretches = Math.Clamp((_options.BatchSize * stretches / claimed.Count) + 1, 1, _options.BatchSize);

        using var span = InboundTelemetry.Source.StartActivity("apply webhooks");
        span?.SetTag("bookbag.deliveries", claimed.Count);
        var reading = await ReadAsync(claimed, cancellationToken);
        var (counts, rejected) = claimed is [{ } only] && only.Attempts >= _options.MaxAttempts
            ? await ApplyOneByOneAsync(connection, transaction, reading, now, cancellationToken)
            : await ApplyTogetherAsync(connection, reading.Items, now, cancellationToken);
        rejected = rejected.Count == 0 ? reading.Rejected : [.. reading.Rejected, .. rejected];
        await RejectAsync(connection, claimed, rejected, now, cancellationToken);
        await transaction.CommitAsync(cancellationToken);

        if (counts.TurnsDue)
            wakeUps.Signal(TurnWorker.Topic);
        if (counts.Media > 0)
            wakeUps.Signal(MediaWorker.Topic);
        if (counts.Events > 0)
            wakeUps.Signal(DeliveryEvents.Topic);
        if (counts.TicketsMoved)
            wakeUps.SignalTickets();
        else if (counts.Changed)
            wakeUps.SignalChanges();
        Count(claimed, counts, rejected, clock.GetElapsedTime(started));
        await activity.NoteAsync(reading.Channels, cancellationToken);
        return claimed.Count;
    }

    private async Task ClaimAsync(NpgsqlConnection connection, DateTimeOffset now, List<QueuedDelivery> claimed, CancellationToken cancellationToken)
    {
        await using var command = connection.Statement(WebhookLogSql.Claim);
        command.Parameters.AddWithValue("now", now);
        command.Parameters.AddWithValue("batch", _batch);
        command.Parameters.AddWithValue("stretches", _stretches);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            claimed.Add(new(row.GetInt64(0), row.GetFieldValue<DateTimeOffset>(1), row.GetInt16(2), row.GetBoolean(3),
                row.GetFieldValue<Guid[]>(4), row.GetString(5), row.Text(6), row.GetFieldValue<byte[]>(7), row.GetInt64(8)));
        }
    }

    private async Task<DeliveryReading> ReadAsync(List<QueuedDelivery> claimed, CancellationToken cancellationToken)
    {
        // A replay is judged by what is connected today: that may be why it is asked for.
        for (var i = 0; i < claimed.Count; i++)
        {
            if (claimed[i] is { IsReplay: true } replay)
            {
                var today = await gate.CheckAsync(replay.Body, replay.Signature, cancellationToken);
                claimed[i] = replay with { ChannelIds = [.. replay.ChannelIds.Union(today.ChannelIds)] };
            }
        }

        return await DeliveryReading.ReadAsync(claimed, channels, cancellationToken);
    }

    private async Task<(AppliedCounts, IReadOnlyList<Rejected>)> ApplyTogetherAsync(
        NpgsqlConnection connection, IReadOnlyCollection<DeliveryItem> items, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var applier = new DeliveryApplier(connection, now, debounce.Value, cancellationToken);
        var rejected = await applier.ApplyAsync(items);
        return (applier.Counts, rejected);
    }

    private async Task<(AppliedCounts, IReadOnlyList<Rejected>)> ApplyOneByOneAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, DeliveryReading reading, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string Savepoint = "item";
        var counts = new AppliedCounts();
        var rejected = new List<Rejected>();
        foreach (var item in reading.Items)
        {
            await transaction.SaveAsync(Savepoint, cancellationToken);
            try
            {
                var (applied, refused) = await ApplyTogetherAsync(connection, [item], now, cancellationToken);
                counts.Add(applied);
                rejected.AddRange(refused);
                await transaction.ReleaseAsync(Savepoint, cancellationToken);
            }
            catch (Exception e) when (DeliveryFailure.IsOfTheDelivery(e))
            {
                await transaction.RollbackAsync(Savepoint, cancellationToken);
                Log.ItemRejected(logger, item.Delivery.Id, item.Item.Path, e);
                rejected.Add(new(item.Delivery, item.Channel, item.Item.Path, "not_applicable", DeliveryFailure.Words(e)));
            }
        }

        return (counts, rejected);
    }

    private static async Task RejectAsync(
        NpgsqlConnection connection, List<QueuedDelivery> claimed, IReadOnlyList<Rejected> rejected, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var replayed = claimed.Where(d => d.IsReplay).Select(d => d.Id).ToArray();
        if (replayed.Length > 0)
        {
            await using var forget = connection.Statement(WebhookLogSql.ForgetRejections);
            forget.Parameters.AddWithValue("deliveries", replayed);
            await forget.ExecuteNonQueryAsync(cancellationToken);
        }

        if (rejected.Count == 0)
            return;
        await using var command = connection.Statement(WebhookLogSql.Reject)
            .Column("workspaces", rejected, NpgsqlDbType.Uuid, r => r.Channel.WorkspaceId)
            .Column("channels", rejected, NpgsqlDbType.Uuid, r => r.Channel.ChannelId)
            .Column("agents", rejected, NpgsqlDbType.Uuid, r => r.Channel.AgentId)
            .Column("ids", rejected, NpgsqlDbType.Uuid, _ => Guid.CreateVersion7(now))
            .Column("deliveries", rejected, NpgsqlDbType.Bigint, r => r.Delivery.Id)
            .Column("received", rejected, NpgsqlDbType.TimestampTz, r => r.Delivery.ReceivedAt)
            .Column("paths", rejected, NpgsqlDbType.Text, r => r.Path)
            .Column("codes", rejected, NpgsqlDbType.Text, r => r.Code)
            .Column("reasons", rejected, NpgsqlDbType.Text, r => r.Reason);
        command.Parameters.AddWithValue("now", now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task SplitAsync(long stretch, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(WebhookLogSql.Split);
        command.Parameters.AddWithValue("id", stretch);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task PostponeAsync(QueuedDelivery delivery, Exception reason, CancellationToken cancellationToken)
    {
        Log.DeliveryFailed(logger, delivery.Id, delivery.Attempts + 1, reason);
        await using var command = dataSource.CreateCommand(WebhookLogSql.Postpone);
        command.Parameters.AddWithValue("id", delivery.Stretch);
        command.Parameters.AddWithValue("due", clock.GetUtcNow() + (_options.RetryDelay * Math.Pow(2, Math.Min(delivery.Attempts, 10))));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Rejects a delivery of which not even the items can be told apart.</summary>
    private async Task GiveUpAsync(QueuedDelivery delivery, Exception reason, CancellationToken cancellationToken)
    {
        Log.ItemRejected(logger, delivery.Id, "$", reason);
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var dequeue = connection.Statement(WebhookLogSql.Dequeue);
        dequeue.Parameters.AddWithValue("id", delivery.Stretch);
        // Another replica may have been faster, or luckier.
        if (await dequeue.ExecuteNonQueryAsync(cancellationToken) == 0)
            return;
        foreach (var channelId in delivery.ChannelIds)
        {
            if (await channels.FindByIdAsync(channelId, cancellationToken) is { } channel)
                await RejectAsync(connection, [delivery], [new(delivery, channel, "$", "not_applicable", DeliveryFailure.Words(reason))], clock.GetUtcNow(), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        metrics.Rejected("not_applicable", 1);
    }

    private void Count(List<QueuedDelivery> claimed, AppliedCounts counts, IReadOnlyList<Rejected> rejected, TimeSpan took)
    {
        metrics.Batch(claimed.Count, took, clock.GetUtcNow() - claimed[0].ReceivedAt);
        metrics.Applied("message", counts.Messages);
        metrics.Applied("status", counts.Statuses);
        metrics.Applied("event", counts.Events);
        metrics.Duplicates(counts.Duplicates);
        foreach (var code in rejected.CountBy(r => r.Code))
            metrics.Rejected(code.Key, code.Value);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A round of the delivery processor failed; the webhooks stay in the queue")]
        public static partial void RoundFailed(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Information, "A batch of webhooks met another's locks ({State}); once more")]
        public static partial void Conflict(ILogger logger, string state);

        [LoggerMessage(3, LogLevel.Warning, "A batch of {Count} webhooks could not be applied; looking for the cause, {Next} at a time")]
        public static partial void BatchFailed(ILogger logger, int count, int next, Exception exception);

        [LoggerMessage(4, LogLevel.Error, "Webhook {DeliveryId} could not be applied, attempt {Attempt}")]
        public static partial void DeliveryFailed(ILogger logger, long deliveryId, int attempt, Exception exception);

        [LoggerMessage(5, LogLevel.Error, "Item {Path} of webhook {DeliveryId} is rejected")]
        public static partial void ItemRejected(ILogger logger, long deliveryId, string path, Exception exception);
    }
}
