using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bookbag.Tests.Browser;

/// <summary>Pictures of the main pages, light and dark, wide and on a phone: <c>dotnet run --project Bookbag.Tests -- screenshots docs/screenshots</c>.</summary>
public static class Screenshots
{
    private static readonly (string Name, string Page)[] Pages =
    [
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
            foreach (var screen in Screens)
            {
                foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
                {
                    var options = new BrowserNewContextOptions { ViewportSize = new() { Width = screen.Width, Height = screen.Height }, ColorScheme = scheme };
                    await world.VisitAsync("admin", visit => ShootAsync(visit, folder, $"{screen.Name}-{scheme.ToString().ToLowerInvariant()}"), options);
                }
            }
        }
        finally
        {
            await world.DisposeAsync();
        }
    }

    private static async Task ShootAsync(Visit visit, string folder, string look)
    {
        await Expect(visit.Heading("Pine & Paper")).ToBeVisibleAsync();
        var agent = new Uri(visit.Page.Url).AbsolutePath;
        foreach (var (name, page) in Pages)
        {
            await visit.GoAsync(agent + page);
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
