using System.Net;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Bookbag.Edge.Gateway;

/// <summary>Turns a service's name into the addresses of all its replicas, and again whenever they change.</summary>
public sealed class ServiceDestinationResolver(ServiceEndpointResolver services) : IDestinationResolver
{
    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        var resolved = new Dictionary<string, DestinationConfig>();
        var changes = new List<IChangeToken>();
        foreach (var (service, destination) in destinations)
        {
            var source = await services.GetEndpointsAsync(destination.Address, cancellationToken);
            changes.Add(source.ChangeToken);
            foreach (var endpoint in source.Endpoints)
            {
                var address = Address(endpoint.EndPoint);
                resolved[$"{service} {address}"] = destination with { Address = address };
            }
        }

        return new ResolvedDestinationCollection(resolved, new CompositeChangeToken(changes));
    }

    private static string Address(EndPoint endpoint) => endpoint switch
    {
        UriEndPoint { Uri: var uri } => uri.AbsoluteUri,
        DnsEndPoint { Host: var host, Port: 0 } => $"http://{host}/",
        DnsEndPoint { Host: var host, Port: var port } => $"http://{host}:{port}/",
        _ => $"http://{endpoint}/",
    };
}
