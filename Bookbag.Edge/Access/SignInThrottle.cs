using System.Net;
using System.Threading.RateLimiting;
using Bookbag.Edge.Gateway;
using Microsoft.Extensions.Options;

namespace Bookbag.Edge.Access;

/// <summary>Slows down who guesses passwords: on one account, and on many accounts from one address.</summary>
/// <remarks>Each replica of the Edge counts by itself; the lockout of an account is counted in the database, for all of them.</remarks>
public sealed class SignInThrottle(IOptions<RateLimitOptions> options) : IDisposable
{
    private readonly PartitionedRateLimiter<Attempt> _limiter = PartitionedRateLimiter.CreateChained(
        PartitionedRateLimiter.Create<Attempt, IPAddress>(attempt =>
            RateLimitPartition.GetFixedWindowLimiter(attempt.Address, _ => PerMinute(options.Value.SignInsPerMinuteOfAddress))),
        PartitionedRateLimiter.Create<Attempt, Attempt>(attempt =>
            RateLimitPartition.GetFixedWindowLimiter(attempt, _ => PerMinute(options.Value.SignInsPerMinute))));

    /// <summary>Counts an attempt; null where it may go on, else how many seconds to wait.</summary>
    public int? SecondsToWait(HttpContext context, string account)
    {
        using var lease = _limiter.AttemptAcquire(new Attempt(ClientAddress.Of(context), account.Trim().ToUpperInvariant()));
        return lease.IsAcquired ? null : RateLimits.RetryAfter(lease);
    }

    public void Dispose() => _limiter.Dispose();

    private static FixedWindowRateLimiterOptions PerMinute(int attempts) => new() { PermitLimit = attempts, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 };

    private readonly record struct Attempt(IPAddress Address, string Account);
}
