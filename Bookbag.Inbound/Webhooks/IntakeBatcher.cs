using System.Threading.Channels;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Writes webhooks to the log, as many with one commit as came while the commit before was under way.</summary>
/// <remarks>
/// A lone webhook is written at once. Nothing is waited for: what comes while a commit is under way fills the next, so that the slower the disk and the larger the crowd, the more
/// share what a commit costs. What waits is bounded by number and by bytes; beyond that, or when Postgres does not answer, the sender is told to come again (503), which Meta does for days.
/// </remarks>
public sealed partial class IntakeBatcher(
    WebhookLog log, IntakePressure pressure, WakeUps wakeUps, IntakeMetrics metrics, TimeProvider clock, IOptions<IntakeOptions> options, ILogger<IntakeBatcher> logger)
    : BackgroundService
{
    // Handing each answer to a thread of its own costs more than to write it.
    private const int AnsweredTogether = 16;

    private readonly IntakeOptions _options = options.Value;

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(options.Value.MaxWaiting) { FullMode = BoundedChannelFullMode.Wait });

    private readonly Lock _filling = new();
    private long _waitingBytes;

    /// <summary>Makes a webhook durable. True once it is committed; false when it was not, or not in time: the sender is to send it again.</summary>
    /// <remarks>When this returns, nothing reads the arrival's memory any more.</remarks>
    public async Task<bool> StoreAsync(WebhookArrival arrival)
    {
        var waiting = new Waiting(arrival);
        if (Interlocked.Add(ref _waitingBytes, arrival.Body.Length) > _options.MaxWaitingBytes || !_waiting.Writer.TryWrite(waiting))
        {
            Interlocked.Add(ref _waitingBytes, -arrival.Body.Length);
            return false;
        }

        return await waiting.Stored.Task;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // The server has stopped taking requests by now; what it took is written before the process goes.
        _waiting.Writer.TryComplete();
        if (ExecuteTask is { } drained)
            await drained.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, _options.Writers).Select(_ => WriteAsync()));

    private async Task WriteAsync()
    {
        var batch = new List<Waiting>(_options.MaxBatch);
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var bytes = Fill(batch);
            if (batch.Count == 0)
                continue; // the other writer was faster

            var stored = await TryWriteAsync(batch);
            Interlocked.Add(ref _waitingBytes, -bytes);
            foreach (var crowd in batch.Chunk(AnsweredTogether))
                ThreadPool.UnsafeQueueUserWorkItem(state => Answer(state.crowd, state.stored), (crowd, stored), preferLocal: false);
            batch.Clear();
        }
    }

    /// <summary>Takes as much of what waits as one commit may hold. Returns its bytes.</summary>
    private long Fill(List<Waiting> batch)
    {
        lock (_filling)
        {
            var bytes = 0L;
            while (batch.Count < _options.MaxBatch && _waiting.Reader.TryPeek(out var next)
                && (batch.Count == 0 || bytes + next.Arrival.Body.Length <= _options.MaxBatchBytes)
                && _waiting.Reader.TryRead(out next))
            {
                batch.Add(next);
                bytes += next.Arrival.Body.Length;
            }

            return bytes;
        }
    }

    private static void Answer(Waiting[] crowd, bool stored)
    {
        foreach (var waiting in crowd)
            waiting.Stored.SetResult(stored);
    }

    private async Task<bool> TryWriteAsync(List<Waiting> batch)
    {
        try
        {
            var started = clock.GetTimestamp();
            using var timeout = new CancellationTokenSource(_options.CommitTimeout, clock);
            await log.StoreAsync(batch.ConvertAll(w => w.Arrival), timeout.Token);
            pressure.Committed(batch.Count);
            metrics.Committed(batch.Count, clock.GetElapsedTime(started));
            wakeUps.Signal(DeliveryProcessor.Topic);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            // Whether or not the commit went through: the sender comes again, and what comes twice counts once.
            Log.NotStored(logger, batch.Count, e);
            return false;
        }
    }

    private sealed class Waiting(WebhookArrival arrival)
    {
        public WebhookArrival Arrival => arrival;

        // What goes on when it is set is an answer of a few bytes, sent on the thread that sets it.
        public TaskCompletionSource<bool> Stored { get; } = new();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Count} webhooks were not stored; Meta will send them again")]
        public static partial void NotStored(ILogger logger, int count, Exception exception);
    }
}
