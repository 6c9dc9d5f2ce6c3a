using Bookbag.Outbound.DeliveryEvents;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Outbound.Sending;

/// <summary>
/// What a dead worker left as <c>sending</c> becomes unresolved: it may have been sent, and Meta's status tells. What no status tells of in time
/// has failed, "outcome unknown". Nothing is ever sent again here.
/// </summary>
internal sealed partial class ClaimRescuer(
    NpgsqlDataSource dataSource, SendingMetrics metrics, TimeProvider clock, IOptions<SendingOptions> options, ILogger<ClaimRescuer> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>Looks once; how many it moved.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var rescued = await ExecuteAsync(RecipientSql.Rescue, cancellationToken, ("now", now), ("settle_at", now + options.Value.SettleAfter));
        var givenUp = await ExecuteAsync(RecipientSql.GiveUp, cancellationToken, ("now", now));
        if (rescued > 0)
            Log.Rescued(logger, rescued);
        metrics.Unresolved("rescued", rescued);
        metrics.Unresolved("given_up", givenUp);
        return rescued + givenUp;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await DeliverySchema.ThereAsync(dataSource, clock, stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e.Message);
            }

            await Task.Delay(Every, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        await using var command = dataSource.CreateCommand(sql);
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Count} messages of a worker that died are unresolved: their statuses tell what became of them")]
        public static partial void Rescued(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Warning, "Unresolved messages could not be looked at ({Reason}); trying again")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
