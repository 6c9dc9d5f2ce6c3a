using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Inbound.Activities;

/// <summary>How long the activity log is kept.</summary>
public sealed class ActivityOptions
{
    /// <summary>Where they are in the configuration.</summary>
    public const string Section = "Activity";

    /// <summary>Days after which an entry goes.</summary>
    [Range(1, 3_650)]
    public int RetentionDays { get; set; } = 365;
}

/// <summary>Forgets what was done longer ago than the activity log is kept. Any number of replicas may do it at once.</summary>
public sealed partial class ActivityKeeper(NpgsqlDataSource dataSource, TimeProvider clock, IOptions<ActivityOptions> options, ILogger<ActivityKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Removes what is past the retention; how many entries that were.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var forget = dataSource.CreateCommand("DELETE FROM platform.activity WHERE at < @before");
        forget.Parameters.AddWithValue("before", clock.GetUtcNow().AddDays(-options.Value.RetentionDays));
        return await forget.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc />
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
                Log.Failed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "What is past its time in the activity log could not be removed; trying again in an hour")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
