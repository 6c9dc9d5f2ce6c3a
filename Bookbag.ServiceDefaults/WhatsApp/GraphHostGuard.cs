using Microsoft.Extensions.Options;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>The last door before the network: no request, and with it no access token, goes to a host that is not allowed.</summary>
internal sealed class GraphHostGuard(IOptions<GraphOptions> options, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>Marks a request for a file: these are at other hosts of Meta's.</summary>
    public static readonly HttpRequestOptionsKey<bool> Media = new("bookbag.media");

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        options.Value.Allows(request.RequestUri) || (request.Options.TryGetValue(Media, out var media) && media && options.Value.AllowsMedia(request.RequestUri))
            ? base.SendAsync(request, cancellationToken)
            : throw new GraphHostRefusedException();
}

/// <summary>A request was about to go to a host that is not allowed. Names neither the host nor anything of the request.</summary>
internal sealed class GraphHostRefusedException() : HttpRequestException("The host is not one that an access token may be sent to.");
