using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Bookbag.Edge.Gateway;

/// <summary>A replica that refuses a connection is skipped from that moment, and tried again soon: it restarts in seconds.</summary>
public sealed partial class UnreachableReplicaPolicy(IDestinationHealthUpdater health, ILogger<UnreachableReplicaPolicy> logger) : IPassiveHealthCheckPolicy
{
    public const string PolicyName = "UnreachableReplica";

    public string Name => PolicyName;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (context.Features.Get<IForwarderErrorFeature>() is not { } failure || !failure.NeverConnected())
            return;

        // Many requests meet the dead replica at once; one of them says so.
        if (destination.Health.Passive != DestinationHealth.Unhealthy)
            Log.Skipped(logger, cluster.ClusterId, destination.DestinationId);
        health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, cluster.Model.Config.HealthCheck!.Passive!.ReactivationPeriod!.Value);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A replica of {Cluster} cannot be reached and is skipped for a moment: {Destination}")]
        public static partial void Skipped(ILogger logger, string cluster, string destination);
    }
}
