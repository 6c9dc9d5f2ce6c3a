namespace Bookbag.Edge.Gateway;

/// <summary>The headers that every answer of the Edge carries, whoever made it.</summary>
public static class SecurityHeaders
{
    /// <summary>
    /// The console runs our own scripts and talks to this host. Its components write their measures and colours into style attributes; scripts, which could do harm, are files of ours
    /// without exception.
    /// </summary>
    public const string ConsolePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    /// <summary>Other pages of ours bring their own style sheet and pictures and need nothing else: no script, no other host, no frame around them.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    private const string OneYear = "max-age=31536000; includeSubDomains";

    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app, IHostEnvironment environment)
    {
        var strictTransport = !environment.IsDevelopment();
        // Last thing before the headers leave: an error handler that starts the answer anew does not lose them.
        Func<object, Task> apply = state =>
        {
            Apply((HttpContext)state, strictTransport);
            return Task.CompletedTask;
        };
        return app.Use((context, next) =>
        {
            context.Response.OnStarting(apply, context);
            return next(context);
        });
    }

    private static void Apply(HttpContext context, bool strictTransport)
    {
        var headers = context.Response.Headers;
        if (headers.ContentSecurityPolicy.Count == 0)
            headers.ContentSecurityPolicy = ContentSecurityPolicy;
        // A 401 names a way in (RFC 9110, 15.5.2).
        if (context.Response.StatusCode == StatusCodes.Status401Unauthorized && headers.WWWAuthenticate.Count == 0)
            headers.WWWAuthenticate = "Bearer";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()";
        // A service's, passed on; the Edge's own is switched off.
        headers.Server = default;
        if (strictTransport && context.Request.IsHttps)
            headers.StrictTransportSecurity = OneYear;
    }
}
