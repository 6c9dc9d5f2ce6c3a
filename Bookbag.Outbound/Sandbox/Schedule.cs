using System.Diagnostics.CodeAnalysis;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Lets things happen at their time: one queue and one timer for all of them, however many there are.</summary>
internal sealed class Schedule : IDisposable
{
    // A timer that fires more often than this would cost more than it gives.
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(2);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<Action<DateTimeOffset>, (DateTimeOffset At, long Order)> _due = new();
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private DateTimeOffset _armedFor = DateTimeOffset.MaxValue;
    private long _order;

    public Schedule(TimeProvider clock)
    {
        _clock = clock;
        _timer = clock.CreateTimer(_ => RunDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (_gate)
                return _due.Count;
        }
    }

    /// <summary>Runs an action at a time, which it is told; at once when the time has come. The action must be quick and not throw.</summary>
    public void At(DateTimeOffset at, Action<DateTimeOffset> action)
    {
        if (at <= _clock.GetUtcNow())
        {
            action(at);
            return;
        }

        lock (_gate)
        {
            _due.Enqueue(action, (at, _order++));
            if (at < _armedFor)
                Arm(at);
        }
    }

    /// <summary>Forgets all that has not happened yet.</summary>
    public void Clear()
    {
        lock (_gate)
            _due.Clear();
    }

    public void Dispose() => _timer.Dispose();

    private void RunDue()
    {
        while (TryTakeDue(out var action, out var at))
            action(at);
    }

    private bool TryTakeDue([NotNullWhen(true)] out Action<DateTimeOffset>? action, out DateTimeOffset at)
    {
        lock (_gate)
        {
            if (!_due.TryPeek(out action, out var next))
            {
                _armedFor = at = DateTimeOffset.MaxValue;
                return false;
            }

            at = next.At;
            if (at > _clock.GetUtcNow())
            {
                Arm(at);
                return false;
            }

            _due.Dequeue();
            return true;
        }
    }

    private void Arm(DateTimeOffset at)
    {
        _armedFor = at;
        var wait = at - _clock.GetUtcNow();
        _timer.Change(wait < Grain ? Grain : wait, Timeout.InfiniteTimeSpan);
    }
}
