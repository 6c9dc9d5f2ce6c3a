using static Microsoft.Playwright.Assertions;

namespace Bookbag.Tests.Browser;

[Collection(nameof(BrowserWorld))]
public sealed class ShellTests(BrowserWorld world)
{
    [Fact]
    public async Task Signing_in_leads_to_the_first_agent()
    {
        await world.VisitAsync("admin", async visit =>
        {
            await Expect(visit.Heading("Pine & Paper")).ToBeVisibleAsync();
            await visit.AssertAccessibleAsync();
        });
    }
}
