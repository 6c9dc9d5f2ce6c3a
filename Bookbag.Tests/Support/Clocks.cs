using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Support;

/// <summary>Waiting for what happens because a clock was moved.</summary>
public static class Clocks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Moves the clock once, then waits, in real time, for what that brings about on other threads.</summary>
    public static Task AdvanceUntilAsync(this FakeTimeProvider clock, TimeSpan by, Func<bool> happened)
    {
        clock.Advance(by);
        return clock.StepUntilAsync(TimeSpan.Zero, () => Task.FromResult(happened()));
    }

    /// <summary>Moves the clock in steps until something has happened: for timers that are only set once earlier ones have rung.</summary>
    public static async Task StepUntilAsync(this FakeTimeProvider clock, TimeSpan step, Func<Task<bool>> happened)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await happened())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Patience)
                throw new TimeoutException("It did not happen.");
            clock.Advance(step);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
