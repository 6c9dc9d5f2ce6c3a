using System.Buffers.Text;
using System.Security.Cryptography;
using Bookbag.ServiceDefaults.Security;
using Scalar.AspNetCore;

namespace Bookbag.Edge.Gateway;

/// <summary>The page on which the API is described and can be tried.</summary>
public static class ApiReference
{
    /// <summary>The page is a program of its own, served from the package; it needs its scripts and the styles that it writes itself.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self' 'nonce-{0}'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        + "connect-src 'self'; worker-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static void MapApiReference(this IEndpointRouteBuilder app) =>
        app.MapScalarApiReference("/reference", (options, context) =>
        {
            var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
            context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy.Replace("{0}", nonce, StringComparison.Ordinal);
            options
                .WithTitle("Bookbag API")
                .WithNonce(nonce)
                .WithFavicon("/favicon.svg")
                .AddDocument(Services.Inbound, "Inbound", "/openapi/inbound.json")
                .AddDocument(Services.Outbound, "Outbound", "/openapi/outbound.json")
                // Nothing of the page leaves this host: no fonts, no assistant, no telemetry, no request through someone's proxy.
                .DisableDefaultFonts()
                .DisableTelemetry()
                .DisableAgent()
                .DisableMcp()
                .HideDeveloperTools()
                .HideClientButton()
                .WithDynamicBaseServerUrl();
        }).RequireAuthorization(Policies.Viewer);
}
