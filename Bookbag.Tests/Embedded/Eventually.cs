namespace Bookbag.Tests.Embedded;

/// <summary>Waits for what another process does, of which no signal comes.</summary>
internal static class Eventually
{
    /// <summary>For a machine that is busy with other things; what is waited for takes a second or two.</summary>
    public const int Patience = 300;

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, int withinSeconds = Patience)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(withinSeconds), $"Still not so after {withinSeconds} s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    public static Task TrueAsync(Func<bool> condition, string what, int withinSeconds = Patience) => TrueAsync(() => Task.FromResult(condition()), what, withinSeconds);
}
