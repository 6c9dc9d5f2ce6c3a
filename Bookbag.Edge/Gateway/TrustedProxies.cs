using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Bookbag.Edge.Gateway;

/// <summary>Believes <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> from the proxies named in configuration, and from nobody else.</summary>
public static class TrustedProxies
{
    /// <summary>Addresses or networks, <c>10.0.0.0/8</c>; none by default.</summary>
    private const string Section = "TrustedProxies";

    public static WebApplicationBuilder AddTrustedProxies(this WebApplicationBuilder builder)
    {
        var proxies = (builder.Configuration.GetSection(Section).Get<string[]>() ?? []).Where(proxy => proxy.Length > 0).Select(Network).ToList();
        // After everyone else: ASPNETCORE_FORWARDEDHEADERS_ENABLED would believe any address.
        builder.Services.PostConfigure<ForwardedHeadersOptions>(options =>
        {
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
            foreach (var proxy in proxies)
                options.KnownIPNetworks.Add(proxy);
            options.ForwardedHeaders = proxies.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        });
        return builder;
    }

    private static IPNetwork Network(string proxy) =>
        IPNetwork.TryParse(proxy, out var network) ? network
        : IPAddress.TryParse(proxy, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : throw new InvalidOperationException($"{Section}: '{proxy}' is neither an address nor a network such as 10.0.0.0/8.");
}
