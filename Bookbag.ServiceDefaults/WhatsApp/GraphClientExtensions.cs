using System.Net;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery.Http;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the client of Meta's Graph API.</summary>
public static class GraphClientExtensions
{
    /// <summary>Adds <see cref="GraphClient"/> and its options (section <c>Graph</c>).</summary>
    /// <remarks>
    /// It has a pipeline of its own, not one of the HTTP client factory: what is set for all clients of a process (retries, logs of
    /// URLs) must never reach a call that sends a message.
    /// </remarks>
    public static IServiceCollection AddGraphClient(this IServiceCollection services)
    {
        services.AddServiceDiscovery();
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<GraphOptions>()
            .BindConfiguration(GraphOptions.Section)
            .Configure<IServiceProvider>((graph, provider) => graph.AllowLocal = provider.GetService<IHostEnvironment>()?.IsDevelopment() ?? false)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.TryAddSingleton(provider => new GraphClient(
            new HttpClient(Pipeline(provider)) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 4 * 1024 * 1024 },
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IOptions<GraphOptions>>()));
        services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddSource(GraphTelemetry.Name));
        services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddMeter(GraphTelemetry.Name));
        return services;
    }

    private static GraphHostGuard Pipeline(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<GraphOptions>>();
        var sockets = new SocketsHttpHandler
        {
            // Each message on a connection of its own (HTTP/1.1): one that is cut makes one outcome unknown, not hundreds.
            MaxConnectionsPerServer = options.Value.MaxConnections,
            ConnectTimeout = options.Value.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,

            // No trace header goes to Meta and no span names a URL; the client has spans of its own.
            ActivityHeadersPropagator = null,
        };
        return new GraphHostGuard(options, provider.GetRequiredService<IServiceDiscoveryHttpMessageHandlerFactory>().CreateHandler(sockets));
    }
}
