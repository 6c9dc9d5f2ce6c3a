using Microsoft.Net.Http.Headers;

namespace Bookbag.Edge.Clients;

/// <summary>Sends along what the current request proved its caller with.</summary>
public sealed class MemberCredentials(IHttpContextAccessor accessor) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var caller = accessor.HttpContext?.Request.Headers ?? throw new InvalidOperationException("Pages are rendered inside a request.");
        request.Headers.TryAddWithoutValidation(HeaderNames.Cookie, (IEnumerable<string?>)caller.Cookie);
        request.Headers.TryAddWithoutValidation(HeaderNames.Authorization, (IEnumerable<string?>)caller.Authorization);
        return base.SendAsync(request, cancellationToken);
    }
}
