namespace Bookbag.Outbound.Sending;

/// <summary>The pace of a number: a token bucket that slows down when Meta says so and recovers by itself. The same in Redis and here.</summary>
/// <param name="Tokens">Messages that may go now; less than none after replies took more.</param>
/// <param name="At">When that was so.</param>
/// <param name="Slow">The share of the pace that was left when Meta last refused for throughput; 1 when it never did.</param>
/// <param name="SlowAt">When it did.</param>
public readonly record struct PaceBucket(double Tokens, DateTimeOffset At, double Slow = 1, DateTimeOffset SlowAt = default)
{
    /// <summary>What the bucket holds: this many seconds' worth.</summary>
    public const double HeldSeconds = 0.5;

    /// <summary>From no pace to all of it.</summary>
    public static readonly TimeSpan Recovery = TimeSpan.FromSeconds(100);

    /// <summary>Never slower than this share.</summary>
    public const double Slowest = 0.05;

    private static readonly TimeSpan BetweenSlowings = TimeSpan.FromSeconds(1);

    /// <summary>The share of the pace now.</summary>
    public double FactorAt(DateTimeOffset now) => Math.Min(1, Slow + (now - SlowAt) / Recovery);

    /// <summary>Takes as many of the wanted messages as may go now; where none may, says how long to wait.</summary>
    public (PaceBucket Bucket, int Taken, TimeSpan Wait) Take(DateTimeOffset now, double perSecond, int wanted)
    {
        var rate = perSecond * FactorAt(now);
        var tokens = Math.Min(Math.Max(1, rate * HeldSeconds), Tokens + Math.Max(0, (now - At).TotalSeconds) * rate);
        var taken = Math.Max(0, Math.Min(wanted, (int)Math.Floor(tokens)));
        tokens -= taken;
        return (this with { Tokens = tokens, At = now }, taken, taken > 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - tokens) / rate));
    }

    /// <summary>Meta refused for throughput: half the pace. Refusals that come together are one.</summary>
    public PaceBucket SlowDown(DateTimeOffset now) =>
        now - SlowAt < BetweenSlowings ? this : this with { Slow = Math.Max(Slowest, FactorAt(now) / 2), SlowAt = now };
}
