using System.Net;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace Bookbag.Edge.Gateway;

/// <summary>Where requests go: one cluster a service, and one of its own for webhooks.</summary>
public static class GatewayClusters
{
    /// <summary>Inbound again, with connections of its own: whatever the API is busy with, webhooks do not queue behind it.</summary>
    public const string Webhooks = "webhooks";

    // Meta gives up on a webhook after some seconds and sends it again; waiting longer helps nobody.
    private static readonly TimeSpan WebhookTimeout = TimeSpan.FromSeconds(20);

    // Between two bytes, not for the whole answer: live updates stay open as long as they say something.
    private static readonly TimeSpan ApiTimeout = TimeSpan.FromSeconds(100);

    /// <summary>The clusters of the product; <paramref name="sandbox"/> adds the sandbox.</summary>
    public static IReadOnlyList<ClusterConfig> All(bool sandbox) =>
    [
        Cluster(Webhooks, Services.Inbound, WebhookTimeout, maxConnections: 1_024),
        Cluster(Services.Inbound, Services.Inbound, ApiTimeout, maxConnections: 512),
        Cluster(Services.Outbound, Services.Outbound, ApiTimeout, maxConnections: 512),
        .. sandbox ? [Cluster(Services.Sandbox, Services.Sandbox, ApiTimeout, maxConnections: 64)] : Array.Empty<ClusterConfig>(),
    ];

    private static ClusterConfig Cluster(string id, string service, TimeSpan timeout, int maxConnections) => new()
    {
        ClusterId = id,
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        Destinations = new Dictionary<string, DestinationConfig> { [service] = new() { Address = $"http://{service}" } },
        HttpClient = new HttpClientConfig { MaxConnectionsPerServer = maxConnections },
        HttpRequest = new ForwarderRequestConfig
        {
            ActivityTimeout = timeout,
            // Services listen without TLS inside, where HTTP/2 would need a port of its own.
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        },
        HealthCheck = new HealthCheckConfig
        {
            // With every replica out, any of them may be back already: trying beats refusing.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
            Passive = new PassiveHealthCheckConfig
            {
                Enabled = true,
                Policy = UnreachableReplicaPolicy.PolicyName,
                ReactivationPeriod = TimeSpan.FromSeconds(2),
            },
            // For the replica that accepts connections and answers nothing.
            Active = new ActiveHealthCheckConfig
            {
                Enabled = true,
                Path = "/alive",
                Interval = TimeSpan.FromSeconds(5),
                Timeout = TimeSpan.FromSeconds(5),
                Policy = HealthCheckConstants.ActivePolicy.ConsecutiveFailures,
            },
        },
    };
}
