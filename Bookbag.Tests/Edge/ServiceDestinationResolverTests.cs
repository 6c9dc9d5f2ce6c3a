extern alias edge;

using edge::Bookbag.Edge.Gateway;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;
using Yarp.ReverseProxy.Configuration;

namespace Bookbag.Tests.Edge;

public sealed class ServiceDestinationResolverTests
{
    private static readonly Dictionary<string, DestinationConfig> Inbound = new() { ["inbound"] = new() { Address = "http://inbound", Health = "http://kept" } };

    [Fact]
    public async Task Every_replica_is_a_destination_and_a_new_one_is_noticed()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["services:inbound:http:0"] = "http://10.0.0.1:8080",
            ["services:inbound:http:1"] = "http://10.0.0.2:8080",
        }).Build();
        await using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddServiceDiscovery().BuildServiceProvider();
        var resolver = new ServiceDestinationResolver(services.GetRequiredService<ServiceEndpointResolver>());

        var resolved = await resolver.ResolveDestinationsAsync(Inbound, CancellationToken.None);

        Assert.Equal(["http://10.0.0.1:8080/", "http://10.0.0.2:8080/"], resolved.Destinations.Values.Select(d => d.Address));
        Assert.All(resolved.Destinations.Values, d => Assert.Equal("http://kept", d.Health));
        Assert.False(resolved.ChangeToken!.HasChanged);

        configuration["services:inbound:http:2"] = "http://10.0.0.3:8080";
        configuration.Reload();
        Assert.True(resolved.ChangeToken.HasChanged);
        var again = await resolver.ResolveDestinationsAsync(Inbound, CancellationToken.None);
        Assert.Equal(3, again.Destinations.Count);
    }
}
