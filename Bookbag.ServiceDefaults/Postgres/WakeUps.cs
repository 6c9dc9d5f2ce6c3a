using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Bookbag.ServiceDefaults.Postgres;

/// <summary>Tells workers, here and in other replicas, that there is something to do, so that they need not poll often.</summary>
/// <remarks>
/// Inside the process a signal arrives at once; other replicas hear it over LISTEN/NOTIFY, many signals in one notification. A wake-up may
/// be lost (Postgres restarts, a worker is busy elsewhere): who waits always says for how long at most, then looks for itself.
/// </remarks>
public sealed partial class WakeUps(NpgsqlDataSource dataSource, TimeProvider clock, ILogger<WakeUps> logger) : BackgroundService
{
    private const string Channel = "bookbag_wake_ups";

    // Rare enough that notifications, which Postgres serialises at commit, cost nothing; short against the delays that people notice.
    private static readonly TimeSpan NotifyInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ListenCheckInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Topic> _topics = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _toTell = new(StringComparer.Ordinal);
    private readonly Topic _somethingToTell = new();

    // Marks our own notifications: they were heard here before they were sent.
    private readonly string _self = Guid.CreateVersion7(clock.GetUtcNow()).ToString("N");

    /// <summary>Wakes who waits for a topic. Call it after the commit of what there is to do.</summary>
    public void Signal(string topic)
    {
        Find(topic).Wake();
        if (_toTell.TryAdd(topic, true))
            _somethingToTell.Wake();
    }

    /// <summary>Returns at the next signal of a topic, at once if one came while nobody waited, and after <paramref name="atMost"/> in any case.</summary>
    public async Task WaitAsync(string topic, TimeSpan atMost, CancellationToken cancellationToken)
    {
        try
        {
            await Find(topic).NextAsync(atMost, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Time to look without being told.
        }
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(
            UntilStoppedAsync(TellOthersAsync, stoppingToken),
            UntilStoppedAsync(ListenAsync, stoppingToken));

    private Topic Find(string topic) => _topics.GetOrAdd(topic, _ => new Topic());

    private async Task TellOthersAsync(CancellationToken cancellationToken)
    {
        await _somethingToTell.NextAsync(Timeout.InfiniteTimeSpan, clock, cancellationToken);
        var payloads = _toTell.Keys.Where(topic => _toTell.TryRemove(topic, out _)).Select(topic => $"{_self} {topic}").ToArray();
        if (payloads.Length == 0)
            return;

        await using var command = dataSource.CreateCommand("SELECT pg_notify(@channel, payload) FROM unnest(@payloads) AS payload");
        command.Parameters.AddWithValue("channel", Channel);
        command.Parameters.AddWithValue("payloads", payloads);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await Task.Delay(NotifyInterval, clock, cancellationToken);
    }

    /// <summary>Listens over one connection until it breaks.</summary>
    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        connection.Notification += (_, notification) => Hear(notification.Payload);
        await ExecuteAsync(connection, $"LISTEN {Channel}", cancellationToken);
        // Whatever was signalled while nobody listened here.
        foreach (var topic in _topics.Values)
            topic.Wake();
        Log.Listening(logger);

        // A connection that died without a word is found by asking it something now and then.
        while (true)
        {
            if (!await connection.WaitAsync(ListenCheckInterval, cancellationToken))
                await ExecuteAsync(connection, "SELECT 1", cancellationToken);
        }
    }

    private void Hear(string payload)
    {
        if (payload.Split(' ', 2) is [var sender, var topic] && sender != _self)
            Find(topic).Wake();
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task UntilStoppedAsync(Func<CancellationToken, Task> round, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await round(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Postgres is away: polling goes on, and so do we when it is back.
                Log.Interrupted(logger, e.Message);
                await Task.Delay(ReconnectDelay, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>One topic's signal: wakes all who wait, or the next one to come where nobody does.</summary>
    private sealed class Topic
    {
        private TaskCompletionSource _signal = NewSignal();

        public void Wake() => Volatile.Read(ref _signal).TrySetResult();

        public async Task NextAsync(TimeSpan atMost, TimeProvider clock, CancellationToken cancellationToken)
        {
            var signal = Volatile.Read(ref _signal);
            await signal.Task.WaitAsync(atMost, clock, cancellationToken);
            // Taken before the caller looks for work: a signal that still finds the old one is about work that the caller will see.
            Interlocked.CompareExchange(ref _signal, NewSignal(), signal);
        }

        private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Listening for wake-ups of other replicas")]
        public static partial void Listening(ILogger logger);

        [LoggerMessage(2, LogLevel.Warning, "Wake-ups between replicas are interrupted ({Reason}); polling goes on")]
        public static partial void Interrupted(ILogger logger, string reason);
    }
}
