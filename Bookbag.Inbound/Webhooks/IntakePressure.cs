namespace Bookbag.Inbound.Webhooks;

/// <summary>Whether webhooks come faster here than they can well be answered and applied at the same time.</summary>
/// <remarks>Each replica looks at its own door.</remarks>
public sealed class IntakePressure(TimeProvider clock)
{
    // 1,000 a second: far above a busy number's day, far below what can be taken in.
    private const int Crowd = 100;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);

    private readonly Lock _counting = new();
    private long _windowStart;
    private int _count;
    private int _countBefore;

    /// <summary>Whether 100 webhooks and more came within the last tenths of a second.</summary>
    public bool IsHigh =>
        clock.GetElapsedTime(Volatile.Read(ref _windowStart)) < 2 * Window && Math.Max(Volatile.Read(ref _count), Volatile.Read(ref _countBefore)) >= Crowd;

    /// <summary>Counts webhooks that were committed.</summary>
    public void Committed(int webhooks)
    {
        lock (_counting)
        {
            var now = clock.GetTimestamp();
            if (clock.GetElapsedTime(_windowStart, now) is var age && age >= Window)
            {
                _countBefore = age < 2 * Window ? _count : 0;
                _count = 0;
                Volatile.Write(ref _windowStart, now);
            }

            Volatile.Write(ref _count, _count + webhooks);
        }
    }
}
