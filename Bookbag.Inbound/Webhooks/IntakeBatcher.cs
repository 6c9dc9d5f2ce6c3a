using Bookbag.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Writes webhooks to the log, as many with one commit as came while the commit before was under way.</summary>
/// <remarks>
/// A lone webhook is written at once. What comes while a commit is under way fills the next, which does not wait for the one before to end where enough came to be worth it: the slower
/// the disk and the larger the crowd, the more share what a commit costs. What waits is bounded by number and by bytes; beyond that, or when Postgres does not answer, the sender is
/// told to come again (503), which Meta does for days.
/// </remarks>
public sealed partial class IntakeBatcher(
    WebhookLog log, IntakePressure pressure, WakeUps wakeUps, IntakeMetrics metrics, TimeProvider clock, IOptions<IntakeOptions> options, ILogger<IntakeBatcher> logger)
    : IHostedService
{
    // Handing each answer to a thread of its own costs more than to write it.
    private const int AnsweredTogether = 16;

    private readonly IntakeOptions _options = options.Value;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // What is below belongs to who holds this.
    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private long _bytes; // of what waits and of what is being written
    private int _commits; // under way
    private bool _isOpen;
    private bool _isClosing;

    /// <summary>Makes a webhook durable. True once it is committed; false when it was not, or not in time: the sender is to send it again.</summary>
    /// <remarks>When this returns, nothing reads the arrival's memory any more.</remarks>
    public async Task<bool> StoreAsync(WebhookArrival arrival)
    {
        var waiting = new Waiting(arrival);
        lock (_gate)
        {
            if (_isClosing || _waiting.Count >= _options.MaxWaiting || _bytes + arrival.Body.Length > _options.MaxWaitingBytes)
                return false;
            _waiting.Enqueue(waiting);
            _bytes += arrival.Body.Length;
            Begin();
        }

        return await waiting.Stored.Task;
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _isOpen = true;
            Begin();
        }

        return Task.CompletedTask;
    }

    /// <summary>The server has stopped taking requests by now; what it took is written before the process goes.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _isClosing = true;
            if (_commits == 0)
                _drained.TrySetResult();
        }

        await _drained.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Begins a commit of what waits, where one is due: the first at once, others beside it when enough waits.</summary>
    private void Begin()
    {
        if (!_isOpen || _waiting.Count == 0 || _commits == _options.Writers || (_commits > 0 && _waiting.Count < _options.WorthACommit))
            return;
        _commits++;
        var batch = Take();
        ThreadPool.UnsafeQueueUserWorkItem(_ => _ = WriteAsync(batch), null);
    }

    /// <summary>Takes as much of what waits as one commit may hold.</summary>
    private List<Waiting> Take()
    {
        var batch = new List<Waiting>(Math.Min(_waiting.Count, _options.MaxBatch));
        var bytes = 0L;
        while (batch.Count < _options.MaxBatch && _waiting.TryPeek(out var next) && (batch.Count == 0 || bytes + next.Arrival.Body.Length <= _options.MaxBatchBytes))
        {
            batch.Add(_waiting.Dequeue());
            bytes += next.Arrival.Body.Length;
        }

        return batch;
    }

    private async Task WriteAsync(List<Waiting> batch)
    {
        var stored = await TryWriteAsync(batch);
        lock (_gate)
        {
            _commits--;
            _bytes -= batch.Sum(w => (long)w.Arrival.Body.Length);
            Begin();
            if (_isClosing && _commits == 0)
                _drained.TrySetResult();
        }

        var crowds = batch.Chunk(AnsweredTogether).ToList();
        foreach (var crowd in crowds[1..])
            ThreadPool.UnsafeQueueUserWorkItem(state => Answer(state.crowd, state.stored), (crowd, stored), preferLocal: false);
        Answer(crowds[0], stored);
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
#pragma warning disable CA1031 // whatever went wrong, the senders are told
        catch (Exception e)
#pragma warning restore CA1031
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
