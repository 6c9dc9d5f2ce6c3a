using System.Net;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Bookbag.Edge.Gateway;

/// <summary>Keeps a flood of webhooks from anyone but Meta away from Inbound: so many a second from one address, so many under way at once.</summary>
/// <remarks>Part of the proxy's own pipeline, because webhooks take the short way past every other middleware.</remarks>
public sealed class WebhookFloodGate(RequestDelegate next, IOptions<RateLimitOptions> options) : IDisposable
{
    private readonly PartitionedRateLimiter<HttpContext> _limiter = PartitionedRateLimiter.CreateChained(UnderWay(options.Value), OfOneAddress(options.Value));

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

    private static PartitionedRateLimiter<HttpContext> UnderWay(RateLimitOptions limits) => PartitionedRateLimiter.Create<HttpContext, int>(_ =>
        RateLimitPartition.GetConcurrencyLimiter(0, _ => new ConcurrencyLimiterOptions { PermitLimit = limits.WebhooksInFlight }));

    private static PartitionedRateLimiter<HttpContext> OfOneAddress(RateLimitOptions limits) => PartitionedRateLimiter.Create<HttpContext, IPAddress>(context =>
        RateLimitPartition.GetTokenBucketLimiter(ClientAddress.Of(context), _ => RateLimits.Bucket(limits.WebhooksPerSecond, limits.WebhooksPerSecond)));
}
