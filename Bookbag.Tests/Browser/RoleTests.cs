using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bookbag.Tests.Browser;

/// <summary>What a role may not do it is not offered, on any page of Outbound and Operations.</summary>
[Collection(nameof(BrowserWorld))]
public sealed class RoleTests(BrowserWorld world)
{
    /// <summary>What only an Admin sees.</summary>
    private static readonly string[] ForAdmins = ["operations/workspace", "operations/members", "operations/keys", "operations/outgoing", "operations/activity"];

    [Fact]
    public async Task A_viewer_is_offered_none_of_what_an_editor_is()
    {
        var agent = await world.AgentAsync("Roles", connected: true);
        var offers = await OffersAsync(agent);
        await world.VisitAsync("editor", async visit =>
        {
            foreach (var (page, names) in offers)
            {
                await visit.GoAsync($"/agents/{agent}/{page}");
                foreach (var name in names)
                    await Expect(Offer(visit, name)).ToBeVisibleAsync();
            }
        });
        await world.VisitAsync("viewer", async visit =>
        {
            foreach (var (page, names) in offers)
            {
                await visit.GoAsync($"/agents/{agent}/{page}");
                await Expect(visit.Page.Locator(".mud-skeleton")).ToHaveCountAsync(0);
                foreach (var name in names)
                    Assert.True(await Offer(visit, name).CountAsync() == 0, $"{page} offers a Viewer \"{name}\"");
            }
        });
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("editor")]
    public async Task What_is_an_admins_is_neither_offered_to_others_nor_shown(string role)
    {
        var agent = await world.AgentAsync("Not for all", connected: true);
        await world.VisitAsync(role, async visit =>
        {
            await visit.GoAsync($"/agents/{agent}/operations/webhooks");
            await Expect(visit.Button("Replay a span…")).ToHaveCountAsync(0);
            foreach (var page in ForAdmins)
            {
                await Expect(visit.Page.Locator($"nav a[href$='/{page}']")).ToHaveCountAsync(0);
                await visit.Page.GotoAsync(new Uri(world.Address, $"/agents/{agent}/{page}").ToString());
                await visit.SeesAsync("may not do that");
                await visit.GoAsync($"/agents/{agent}/operations/webhooks");
            }

            visit.Forgive("403");
        });
    }

    /// <summary>Pages with something on each, and what an Editor can do there.</summary>
    private async Task<IReadOnlyList<(string Page, string[] Names)>> OffersAsync(Guid agent)
    {
        await world.ContactsAsync(agent, 2);
        var draft = await world.DraftAsync(agent, "Drafted");
        var later = await world.CampaignAsync(agent, "Scheduled");
        await world.Product.PostAsync($"{OutboundSeeds.Outbound(agent)}/campaigns/{later}/launch", new { at = TimeProvider.System.GetUtcNow().AddDays(2).ToString("O") });
        var upload = await world.UploadAsync(agent, "phone,name\n+4915166999001,Eve\n");
        var template = (await world.GetAsync($"{OutboundSeeds.Outbound(agent)}/templates")).GetProperty("items")[0].GetProperty("id").GetGuid();
        return
        [
            ("outbound", ["New campaign", "Change the rules"]),
            ("outbound/templates", ["New template", "Sync with Meta", $"More for news_{agent:n}"]),
            ($"outbound/templates/{template}", ["Submit for review"]),
            ("outbound/contacts", ["Import a file", "Add a contact"]),
            ("outbound/contacts/imports", ["Import a file"]),
            ($"outbound/contacts/imports/{upload}", ["Import", "Throw the file away"]),
            ("outbound/campaigns", ["New campaign"]),
            ($"outbound/campaigns/{draft}", ["Go on with it", "Delete"]),
            ($"outbound/campaigns/{later}", ["Launch now", "Pause", "Cancel…"]),
        ];
    }

    private static ILocator Offer(Visit visit, string name) =>
        visit.Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).Or(visit.Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true })).First;
}
