using Bookbag.ServiceDefaults.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Bookbag.ServiceDefaults.Security;

/// <summary>Refuses what another site's page makes a browser do with the cookie of someone who is signed in (cross-site request forgery).</summary>
/// <remarks>
/// Browsers say where a request comes from, and no page can make them lie: <c>Sec-Fetch-Site</c>, or <c>Origin</c> where they are older.
/// What brings neither is no browser and can be tricked by nobody; what brings an API key was not sent by a browser on its own account.
/// No token has to be fetched and sent back, so programs and pages use the same API. It holds for the sign-in itself too.
/// </remarks>
public static class CrossOriginGuard
{
    /// <summary>Puts the guard in front of what follows.</summary>
    public static IApplicationBuilder UseCrossOriginGuard(this IApplicationBuilder app) => app.Use((context, next) =>
        ChangesSomething(context.Request) && !ApiKeyHandler.Reads(context.Request) && !IsOfThisOrigin(context.Request)
            ? Refusal.Forbidden("cross_origin_request", "A page of another site may not do this with your sign-in.").ExecuteAsync(context)
            : next(context));

    // A WebSocket opens with a GET, and then does what it likes.
    private static bool ChangesSomething(HttpRequest request) =>
        !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method)) || request.Headers.Upgrade.Count > 0;

    private static bool IsOfThisOrigin(HttpRequest request)
    {
        // same-site is another host of the same domain, and as foreign as any.
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site)
            return site is "same-origin" or "none";
        if (request.Headers.Origin.ToString() is not { Length: > 0 } origin)
            return true;

        // Behind a proxy the browser's host is in X-Forwarded-Host, which a page cannot set on a request to another origin.
        return Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && (IsHost(uri, request.Host.Value) || request.Headers["X-Forwarded-Host"].Any(host => IsHost(uri, host)));
    }

    private static bool IsHost(Uri origin, string? host) => string.Equals(origin.Authority, host, StringComparison.OrdinalIgnoreCase);
}
