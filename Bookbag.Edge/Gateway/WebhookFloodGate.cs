using System.Net;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Bookbag.Edge.Gateway;

/// <summary>Keeps a flood of webhooks from anyone but Meta away from Inbound: so many under way at once, so many a second from one address.</summary>
/// <remarks>Part of the proxy's own pipeline, because webhooks take the short way past every other middleware.</remarks>
public sealed class WebhookFloodGate(RequestDelegate next, IOptions<RateLimitOptions> options) : IDisposable
{
    private readonly PartitionedRateLimiter<HttpContext> _limiter = PartitionedRateLimiter.CreateChained(
        UnderWay(_ => IPAddress.Any, options.Value.WebhooksInFlight),
        UnderWay(ClientAddress.Of, options.Value.WebhooksInFlightOfAddress),
        PerSecond(ClientAddress.Of, options.Value.WebhooksPerSecond));

    public async Task InvokeAsync(HttpContext context)
    {
        if (!context.IsWebhook())
        {
            await next(context);
            return;
        }

        using var lease = _limiter.AttemptAcquire(context);
        if (lease.IsAcquired)
            await next(context);
        else
            await RateLimits.RefuseAsync(context, lease);
    }

    public void Dispose() => _limiter.Dispose();

    private static PartitionedRateLimiter<HttpContext> UnderWay(Func<HttpContext, IPAddress> by, int limit) =>
        PartitionedRateLimiter.Create<HttpContext, IPAddress>(context =>
            RateLimitPartition.GetConcurrencyLimiter(by(context), _ => new ConcurrencyLimiterOptions { PermitLimit = limit }));

    private static PartitionedRateLimiter<HttpContext> PerSecond(Func<HttpContext, IPAddress> by, int limit) =>
        PartitionedRateLimiter.Create<HttpContext, IPAddress>(context =>
            RateLimitPartition.GetTokenBucketLimiter(by(context), _ => RateLimits.Bucket(limit, limit)));
}
