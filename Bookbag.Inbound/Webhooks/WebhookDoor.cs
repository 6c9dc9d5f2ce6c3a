using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Bookbag.Inbound.Webhooks;

/// <summary>
/// A port of its own for webhooks, by HTTP/2 without TLS: the Edge sends all that are under way over a connection or two, so that many share a call of the operating system on either
/// side. On a port without TLS Kestrel speaks either this or HTTP/1.1 (https://github.com/dotnet/aspnetcore/issues/56984; where it speaks both, this can go).
/// </summary>
public static class WebhookDoor
{
    /// <summary>What the app model sets to the port. Without it webhooks come in by HTTP/1.1, where everything does.</summary>
    public const string PortVariable = "WEBHOOKS_PORT";

    private const string DefaultPort = "8080"; // the container images'

    /// <summary>Listens there, beside wherever the environment says.</summary>
    public static WebApplicationBuilder AddWebhookDoor(this WebApplicationBuilder builder)
    {
        if (!int.TryParse(builder.Configuration[PortVariable], CultureInfo.InvariantCulture, out var port))
            return builder;

        var others = Addresses(builder.Configuration);
        builder.WebHost.UseUrls([.. others, $"http://{BindingAddress.Parse(others[0]).Host}:{port}"]);
        builder.WebHost.ConfigureKestrel(server => server.ConfigureEndpointDefaults(endpoint =>
        {
            if (endpoint.IPEndPoint?.Port == port)
                endpoint.Protocols = HttpProtocols.Http2;
        }));
        return builder;
    }

    private static string[] Addresses(ConfigurationManager configuration) =>
        Split(configuration[WebHostDefaults.ServerUrlsKey]) is { Length: > 0 } urls ? urls
        : [.. Split(configuration[WebHostDefaults.HttpPortsKey] ?? DefaultPort).Select(port => $"http://*:{port}")];

    private static string[] Split(string? list) => list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}
