namespace Bookbag.Tests.Embedded;

/// <summary>Waits for what another process does, of which no signal comes.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, int withinSeconds = 60)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(withinSeconds), $"Still not so after {withinSeconds} s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    public static Task TrueAsync(Func<bool> condition, string what, int withinSeconds = 60) => TrueAsync(() => Task.FromResult(condition()), what, withinSeconds);
}
