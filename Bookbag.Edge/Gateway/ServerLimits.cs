namespace Bookbag.Edge.Gateway;

/// <summary>What one connection may cost the server.</summary>
public static class ServerLimits
{
    public static WebApplicationBuilder AddServerLimits(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxConcurrentConnections = 20_000;
            server.Limits.MaxRequestBodySize = GatewayRoutes.MaxApiBody;
            // A client that trickles its headers or its body holds a connection for no longer than this.
            server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            server.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 1_024, gracePeriod: TimeSpan.FromSeconds(5));
            server.Limits.MinResponseDataRate = new(bytesPerSecond: 1_024, gracePeriod: TimeSpan.FromSeconds(5));
        });
        return builder;
    }
}
