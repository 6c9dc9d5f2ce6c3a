using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Bookbag.ServiceDefaults.Redis;

/// <summary>Wires a service to Redis, which makes it faster and may be lost at any time.</summary>
public static class RedisExtensions
{
    /// <summary>Registers <see cref="IConnectionMultiplexer"/>: connected at first use, reconnecting by itself, never in the way of the service's start.</summary>
    public static IHostApplicationBuilder AddBookbagRedis(this IHostApplicationBuilder builder)
    {
        builder.AddRedisClient("redis",
            settings =>
            {
                settings.DisableAutoActivation = true;
                settings.DisableHealthChecks = true; // its check would make a service that works without Redis unhealthy
            },
            options =>
            {
                options.AbortOnConnectFail = false;
                // Who asks has a fallback: better a quick no than a slow one.
                options.ConnectTimeout = options.AsyncTimeout = options.SyncTimeout = 1000;
            });
        builder.Services.AddHealthChecks().AddCheck<RedisHealthCheck>("redis");
        return builder;
    }

    /// <summary>Degraded, and so still served, when Redis does not answer.</summary>
    private sealed class RedisHealthCheck(IServiceProvider services) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await services.GetRequiredService<IConnectionMultiplexer>().GetDatabase().PingAsync().WaitAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (Exception e) when (e is RedisException or TimeoutException or InvalidOperationException)
            {
                return HealthCheckResult.Degraded("Redis does not answer.", e);
            }
        }
    }
}
