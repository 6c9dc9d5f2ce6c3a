using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Bookbag.Edge.Gateway;

/// <summary>The reverse proxy: the routes, the services behind them, and what happens to a request on its way.</summary>
public static class GatewayExtensions
{
    public static WebApplicationBuilder AddGateway(this WebApplicationBuilder builder)
    {
        var sandbox = builder.Environment.IsDevelopment() && builder.Configuration.HasService(Services.Sandbox);

        // Each says of a failed request or probe, with a stack trace, what is logged here once and in one line.
        builder.Logging.AddFilter("Yarp.ReverseProxy.Forwarder.HttpForwarder", LogLevel.Error);
        builder.Logging.AddFilter("Yarp.ReverseProxy.Health.ActiveHealthCheckMonitor", LogLevel.Error);

        builder.Services.AddReverseProxy()
            .LoadFromMemory(GatewayRoutes.All(sandbox), GatewayClusters.All(sandbox))
            .ConfigureHttpClient((_, handler) => handler.ConnectCallback = ReplicaConnection.OpenAsync);
        builder.Services.AddSingleton<IDestinationResolver, ServiceDestinationResolver>();
        builder.Services.AddSingleton<IPassiveHealthCheckPolicy, UnreachableReplicaPolicy>();
        return builder;
    }

    public static void MapGateway(this WebApplication app) =>
        app.MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<ForwardingProblems>();
            proxy.UseMiddleware<WebhookFloodGate>();
            proxy.UseMiddleware<BodyLimit>();
            proxy.UseMiddleware<IdentityHeaders>();
            proxy.UseMiddleware<NextReplica>();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        })
        .ConfigureEndpoints((endpoint, route) =>
        {
            // Straight from routing to the proxy: no authentication, nothing that other requests need.
            if (route.RouteId == GatewayRoutes.Webhooks)
                endpoint.ShortCircuit();
        });

    /// <summary>Whether the request being forwarded is a webhook of Meta's.</summary>
    public static bool IsWebhook(this HttpContext context) => context.GetReverseProxyFeature().Route.Config.RouteId == GatewayRoutes.Webhooks;
}
