using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bookbag.Tests.Browser;

/// <summary>Pictures of the main pages, light and dark, wide and on a phone: <c>dotnet run --project Bookbag.Tests -- screenshots docs/screenshots</c>.</summary>
public static class Screenshots
{
    private static readonly (string Name, string Page)[] Pages =
    [
        ("inbox", "/inbox?view=all"), ("thread", "/inbox/{conversation}?view=open"),
        ("outbound", "/outbound"), ("templates", "/outbound/templates"), ("contacts", "/outbound/contacts"), ("campaign", "/outbound/campaigns/{campaign}"),
        ("home", ""), ("deploy", "/deploy"), ("sources", "/knowledge/sources"), ("playground", "/knowledge/playground"), ("behaviour", "/knowledge/behaviour"),
        ("webhook-log", "/operations/webhooks"), ("members", "/operations/members"), ("keys", "/operations/keys"),
    ];

    private static readonly (string Name, int Width, int Height)[] Screens = [("wide", 1280, 800), ("phone", 390, 844)];

    public static async Task RunAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        var world = new BrowserWorld();
        await world.InitializeAsync();
        try
        {
            var day = await DemoDay.PlayAsync(world);
            foreach (var screen in Screens)
            {
                foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
                {
                    var options = new BrowserNewContextOptions { ViewportSize = new() { Width = screen.Width, Height = screen.Height }, ColorScheme = scheme };
                    var look = $"{screen.Name}-{scheme.ToString().ToLowerInvariant()}";
                    await world.VisitAsync("admin", visit => ShootAsync(visit, day, folder, look), options, $"{look}@pine-paper.example");
                }
            }
        }
        finally
        {
            await world.DisposeAsync();
        }
    }

    private static async Task ShootAsync(Visit visit, DemoDay day, string folder, string look)
    {
        foreach (var (name, page) in Pages)
        {
            var path = page.Replace("{conversation}", $"{day.Conversation}", StringComparison.Ordinal).Replace("{campaign}", $"{day.Campaign}", StringComparison.Ordinal);
            await visit.GoAsync($"/agents/{day.Agent}{path}");
            await Expect(visit.Page.Locator(".skeleton")).ToHaveCountAsync(0);
            if (name == "playground")
            {
                await visit.Field("A customer's question").FillAsync("How much is shipping?");
                await visit.Button("Ask").ClickAsync();
                await Expect(visit.Page.Locator(".answer")).ToBeVisibleAsync();
            }

            await visit.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}-{look}.png"), Animations = ScreenshotAnimations.Disabled });
        }
    }
}
