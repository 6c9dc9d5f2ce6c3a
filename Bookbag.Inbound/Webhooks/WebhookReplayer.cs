using Bookbag.ServiceDefaults.Postgres;
using Npgsql;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Puts spans of the log back in the queue, a few webhooks at a time: the next ones follow when those are applied, so that what comes meanwhile does not wait.</summary>
/// <remarks>The row of a replay is locked while its next ones are queued, so any number of replicas may do it; a crash rolls the step back.</remarks>
public sealed partial class WebhookReplayer(NpgsqlDataSource dataSource, WakeUps wakeUps, TimeProvider clock, ILogger<WebhookReplayer> logger) : BackgroundService
{
    /// <summary>Signalled when somebody asked for a replay.</summary>
    public const string Topic = "replays";

    private const int Step = 200;
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StepEvery = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await RunOnceAsync(stoppingToken))
                    await Task.Delay(StepEvery, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                else
                    await wakeUps.WaitAsync(Topic, PollEvery, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RoundFailed(logger, e);
                await Task.Delay(PollEvery, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Does the next step of a replay. False when there is none.</summary>
    public async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await TakeAsync(connection, now, cancellationToken) is not { } replay)
            return false;

        // What was queued before is applied first.
        if (await ReplaysWaitAsync(connection, cancellationToken))
            return true;
        await using var step = connection.Statement($"{WebhookLogSql.CountReplay}; {WebhookLogSql.StepReplay}");
        step.Parameters.AddRange(replay);
        await step.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        wakeUps.Signal(DeliveryProcessor.Topic);
        return true;
    }

    /// <returns>What the statements want to know of the replay that is due; null where there is none.</returns>
    private static async Task<NpgsqlParameter[]?> TakeAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = connection.Statement(WebhookLogSql.TakeReplay);
        command.Parameters.AddWithValue("now", now);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ?
            [
                new("workspace", row.GetGuid(0)), new("id", row.GetGuid(1)), new("channels", row.GetFieldValue<Guid[]>(2)), new("from", row.GetFieldValue<DateTimeOffset>(3)),
                new("to", row.GetFieldValue<DateTimeOffset>(4)), new("rejected_only", row.GetBoolean(5)), new("last", row.GetInt64(6)), new("step", Step), new("now", now),
            ]
            : null;
    }

    private static async Task<bool> ReplaysWaitAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.Statement(WebhookLogSql.ReplaysWait);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A step of a replay failed; it is done again")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
