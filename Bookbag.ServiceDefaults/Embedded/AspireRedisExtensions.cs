using Aspire.StackExchange.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

// The namespace of Aspire's integration, so that the services read the same with either engine.
namespace Microsoft.Extensions.Hosting;

/// <summary>Stands in for Aspire's StackExchange.Redis integration.</summary>
public static class AspireRedisExtensions
{
    /// <summary>Registers an <see cref="IConnectionMultiplexer"/> of the named connection, with a health check.</summary>
    /// <remarks>A Redis that is away does not stop the service: the connection is made when it comes back.</remarks>
    public static void AddRedisClient(
        this IHostApplicationBuilder builder, string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null, Action<ConfigurationOptions>? configureOptions = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var section = builder.Configuration.GetSection("Aspire:StackExchange:Redis");
        var settings = new StackExchangeRedisSettings();
        section.Bind(settings);
        section.GetSection(connectionName).Bind(settings);
        if (builder.Configuration.GetConnectionString(connectionName) is { } connectionString)
            settings.ConnectionString = connectionString;
        configureSettings?.Invoke(settings);

        builder.Services.AddSingleton<IConnectionMultiplexer>(services =>
        {
            if (string.IsNullOrEmpty(settings.ConnectionString))
                throw new InvalidOperationException($"Redis has no address: set 'ConnectionStrings:{connectionName}'.");
            var options = ConfigurationOptions.Parse(settings.ConnectionString);
            options.AbortOnConnectFail = false;
            configureOptions?.Invoke(options);
            options.LoggerFactory ??= services.GetService<ILoggerFactory>();
            return ConnectionMultiplexer.Connect(options);
        });

        if (!settings.DisableAutoActivation)
            builder.Services.ActivateSingleton<IConnectionMultiplexer>();
        if (!settings.DisableHealthChecks)
            builder.Services.AddHealthChecks().AddCheck<RedisCheck>("StackExchange.Redis");
    }

    private sealed class RedisCheck(IConnectionMultiplexer redis) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
        {
            await redis.GetDatabase().PingAsync().WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
    }
}
