using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Threading.Channels;
using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Live;

/// <summary>Reads what changes, once for all streams of this replica, and hands each workspace its own.</summary>
/// <remarks>While nobody listens nothing is read.</remarks>
public sealed partial class LiveFeed(NpgsqlDataSource dataSource, WakeUps wakeUps, TimeProvider clock, IOptions<LiveOptions> options, ILogger<LiveFeed> logger)
    : BackgroundService
{
    /// <summary>The wake-up topic to signal after something changed.</summary>
    public const string Topic = "live";

    private static readonly TimeSpan OutageDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, List<LiveSubscription>> _subscriptions = [];
    private TransactionSnapshot? _position;

    /// <summary>Listens to a workspace from now on; what was before, <see cref="ReadSinceAsync"/> tells. Dispose of it to stop.</summary>
    public LiveSubscription Subscribe(Guid workspaceId)
    {
        var subscription = new LiveSubscription(this, workspaceId);
        lock (_lock)
        {
            if (!_subscriptions.TryGetValue(workspaceId, out var others))
                _subscriptions.Add(workspaceId, others = []);
            others.Add(subscription);
        }

        wakeUps.Signal(Topic);
        return subscription;
    }

    /// <summary>Up to where everything has been handed to who listens; null before the first time.</summary>
    public TransactionSnapshot? Position
    {
        get
        {
            lock (_lock)
                return _position;
        }
    }

    /// <summary>What was committed in a workspace since a position, and the position after it; null for the changes where it is too old, or not one of this database.</summary>
    public async Task<(TransactionSnapshot Position, IReadOnlyList<LiveChange>? Changes)> ReadSinceAsync(
        string? position, Guid workspaceId, CancellationToken cancellationToken)
    {
        var (now, sweptTo) = await NowAsync(cancellationToken);
        if (!TransactionSnapshot.TryParse(position, out var since) || since.SeenAllBefore <= sweptTo || since.End > now.End)
            return (now, null);
        return await ReadAsync(since, workspaceId, cancellationToken);
    }

    /// <summary>The present position.</summary>
    public async Task<TransactionSnapshot> PresentAsync(CancellationToken cancellationToken) => (await NowAsync(cancellationToken)).Now;

    /// <summary>Reads what is new and hands it on; how many changes that were.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        TransactionSnapshot? since;
        lock (_lock)
        {
            // Who comes later begins by reading for themselves.
            if (_subscriptions.Count == 0)
                _position = null;
            since = _position;
            if (_subscriptions.Count == 0)
                return 0;
        }

        var (position, changes) = since is null ? (await PresentAsync(cancellationToken), []) : await ReadAsync(since, null, cancellationToken);
        lock (_lock)
        {
            foreach (var workspace in changes.GroupBy(change => change.WorkspaceId))
            {
                foreach (var subscription in _subscriptions.GetValueOrDefault(workspace.Key, []))
                    subscription.Take(new LiveBatch([.. workspace], position));
            }

            // After the batches: who reads the position has everything before it.
            _position = position;
            foreach (var subscription in _subscriptions.Values.SelectMany(all => all))
                subscription.Join();
        }

        return changes.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
                await wakeUps.WaitAsync(Topic, options.Value.PollEvery, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RoundFailed(logger, e);
                await Task.Delay(OutageDelay, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    internal void Remove(LiveSubscription subscription)
    {
        lock (_lock)
        {
            if (_subscriptions.TryGetValue(subscription.WorkspaceId, out var all) && all.Remove(subscription) && all.Count == 0)
                _subscriptions.Remove(subscription.WorkspaceId);
        }
    }

    private async Task<(TransactionSnapshot Now, ulong SweptTo)> NowAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(LiveSql.Now);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (Parse(row.GetString(0)), ulong.Parse(row.GetString(1), CultureInfo.InvariantCulture));
    }

    private async Task<(TransactionSnapshot, IReadOnlyList<LiveChange>)> ReadAsync(TransactionSnapshot since, Guid? workspaceId, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(LiveSql.ReadSince);
        command.Parameters.AddWithValue("since", since.ToString());
        command.Parameters.Add(new NpgsqlParameter("workspace", NpgsqlDbType.Uuid) { Value = (object?)workspaceId ?? DBNull.Value });
        var changes = new List<LiveChange>();
        var position = since;
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            position = position == since ? Parse(row.GetString(0)) : position;
            if (row.Text(1) is { } transaction)
            {
                changes.Add(new LiveChange(row.GetString(4), row.GetGuid(5), row.IsDBNull(6) ? null : row.GetGuid(6), row.GetGuid(3), row.GetFieldValue<DateTimeOffset>(7))
                {
                    WorkspaceId = row.GetGuid(2),
                    Transaction = ulong.Parse(transaction, CultureInfo.InvariantCulture),
                });
            }
        }

        return (position, changes);
    }

    private static TransactionSnapshot Parse(string text) =>
        TransactionSnapshot.TryParse(text, out var snapshot) ? snapshot : throw new FormatException("Postgres wrote a snapshot that cannot be read.");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Live updates could not be read; they go on where they were when Postgres is back")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}

/// <summary>Changes of one workspace that were read together.</summary>
/// <param name="Changes">What changed.</param>
/// <param name="Position">Where the stream is after them.</param>
public sealed record LiveBatch(IReadOnlyList<LiveChange> Changes, TransactionSnapshot Position);

/// <summary>One stream's share of the feed.</summary>
public sealed class LiveSubscription : IDisposable
{
    // Who is that far behind is better served by reading again what they missed.
    private const int MaxWaiting = 256;

    private readonly LiveFeed _feed;
    private readonly Channel<LiveBatch> _waiting = Channel.CreateBounded<LiveBatch>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal LiveSubscription(LiveFeed feed, Guid workspaceId) => (_feed, WorkspaceId) = (feed, workspaceId);

    internal Guid WorkspaceId { get; }

    /// <summary>From then on everything that is committed is handed over.</summary>
    public Task Joined => _joined.Task;

    /// <summary>Whether changes were lost, because nobody took them.</summary>
    public bool FellBehind => _waiting.Reader.Completion.IsCompleted;

    /// <summary>The next changes that wait, if any do.</summary>
    public bool TryTake([NotNullWhen(true)] out LiveBatch? batch) => _waiting.Reader.TryRead(out batch);

    /// <summary>Waits for changes; false when none came in time.</summary>
    public async Task<bool> WaitAsync(TimeSpan atMost, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            await _waiting.Reader.WaitToReadAsync(cancellationToken).AsTask().WaitAsync(atMost, clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            // The client is gone, or the service stops: there is nothing to say any more.
            return true;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _feed.Remove(this);

    internal void Join() => _joined.TrySetResult();

    internal void Take(LiveBatch batch)
    {
        if (!_waiting.Writer.TryWrite(batch))
            _waiting.Writer.TryComplete();
    }
}
