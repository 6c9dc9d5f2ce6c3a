using System.Globalization;
using Microsoft.JSInterop;

namespace Bookbag.Edge.Console.Shared;

/// <summary>What the browser says of whoever looks: the time zone, and light or dark.</summary>
public sealed class Viewer(IJSRuntime browser, TimeProvider clock)
{
    private TimeZoneInfo _zone = TimeZoneInfo.Utc;

    /// <summary>Whether pages are dark: as chosen here before, else as the system is.</summary>
    public bool IsDark { get; private set; }

    /// <summary>The time zone's IANA name.</summary>
    public string ZoneName => _zone.Id;

    /// <summary>Asks the browser. What is called back when the tab is looked at again is <paramref name="onReturn"/>.</summary>
    public async Task BeginAsync<T>(DotNetObjectReference<T> onReturn) where T : class
    {
        var seen = await browser.InvokeAsync<Seen>("bookbag.begin", onReturn);
        IsDark = seen.Dark;
        if (TimeZoneInfo.TryFindSystemTimeZoneById(seen.Zone, out var zone))
            _zone = zone;
    }

    /// <summary>Turns from light to dark or back, and remembers it in this browser.</summary>
    public async Task TurnAsync()
    {
        // Kept first: a page that shows it keeps it, also when it is left at once.
        await browser.InvokeVoidAsync("bookbag.setDark", !IsDark);
        IsDark = !IsDark;
    }

    /// <summary>The time on the viewer's clock.</summary>
    public DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, _zone);

    /// <summary>The instant at which the viewer's clock shows a time.</summary>
    public DateTimeOffset Instant(DateTime shown) => new(DateTime.SpecifyKind(shown, DateTimeKind.Unspecified), _zone.GetUtcOffset(shown));

    /// <summary>Day and time in full, on the viewer's clock.</summary>
    public string InFull(DateTimeOffset at) => Local(at).ToString("ddd d MMM yyyy, HH:mm", CultureInfo.InvariantCulture);

    /// <summary>How long ago, or when, in few words.</summary>
    public string InFewWords(DateTimeOffset at)
    {
        var now = clock.GetUtcNow();
        return (now - at) switch
        {
            { Ticks: < 0 } => Local(at).ToString("d MMM, HH:mm", CultureInfo.InvariantCulture),
            { TotalSeconds: < 45 } => "just now",
            { TotalMinutes: < 60 } ago => $"{Math.Max(1, (int)Math.Round(ago.TotalMinutes))} min ago",
            _ when Local(at).Date == Local(now).Date => Local(at).ToString("HH:mm", CultureInfo.InvariantCulture),
            _ when Local(at).Year == Local(now).Year => Local(at).ToString("d MMM, HH:mm", CultureInfo.InvariantCulture),
            _ => Local(at).ToString("d MMM yyyy", CultureInfo.InvariantCulture),
        };
    }

    private sealed record Seen(bool Dark, string Zone);
}
