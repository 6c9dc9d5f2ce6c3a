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
        var taken = await ScalarAsync(connection, WebhookLogSql.TakeReplay, cancellationToken, ("now", now));
        if (taken is not Guid id)
            return false;

        // What was queued before is applied first.
        if (await ScalarAsync(connection, WebhookLogSql.ReplaysWait, cancellationToken) is true)
            return true;
        await ScalarAsync(connection, WebhookLogSql.CountReplay, cancellationToken, ("id", id));
        await ScalarAsync(connection, WebhookLogSql.StepReplay, cancellationToken, ("id", id), ("now", now), ("step", Step));
        await transaction.CommitAsync(cancellationToken);
        wakeUps.Signal(DeliveryProcessor.Topic);
        return true;
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        await using var command = connection.Statement(sql);
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A step of a replay failed; it is done again")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
