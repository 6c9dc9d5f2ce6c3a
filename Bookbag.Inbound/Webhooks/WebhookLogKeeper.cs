using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Makes the partitions of the webhook log (by day) and of the messages (by month) ahead of time, and drops the log's days past the retention.</summary>
/// <remarks>
/// Any number of replicas may do it at once. Every table has a default partition besides: a row finds a place even when nobody made one in
/// time, and messages that Meta dates long ago are there.
/// </remarks>
public sealed partial class WebhookLogKeeper(NpgsqlDataSource dataSource, TimeProvider clock, IOptions<WebhookLogOptions> options, ILogger<WebhookLogKeeper> logger)
    : BackgroundService
{
    // The weekend is long enough for nobody to notice that it failed.
    private const int DaysAhead = 4;
    private const int MonthsAhead = 2;
    private const string DayFormat = "yyyyMMdd";

    // Any number that nothing else in this database locks.
    private const long LockKey = 0x0B00_4BA7;
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            // The first time is at start, before the service is healthy.
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

    /// <summary>Makes what is missing and drops what is too old.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        for (var day = today; day <= today.AddDays(DaysAhead); day = day.AddDays(1))
            await MakeAsync("webhook_log", day.ToString(DayFormat, CultureInfo.InvariantCulture), day, day.AddDays(1), cancellationToken);

        // A webhook may come a week late, in the month after.
        var month = new DateOnly(today.Year, today.Month, 1);
        for (var first = month.AddMonths(-1); first <= month.AddMonths(MonthsAhead); first = first.AddMonths(1))
            await MakeAsync("messages", first.ToString("yyyyMM", CultureInfo.InvariantCulture), first, first.AddMonths(1), cancellationToken);

        await ForgetAsync(today.AddDays(-options.Value.RetentionDays), cancellationToken);
    }

    private async Task MakeAsync(string table, string suffix, DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        var partition = $"{table}_{suffix}";
        if (await ScalarAsync($"SELECT to_regclass('inbound.{partition}') IS NOT NULL", cancellationToken) is true)
            return;
        try
        {
            await ExecuteAsync(
                $"CREATE TABLE IF NOT EXISTS inbound.{partition} PARTITION OF inbound.{table} FOR VALUES FROM ('{from:yyyy-MM-dd} 00:00:00+00') TO ('{to:yyyy-MM-dd} 00:00:00+00')",
                cancellationToken);
            Log.Made(logger, partition);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.CheckViolation or PostgresErrorCodes.LockNotAvailable)
        {
            // Rows of that time are in the default partition already, or the table is busy: what comes goes to the default partition.
            Log.NotMade(logger, partition, e.MessageText);
        }
    }

    private async Task ForgetAsync(DateOnly before, CancellationToken cancellationToken)
    {
        foreach (var partition in await PartitionsAsync("webhook_log", cancellationToken))
        {
            if (DateOnly.TryParseExact(partition.Split('_')[^1], DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day < before)
            {
                await DropAsync(partition, cancellationToken);
            }
        }

        await ExecuteAsync($"DELETE FROM inbound.webhook_log_default WHERE received_at < '{before:yyyy-MM-dd} 00:00:00+00'", cancellationToken);
        await ExecuteAsync($"DELETE FROM inbound.seen_changes WHERE received_at < '{before:yyyy-MM-dd} 00:00:00+00'", cancellationToken);
        await ExecuteAsync($"DELETE FROM inbound.webhook_rejections WHERE rejected_at < '{before:yyyy-MM-dd} 00:00:00+00'", cancellationToken);
    }

    private async Task DropAsync(string partition, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync($"DROP TABLE IF EXISTS inbound.{partition}", cancellationToken);
            Log.Dropped(logger, partition);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            Log.NotDropped(logger, partition);
        }
    }

    private async Task<List<string>> PartitionsAsync(string table, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'inbound.{table}'::regclass ORDER BY relname");
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var names = new List<string>();
        while (await row.ReadAsync(cancellationToken))
            names.Add(row.GetString(0));
        return names;
    }

    private async Task<object?> ScalarAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(sql);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>One replica at a time. Rather tries again in an hour than make the webhooks wait behind a table lock that waits itself.</summary>
    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"SET LOCAL lock_timeout = '3s'; SELECT pg_advisory_xact_lock({LockKey}); {sql}", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Made partition {Partition}")]
        public static partial void Made(ILogger logger, string partition);

        [LoggerMessage(2, LogLevel.Information, "Dropped partition {Partition}: past the retention")]
        public static partial void Dropped(ILogger logger, string partition);

        [LoggerMessage(3, LogLevel.Warning, "Partition {Partition} is not made ({Reason}); the default partition takes its rows")]
        public static partial void NotMade(ILogger logger, string partition, string reason);

        [LoggerMessage(4, LogLevel.Error, "The partitions could not be kept; tried again in an hour")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(5, LogLevel.Warning, "Partition {Partition} is busy and not dropped yet; tried again in an hour")]
        public static partial void NotDropped(ILogger logger, string partition);
    }
}
