using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Inbound.Live;

/// <summary>Sweeps out what live updates need no more.</summary>
public sealed partial class LiveSweeper(NpgsqlDataSource dataSource, TimeProvider clock, IOptions<LiveOptions> options, ILogger<LiveSweeper> logger) : BackgroundService
{
    private const int BatchSize = 10_000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>Sweeps out a batch; how many rows that were.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(LiveSql.Sweep);
        command.Parameters.AddWithValue("before", clock.GetUtcNow() - options.Value.Keep);
        command.Parameters.AddWithValue("batch", BatchSize);
        return (int)(long)(await command.ExecuteScalarAsync(cancellationToken))!; // count(*) is never null
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                while (await RunOnceAsync(stoppingToken) == BatchSize)
                {
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Old live updates could not be swept out; the next round tries again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
