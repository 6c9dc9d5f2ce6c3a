using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bookbag.Tests.Browser;

/// <summary>What every page has around it, and that each of these pages can be used by everyone.</summary>
[Collection(nameof(BrowserWorld))]
public sealed class ShellTests(BrowserWorld world)
{
    private static readonly string[] Pages =
    [
        "", "/deploy", "/knowledge/sources", "/knowledge/sources/new/qa", "/knowledge/playground", "/knowledge/behaviour", "/knowledge/gaps",
        "/operations/webhooks", "/operations/workspace", "/operations/members", "/operations/keys", "/operations/outgoing", "/operations/activity",
    ];

    [Fact]
    public async Task Signing_in_leads_to_the_first_agent()
    {
        await world.VisitAsync("viewer", async visit => await Expect(visit.Heading("Pine & Paper")).ToBeVisibleAsync());
    }

    [Fact]
    public async Task Every_page_is_accessible_in_light_and_dark()
    {
        var agent = await world.AgentAsync("Everyone", connected: true);
        await world.VisitAsync("admin", async visit =>
        {
            foreach (var page in Pages)
            {
                await visit.GoAsync($"/agents/{agent}{page}");
                await Expect(visit.Page.Locator(".skeleton")).ToHaveCountAsync(0);
                await visit.AssertAccessibleAsync();
            }

            await visit.Button("Turn dark").ClickAsync();
            await Expect(visit.Button("Turn light")).ToBeVisibleAsync();
            foreach (var page in (string[])["", "/deploy", "/knowledge/behaviour", "/operations/keys"])
            {
                await visit.GoAsync($"/agents/{agent}{page}");
                await Expect(visit.Button("Turn light")).ToBeVisibleAsync();
                await Expect(visit.Page.Locator(".skeleton")).ToHaveCountAsync(0);
                await visit.AssertAccessibleAsync();
            }
        });
    }

    [Fact]
    public async Task On_a_phone_nothing_is_wider_than_the_screen()
    {
        var agent = await world.AgentAsync("Phone", connected: true);
        await world.VisitAsync("admin", async visit =>
        {
            foreach (var page in Pages)
            {
                await visit.GoAsync($"/agents/{agent}{page}");
                await Expect(visit.Page.Locator(".skeleton")).ToHaveCountAsync(0);
                Assert.True(await visit.Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page);
            }

            await visit.Button("Navigation").ClickAsync();
            await visit.Link("Playground").ClickAsync();
            await Expect(visit.Heading("Playground")).ToBeVisibleAsync();
        }, new BrowserNewContextOptions { ViewportSize = new() { Width = 360, Height = 740 } });
    }

    [Fact]
    public async Task A_session_that_ends_says_so_and_loses_no_typed_text()
    {
        var agent = await world.AgentAsync("Session");
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync($"/agents/{agent}/knowledge/sources/new/qa");
            await visit.Field("Question").FillAsync("Do you gift-wrap?");
            await visit.Page.Context.ClearCookiesAsync(new() { Name = "bookbag" });
            await visit.ReturnToTabAsync();
            await Expect(visit.Page.GetByText("Your session has ended")).ToBeVisibleAsync();
            await visit.AssertAccessibleAsync();

            await visit.SignInAgainAsync();
            await visit.ReturnToTabAsync();
            await Expect(visit.Page.GetByText("Your session has ended")).ToHaveCountAsync(0);
            await Expect(visit.Field("Question")).ToHaveValueAsync("Do you gift-wrap?");
            await visit.Field("Answer").FillAsync("We do, for two euros.");
            await visit.Button("Save").ClickAsync();
            await Expect(visit.Link("Do you gift-wrap?")).ToBeVisibleAsync();
            visit.Forgive("401");
        });
    }

    [Fact]
    public async Task A_viewer_looks_and_changes_nothing()
    {
        var agent = await world.AgentAsync("Looking", connected: true);
        await world.VisitAsync("viewer", async visit =>
        {
            await visit.GoAsync($"/agents/{agent}/deploy");
            await visit.SeesAsync("Callback URL");
            await Expect(visit.Button("Disconnect")).ToHaveCountAsync(0);
            await visit.GoAsync($"/agents/{agent}/knowledge/sources");
            await visit.SeesAsync("The agent knows nothing yet");
            await Expect(visit.Link("Add a question")).ToHaveCountAsync(0);
            await Expect(visit.Link("Members")).ToHaveCountAsync(0);

            await visit.Page.GotoAsync(new Uri(world.Address, $"/agents/{agent}/operations/keys").ToString());
            await visit.SeesAsync("Forbidden");
            visit.Forgive("403");
        });
    }
}
