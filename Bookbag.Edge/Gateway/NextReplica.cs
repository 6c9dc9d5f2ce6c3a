using Yarp.ReverseProxy.Forwarder;

namespace Bookbag.Edge.Gateway;

/// <summary>Takes a request to the next replica when the one chosen could not be reached at all.</summary>
/// <remarks>
/// Safe for any request, POST included: no connection means that no byte of it was read or sent.
/// What failed later is not repeated here; its outcome is unknown, and the sender decides (Meta sends a webhook again).
/// </remarks>
public sealed class NextReplica(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        if (context.Features.Get<IForwarderErrorFeature>() is { } failure && failure.NeverConnected())
            await TryOthersAsync(context);
    }

    private async Task TryOthersAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        // All of them, the skipped ones too: one that was dead a second ago may be the one that is back.
        var others = proxy.AllDestinations.ToList();
        while (others.Remove(proxy.ProxiedDestination!) && others.Count > 0)
        {
            proxy.AvailableDestinations = [.. others];
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Response.Clear();
            await next(context);
            if (context.Features.Get<IForwarderErrorFeature>() is not { } failure || !failure.NeverConnected())
                return;
        }
    }
}

/// <summary>What can be told from a failed forward.</summary>
public static class ForwarderFailure
{
    /// <summary>No connection came about, so nothing was sent.</summary>
    public static bool NeverConnected(this IForwarderErrorFeature failure) =>
        failure is { Error: ForwarderError.Request, Exception: HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } };
}
