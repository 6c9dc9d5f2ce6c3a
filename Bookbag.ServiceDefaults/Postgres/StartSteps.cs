using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Bookbag.ServiceDefaults.Postgres;

/// <summary>Something to be done before a service is healthy: a schema applied, the first workspace made.</summary>
/// <param name="Name">For the log.</param>
/// <param name="RunAsync">What to do; repeated until it succeeds once, so it must be safe to repeat.</param>
public sealed record StartStep(string Name, Func<IServiceProvider, CancellationToken, Task> RunAsync);

/// <summary>Runs the start steps in order under one lock of the database, and again until Postgres is there.</summary>
/// <remarks>
/// Before anything else of the service starts, so that workers find their tables. But where Postgres is away or slow, the service
/// starts all the same, alive and unhealthy, and goes on when Postgres comes.
/// </remarks>
public sealed partial class StartSteps(
    IEnumerable<StartStep> steps, NpgsqlDataSource dataSource, IServiceProvider services, TimeProvider clock, ILogger<StartSteps> logger)
    : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _firstTry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _run = Task.CompletedTask;
    private volatile bool _done;

    /// <summary>Whether every step has been done.</summary>
    public bool Done => _done;

    /// <inheritdoc />
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        _run = RunUntilDoneAsync(_stopping.Token);
        try
        {
            await _firstTry.Task.WaitAsync(Patience, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            Log.StillWaiting(logger);
        }
    }

    /// <summary>Keeps the host informed of steps that fail for good after the service has started.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _run;

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // A host that is disposed of while it stops comes by twice.
        if (!_run.IsCompleted)
            await _stopping.CancelAsync();
        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        // Not disposed: a host that failed to start is stopped after it was disposed, and the source holds nothing to free.
        _stopping.Cancel();
        base.Dispose();
    }

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task RunUntilDoneAsync(CancellationToken cancellationToken)
    {
        while (!_done)
        {
            try
            {
                await Schemas.UnderLockAsync(dataSource, () => RunAsync(cancellationToken), cancellationToken);
                _done = true;
                _firstTry.TrySetResult();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (IsAway(e))
            {
                _firstTry.TrySetResult();
                Log.PostgresAway(logger, e.Message);
                await Task.Delay(RetryDelay, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e)
            {
                // A wrong script does not get better by itself: the host says so and stops.
                _firstTry.TrySetException(e);
                throw;
            }
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var step in steps)
        {
            await step.RunAsync(services, cancellationToken);
            Log.StepDone(logger, step.Name);
        }
    }

    // Besides what Npgsql calls transient: the server is starting or stopping, the database is not created yet.
    private static bool IsAway(Exception e) => e is TimeoutException or SocketException
        || e is NpgsqlException { IsTransient: true }
        || e is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.InvalidCatalogName }
        || e.InnerException is { } inner && IsAway(inner);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Done: {Step}")]
        public static partial void StepDone(ILogger logger, string step);

        [LoggerMessage(2, LogLevel.Warning, "Postgres is not there yet ({Reason}); trying again")]
        public static partial void PostgresAway(ILogger logger, string reason);

        [LoggerMessage(3, LogLevel.Warning, "Postgres takes its time; starting without it, unhealthy until it has answered")]
        public static partial void StillWaiting(ILogger logger);
    }
}
