namespace Bookbag.Outbound.Sandbox;

/// <summary>Throughput: a token bucket that holds one second's worth. Not safe for threads by itself.</summary>
internal sealed class ThroughputBucket(int perSecond, DateTimeOffset now)
{
    private double _tokens = perSecond;
    private DateTimeOffset _filledAt = now;

    /// <summary>Takes a token, or refuses.</summary>
    public bool TryTake(DateTimeOffset now)
    {
        Fill(now);
        if (_tokens < 1)
            return false;
        _tokens--;
        return true;
    }

    /// <summary>Counts a message that cannot be refused: what customers write shares the throughput.</summary>
    public void Charge(DateTimeOffset now)
    {
        Fill(now);
        _tokens = Math.Max(0, _tokens - 1);
    }

    private void Fill(DateTimeOffset now)
    {
        _tokens = Math.Min(perSecond, _tokens + (now - _filledAt).TotalSeconds * perSecond);
        _filledAt = now;
    }
}

/// <summary>Meta's limit on messages from one number to one customer: one in six seconds, where a burst of up to 45 borrows from the future.</summary>
internal static class PairRateLimit
{
    private const int Burst = 45;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(6);

    /// <summary>Takes a place, or refuses.</summary>
    /// <param name="paidUntil">Up to when the pair has used its rate; moves with every message taken.</param>
    /// <param name="now">The time.</param>
    public static bool TryTake(ref DateTimeOffset paidUntil, DateTimeOffset now)
    {
        var start = paidUntil > now ? paidUntil : now;
        if (start - now > Interval * (Burst - 1))
            return false;
        paidUntil = start + Interval;
        return true;
    }
}

/// <summary>Whom a portfolio opened a conversation with in the moving 24 hours. Not safe for threads by itself.</summary>
internal sealed class OpeningLedger
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    private readonly Dictionary<string, DateTimeOffset> _openedAt = [];
    private readonly Queue<(string Customer, DateTimeOffset At)> _byTime = [];

    /// <summary>How many customers count now.</summary>
    public int Count(DateTimeOffset now)
    {
        Forget(now);
        return _openedAt.Count;
    }

    /// <summary>Takes a place for a customer, who counts once, or refuses. No limit is null.</summary>
    public bool TryOpen(string customer, int? limit, DateTimeOffset now)
    {
        Forget(now);
        if (_openedAt.Count >= limit && !_openedAt.ContainsKey(customer))
            return false;
        _openedAt[customer] = now;
        _byTime.Enqueue((customer, now));
        return true;
    }

    /// <summary>Gives a place back: the message that took it failed.</summary>
    public void Release(string customer, DateTimeOffset openedAt)
    {
        if (_openedAt.TryGetValue(customer, out var at) && at == openedAt)
            _openedAt.Remove(customer);
    }

    private void Forget(DateTimeOffset now)
    {
        while (_byTime.TryPeek(out var oldest) && oldest.At <= now - Window)
        {
            _byTime.Dequeue();
            Release(oldest.Customer, oldest.At);
        }
    }
}
