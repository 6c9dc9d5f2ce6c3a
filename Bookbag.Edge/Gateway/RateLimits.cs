using System.Globalization;
using System.Threading.RateLimiting;
using Bookbag.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Bookbag.Edge.Gateway;

/// <summary>The limit of the API, by key or member, and how a refusal reads.</summary>
public static class RateLimits
{
    public const string Api = "api";

    public static IHostApplicationBuilder AddRateLimits(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.OnRejected = async (rejected, _) => await RefuseAsync(rejected.HttpContext, rejected.Lease);
            limiter.AddPolicy(Api, context =>
            {
                var limits = context.RequestServices.GetRequiredService<IOptions<RateLimitOptions>>().Value;
                return RateLimitPartition.GetTokenBucketLimiter(context.GetCaller().ActorId, _ => Bucket(limits.ApiPerSecond, limits.ApiBurst));
            });
        });
        return builder;
    }

    /// <summary>So many a second, so many at once after a pause; who finds it empty is refused, not kept waiting.</summary>
    public static TokenBucketRateLimiterOptions Bucket(int perSecond, int atOnce) => new()
    {
        TokenLimit = atOnce,
        TokensPerPeriod = perSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    };

    /// <summary>Answers 429 and says when to come back.</summary>
    public static Task RefuseAsync(HttpContext context, RateLimitLease lease)
    {
        context.Response.Headers.RetryAfter = RetryAfter(lease).ToString(CultureInfo.InvariantCulture);
        return context.RefuseAsync(StatusCodes.Status429TooManyRequests);
    }

    /// <summary>The whole seconds after which another attempt makes sense.</summary>
    public static int RetryAfter(RateLimitLease lease) =>
        lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : 1;
}
