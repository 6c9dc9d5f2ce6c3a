using System.Collections.Concurrent;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Conversations;

/// <summary>
/// Takes the conversations in which something is due, many at a time, one worker each. Any number of replicas may run: a conversation belongs to the one
/// that holds its lease.
/// </summary>
internal sealed partial class TurnWorker(
    TurnQueue queue, Turn turn, ReplySender sender, WakeUps wakeUps, TurnMetrics metrics, TimeProvider clock, IOptions<TurnOptions> options, ILogger<TurnWorker> logger) : BackgroundService
{
    /// <summary>The wake-up topic to signal after something became due in a conversation.</summary>
    public const string Topic = "turns";

    private readonly TurnOptions _options = options.Value;
    private readonly SemaphoreSlim _free = new(options.Value.MaxConcurrency);
    private readonly CancellationTokenSource _hurry = new();
    private readonly ConcurrentDictionary<Task, byte> _working = new();

    /// <summary>Works on what is due now, up to the limit, until it is done; how many conversations that were.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var (claims, _) = await queue.ClaimAsync(_options.MaxConcurrency, cancellationToken);
        metrics.Claimed([.. claims.Select(claim => clock.GetUtcNow() - claim.DueAt)]);
        await Task.WhenAll(claims.Select(RunTurnAsync));
        return claims.Count;
    }

    /// <summary>Stops claiming, and gives what is in the making a while to get done.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        var drained = Task.WhenAll(_working.Keys);
        try
        {
            await drained.WaitAsync(_options.DrainFor, clock, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // Answers are left to the other replicas; calls of Graph are still waited for and settled.
            Log.NotDrained(logger, _working.Count);
            await _hurry.CancelAsync();
            await drained.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public override void Dispose()
    {
        _free.Dispose();
        _hurry.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (_options.MaxConcurrency > 0 && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                var wait = await StartDueTurnsAsync(stoppingToken);
                if (wait > TimeSpan.Zero)
                    await wakeUps.WaitAsync(Topic, wait, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The loop outlives whatever a round fails with.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.RoundFailed(logger, e);
                sender.WasAway();
                await Task.Delay(_options.PollEvery, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Claims as many conversations as there are free hands, and starts on them. Tells how long to wait before looking again.</summary>
    private async Task<TimeSpan> StartDueTurnsAsync(CancellationToken stoppingToken)
    {
        await _free.WaitAsync(stoppingToken);
        var hands = 1;
        while (hands < _options.MaxConcurrency && _free.Wait(0, CancellationToken.None))
            hands++;

        var started = 0;
        try
        {
            // Not cancelled half-way: what is claimed is worked on, or nobody could until the lease ends.
            var (claims, nextDueAt) = await queue.ClaimAsync(hands, CancellationToken.None);
            metrics.Claimed([.. claims.Select(claim => clock.GetUtcNow() - claim.DueAt)]);
            foreach (var claim in claims)
            {
                var work = RunAndFreeAsync(claim);
                started++;
                _working.TryAdd(work, 0);
                _ = work.ContinueWith(done => _working.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            // All hands were filled: more may be due.
            return claims.Count == hands ? TimeSpan.Zero
                : nextDueAt - clock.GetUtcNow() is { } untilDue && untilDue < _options.PollEvery ? untilDue
                : _options.PollEvery;
        }
        finally
        {
            if (hands > started)
                _free.Release(hands - started);
        }
    }

    private async Task RunAndFreeAsync(TurnClaim claim)
    {
        try
        {
            await RunTurnAsync(claim);
        }
        finally
        {
            _free.Release();
        }
    }

    private async Task RunTurnAsync(TurnClaim claim)
    {
        try
        {
            await turn.RunAsync(claim, _hurry.Token);
        }
#pragma warning disable CA1031 // What fails in one conversation must not stop the others; its lease ends by itself, and it is tried again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            metrics.TurnFinished("error");
            Log.TurnFailed(logger, claim.ConversationId, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Turns could not be claimed; trying again")]
        public static partial void RoundFailed(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "The turn of conversation {ConversationId} failed; it is tried again when its lease has ended")]
        public static partial void TurnFailed(ILogger logger, Guid conversationId, Exception exception);

        [LoggerMessage(3, LogLevel.Warning, "Stopping with {Count} turns in the making: what is not handed to Graph yet is left to other replicas")]
        public static partial void NotDrained(ILogger logger, int count);
    }
}
