using System.Diagnostics;
using Aspire.Hosting.Testing;
using Bookbag.Tests.Support;
using StackExchange.Redis;

namespace Bookbag.Tests.Chaos;

/// <summary>What happens in a storm.</summary>
internal enum StormEvent
{
    KillInbound,
    KillOutbound,
    KillPostgres,
    FlushRedis,
    KillRedis,
    HangRedis,
    Throttle,
    GraphFails,
    GraphIsLate,
    ModelFails,
    ModelHangs,
    ModelIsLate,
}

/// <summary>What is done to the processes of a product in a storm.</summary>
internal sealed class Havoc(Product product)
{
    private static readonly TimeSpan ComesBackWithin = TimeSpan.FromMinutes(1);

    /// <summary>kill -9 of a replica that runs; one that is dead already is waited for.</summary>
    public async Task KillAsync(string service, int replica)
    {
        var started = Stopwatch.GetTimestamp();
        while (!product.TryKill(service, replica))
        {
            if (Stopwatch.GetElapsedTime(started) > ComesBackWithin)
                throw new TimeoutException($"{service} did not come back.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    /// <summary>Empties Redis.</summary>
    public async Task FlushRedisAsync()
    {
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync($"{await product.App.GetConnectionStringAsync("redis")},allowAdmin=true,connectTimeout=2000");
            foreach (var endpoint in redis.GetEndPoints())
                await redis.GetServer(endpoint).FlushAllDatabasesAsync();
        }
        catch (RedisException)
        {
            // It was killed a moment ago, and comes back without what it held: the same.
        }
    }

    /// <summary>Lets Redis answer nothing while something else goes on.</summary>
    public async Task HangRedisAsync(Func<Task> meanwhile)
    {
        await product.SignalAsync("redis", "STOP");
        await meanwhile();
        await product.SignalAsync("redis", "CONT");
    }
}
