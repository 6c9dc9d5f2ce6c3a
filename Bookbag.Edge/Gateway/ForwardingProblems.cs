using Microsoft.AspNetCore.Diagnostics;
using Yarp.ReverseProxy.Forwarder;

namespace Bookbag.Edge.Gateway;

/// <summary>Answers with problem details where forwarding failed, and leaves alone whatever a service has answered.</summary>
public sealed partial class ForwardingProblems(RequestDelegate next, ILogger<ForwardingProblems> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        // An answer without a body is the service's own choice (a refused handshake, say): it stays without one.
        if (context.Features.Get<IStatusCodePagesFeature>() is { } statusCodePages)
            statusCodePages.Enabled = false;

        await next(context);

        if (context.Features.Get<IForwarderErrorFeature>() is not { } failure)
            return;
        // A replica that is away was logged when it was skipped, once and not for every request it misses.
        if (!failure.NeverConnected() && !context.RequestAborted.IsCancellationRequested)
            Log.NotForwarded(logger, context.GetReverseProxyFeature().Route.Config.RouteId, failure.Error, failure.Exception?.Message);
        if (!context.Response.HasStarted)
            await context.RefuseAsync(context.Response.StatusCode);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A request of route {Route} was not forwarded: {Error} {Reason}")]
        public static partial void NotForwarded(ILogger logger, string route, ForwarderError error, string? reason);
    }
}
