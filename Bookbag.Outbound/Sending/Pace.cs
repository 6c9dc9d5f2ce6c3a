using System.Collections.Concurrent;
using System.Globalization;
using Bookbag.ServiceDefaults.Redis;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Bookbag.Outbound.Sending;

/// <summary>How fast a number may send, over all replicas, and how often to one customer.</summary>
/// <remarks>
/// Campaigns take from less than what Meta gives, and after replies, which never wait. Where Redis is away each replica keeps a
/// share of the pace by itself; Meta's own refusal (131056) then keeps the distance between messages to one customer.
/// </remarks>
public sealed class Pace(IServiceProvider services, TimeProvider clock, IOptions<SendingOptions> options)
{
    /// <summary>Meta allows one message to a customer in six seconds; bursts borrow from the future, and that is left to people's replies.</summary>
    public static readonly TimeSpan PairInterval = TimeSpan.FromSeconds(6);

    private readonly ConcurrentDictionary<string, PaceBucket> _own = new(StringComparer.Ordinal);

    /// <summary>Messages a second of a number.</summary>
    /// <param name="throughput">Meta's level, as it came.</param>
    /// <param name="chosen">A lower pace that people chose; null for none.</param>
    public double PerSecond(string? throughput, int? chosen)
    {
        var given = throughput?.ToUpperInvariant() switch
        {
            "HIGH" => options.Value.HighPerSecond,
            PhoneNumberDetails.OnPhone or "NOT_APPLICABLE" => options.Value.LowPerSecond,
            _ => options.Value.StandardPerSecond,
        };
        return chosen is { } lower ? Math.Min(lower, given) : given;
    }

    /// <summary>Takes as many of the wanted messages as may go now; where none may, says how long to wait.</summary>
    public async Task<(int Taken, TimeSpan Wait)> TakeAsync(string phoneNumberId, double perSecond, int wanted)
    {
        var now = clock.GetUtcNow();
        try
        {
            if (Redis is { } redis)
            {
                var result = await redis.ScriptEvaluateAsync(NumberPace.Take, [NumberPace.Bucket(phoneNumberId)],
                    [Milliseconds(now), Number(perSecond), Number(perSecond * PaceBucket.HeldSeconds), wanted, Number(PaceBucket.Recovery.TotalMilliseconds)]);
                return ((int)result[0], TimeSpan.FromMilliseconds((double)result[1]));
            }
        }
        catch (Exception e) when (IsAway(e))
        {
            // The replica's own share holds meanwhile.
        }

        while (true)
        {
            var bucket = _own.GetOrAdd(phoneNumberId, new PaceBucket(0, now));
            var (after, taken, wait) = bucket.Take(now, perSecond * options.Value.ShareWithoutRedis, wanted);
            if (_own.TryUpdate(phoneNumberId, after, bucket))
                return (taken, wait);
        }
    }

    /// <summary>Meta refused for throughput.</summary>
    public async Task SlowDownAsync(string phoneNumberId)
    {
        var now = clock.GetUtcNow();
        _own.AddOrUpdate(phoneNumberId, new PaceBucket(0, now).SlowDown(now), (_, bucket) => bucket.SlowDown(now));
        try
        {
            if (Redis is { } redis)
            {
                await redis.ScriptEvaluateAsync(NumberPace.SlowDown, [NumberPace.Bucket(phoneNumberId)],
                    [Milliseconds(now), Number(PaceBucket.Recovery.TotalMilliseconds), Number(PaceBucket.Slowest)]);
            }
        }
        catch (Exception e) when (IsAway(e))
        {
            // Each replica is told by Meta itself.
        }
    }

    /// <summary>For each customer whether a message may go to them now; those are entered as written to.</summary>
    public async Task<bool[]> TakePairsAsync(string phoneNumberId, IReadOnlyList<string> customers)
    {
        try
        {
            if (Redis is { } redis && customers.Count > 0)
            {
                var now = clock.GetUtcNow();
                var marks = (string)(await redis.ScriptEvaluateAsync(PaceScripts.Pairs, [NumberPace.Key(phoneNumberId, "pairs")],
                    [Milliseconds(now), Milliseconds(now - PairInterval), .. customers.Select(c => (RedisValue)c)]))!; // the script returns a text
                return [.. marks.Select(mark => mark == '1')];
            }
        }
        catch (Exception e) when (IsAway(e))
        {
            // Meta refuses what comes too soon, and it is tried again.
        }

        return [.. customers.Select(_ => true)];
    }

    /// <summary>Those customers were not written to after all.</summary>
    public async Task ReturnPairsAsync(string phoneNumberId, IReadOnlyList<string> customers)
    {
        try
        {
            if (Redis is { } redis && customers.Count > 0)
                await redis.SortedSetRemoveAsync(NumberPace.Key(phoneNumberId, "pairs"), [.. customers.Select(c => (RedisValue)c)]);
        }
        catch (Exception e) when (IsAway(e))
        {
            // They wait for some seconds more than they need to.
        }
    }

    private IDatabase? Redis => services.GetRequiredService<IConnectionMultiplexer>() is { IsConnected: true } redis ? redis.GetDatabase() : null;

    private static bool IsAway(Exception e) => e is RedisException or TimeoutException or ObjectDisposedException;

    private static string Milliseconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
