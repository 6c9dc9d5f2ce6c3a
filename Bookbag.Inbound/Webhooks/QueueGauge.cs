using Npgsql;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Measures how many webhooks wait to be applied, and for how long: what an alert looks at, since 200s alone prove nothing.</summary>
public sealed partial class QueueGauge(NpgsqlDataSource dataSource, IntakeMetrics metrics, TimeProvider clock, ILogger<QueueGauge> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.NotMeasured(logger, e.Message);
            }
        }
    }

    /// <summary>Measures once.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(WebhookLogSql.Depth);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        metrics.Queue(row.GetInt64(0), row.Time(1) is { } oldest ? clock.GetUtcNow() - oldest : TimeSpan.Zero);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The webhook queue could not be measured ({Reason})")]
        public static partial void NotMeasured(ILogger logger, string reason);
    }
}
