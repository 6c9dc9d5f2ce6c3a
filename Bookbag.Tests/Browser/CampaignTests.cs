using System.Globalization;
using Bookbag.Tests.Embedded;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bookbag.Tests.Browser;

/// <summary>What becomes of a campaign after it was made: its page, and what people decide there.</summary>
[Collection(nameof(BrowserWorld))]
public sealed class CampaignTests(BrowserWorld world)
{
    [Fact]
    public async Task A_campaign_is_paused_goes_on_and_is_ended_for_good()
    {
        var agent = await world.AgentAsync("Moves", connected: true);
        await world.ContactsAsync(agent, 100);
        // So slow that it is still under way after everything that is done to it here.
        await world.PutAsync($"{OutboundSeeds.Outbound(agent)}/settings", new { timeZone = "UTC", messagesPerSecond = 1 });
        var campaign = await world.DraftAsync(agent, "Slow");
        await world.LaunchAsync(agent, campaign);
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync(Page(agent, campaign));
            await Expect(State(visit)).ToHaveTextAsync("Sending");
            await visit.Button("Pause").ClickAsync();
            await Expect(State(visit)).ToHaveTextAsync("Paused");
            await visit.SeesAsync("It goes on when somebody resumes it.");
            await visit.AssertAccessibleAsync();

            await visit.Button("Resume").ClickAsync();
            await Expect(State(visit)).ToHaveTextAsync("Sending");

            await visit.Button("Cancel…").ClickAsync();
            await Answer(visit, "Go back").ClickAsync();
            await Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
            await Expect(State(visit)).ToHaveTextAsync("Sending");

            await visit.Button("Cancel…").ClickAsync();
            await visit.SeesAsync("It cannot be taken up again");
            await visit.AssertAccessibleAsync();
            await Answer(visit, "End it for good").ClickAsync();
            await Expect(State(visit)).ToHaveTextAsync("Cancelled");
            await Expect(visit.Button("Pause")).ToHaveCountAsync(0);
            await Expect(visit.Button("Cancel…")).ToHaveCountAsync(0);
            await Expect(visit.Page.Locator(".legend li", new() { HasText = "To be sent" })).ToHaveCountAsync(0);
        });
    }

    [Fact]
    public async Task A_campaign_is_scheduled_and_then_launched_before_its_time()
    {
        var agent = await world.AgentAsync("Schedule", connected: true);
        await world.ContactsAsync(agent, 2);
        var campaign = await world.DraftAsync(agent, "Later");
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync(Page(agent, campaign));
            await visit.Link("Go on with it").ClickAsync();
            await Expect(visit.Page.GetByLabel("Name of the campaign")).ToHaveValueAsync("Later");
            await visit.Button("Next").ClickAsync();
            await visit.SeesAsync("as we told you on the phone.");
            await visit.Button("Next").ClickAsync();
            await visit.SeesAsync("2 contacts");
            await visit.Button("Next").ClickAsync();
            await visit.Page.GetByText("At a time").ClickAsync();
            await visit.Button("Schedule").ClickAsync();
            await visit.SeesAsync("Say when it starts.");
            await visit.Field("Start").FillAsync(TimeProvider.System.GetUtcNow().AddDays(2).ToString("yyyy-MM-dd'T'09:30", CultureInfo.InvariantCulture));
            await visit.AssertAccessibleAsync();
            await visit.Button("Schedule").ClickAsync();
            await Answer(visit, "Schedule").ClickAsync();

            await Expect(State(visit)).ToHaveTextAsync("Scheduled");
            await visit.SeesAsync("09:30");
            await visit.AssertAccessibleAsync();
            await visit.Button("Launch now").ClickAsync();
            await Answer(visit, "Launch").ClickAsync();
            await Expect(State(visit)).ToHaveTextAsync("Completed");
        });
    }

    [Fact]
    public async Task Messages_of_unknown_outcome_are_decided_about_one_by_one()
    {
        var agent = await world.AgentAsync("Unknown", connected: true);
        var numbers = await world.ContactsAsync(agent, 3);
        var faults = $"/sandbox/faults?phoneNumberId={await world.NumberAsync(agent)}";
        // Meta takes the messages, its answers are lost, and no status tells of them.
        await world.PutAsync(faults, new { lostAnswers = 1.0, withholdWebhooks = true });
        var campaign = await world.DraftAsync(agent, "Lost");
        await world.LaunchAsync(agent, campaign);
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync(Page(agent, campaign));
            await visit.SeesAsync("Meta's answer to 3 messages was lost.");
            await visit.Button("See them one by one").ClickAsync();
            await Expect(visit.Field("Which recipients")).ToHaveValueAsync("unresolved");
            await visit.AssertAccessibleAsync();

            await visit.Button("Assume sent: Kim 0").ClickAsync();
            await visit.SeesAsync("Meta's answer to 2 messages was lost.");

            await world.PutAsync(faults, new { withholdWebhooks = true });
            await visit.Button("Send again: Kim 1").ClickAsync();
            await visit.SeesAsync("1 person may have got it already, and would get it twice.");
            await visit.AssertAccessibleAsync();
            await Answer(visit, "Send again").ClickAsync();
            await visit.SeesAsync("Meta's answer to 1 message was lost.");

            await visit.Button("Assume that all were sent").ClickAsync();
            await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Outcome unknown" })).ToHaveCountAsync(0);
            await Expect(visit.Page.Locator(".funnel li", new() { HasText = "Sent" })).ToContainTextAsync("3");
        });
        var number = await world.NumberAsync(agent);
        var sent = (await world.GetAsync($"/sandbox/requests?phoneNumberId={number}")).GetProperty("items").EnumerateArray().Select(request => request.GetRawText()).ToList();
        Assert.Equal([1, 2, 1], numbers.Select(to => sent.Count(request => request.Contains(to, StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Replies_are_listed_with_their_evidence_and_lead_to_the_conversation()
    {
        var agent = await world.AgentAsync("Replies", connected: true);
        var numbers = await world.ContactsAsync(agent, 3);
        var campaign = await world.DraftAsync(agent, "Asked");
        await world.LaunchAsync(agent, campaign);
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync(Page(agent, campaign));
            await Expect(State(visit)).ToHaveTextAsync("Completed");
            await visit.Page.Locator(".tabs button", new() { HasText = "Replies" }).ClickAsync();
            await visit.SeesAsync("Nobody has replied yet");

            await world.WriteAsync(agent, numbers[0], "Do you have it in green?");
            await world.WriteAsync(agent, numbers[1], "STOP");
            var rows = visit.Page.GetByRole(AriaRole.List, new() { Name = "Replies" }).GetByRole(AriaRole.Listitem);
            var green = rows.Filter(new() { HasText = "Do you have it in green?" });
            await Expect(green).ToContainTextAsync("Kim 0");
            await Expect(green).ToContainTextAsync("Written within 72 hours of it");
            await Expect(rows.Filter(new() { HasText = "STOP" })).ToContainTextAsync("Opted out");
            await Expect(visit.Page.Locator(".funnel li", new() { HasText = "Replied" })).ToContainTextAsync("1");
            await visit.AssertAccessibleAsync();
            var file = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.GetByText("Download as CSV").ClickAsync());
            Assert.Contains("Do you have it in green?", await File.ReadAllTextAsync(await file.PathAsync()), StringComparison.Ordinal);

            await visit.Link("Conversation with Kim 0").ClickAsync();
            await Expect(visit.Page.GetByRole(AriaRole.Article).Filter(new() { HasText = "Do you have it in green?" })).ToBeVisibleAsync();
        });
    }

    [Fact]
    public async Task More_replies_than_a_page_holds_are_read_as_they_come_into_view()
    {
        const int Many = 60;
        var agent = await world.AgentAsync("Many replies", connected: true);
        var numbers = await world.ContactsAsync(agent, 1);
        var campaign = await world.DraftAsync(agent, "Talked about");
        await world.LaunchAsync(agent, campaign);
        await Eventually.TrueAsync(async () => (await FunnelAsync(agent, campaign)).GetProperty("reached").GetProperty("sent").GetInt32() == 1, "the message is out");
        await Parallel.ForAsync(0, Many, async (i, _) => await world.WriteAsync(agent, numbers[0], $"Answer {i:D2}"));
        await Eventually.TrueAsync(async () => (await FunnelAsync(agent, campaign)).GetProperty("replies").GetProperty("all").GetInt32() == Many, "every answer is linked");
        await world.VisitAsync("viewer", async visit =>
        {
            await visit.GoAsync(Page(agent, campaign));
            await visit.Page.Locator(".tabs button", new() { HasText = "Replies" }).ClickAsync();
            var rows = visit.Page.GetByRole(AriaRole.List, new() { Name = "Replies" }).Locator("li.row");
            await Expect(rows.First).ToContainTextAsync("Answer");
            // The first page ends before the oldest answer: only the second one has it.
            var oldest = (await world.GetAsync($"{OutboundSeeds.Outbound(agent)}/campaigns/{campaign}/replies?limit={Many}")).GetProperty("items")[Many - 1].GetProperty("text").GetString()!; // it is a text
            await Eventually.TrueAsync(async () =>
            {
                await visit.Page.EvaluateAsync("() => window.scrollTo(0, document.body.scrollHeight)");
                return await rows.Filter(new() { HasText = oldest }).CountAsync() > 0;
            }, "the oldest answer is in view");
        });
    }

    [Fact]
    public async Task Who_writes_STOP_is_shown_as_opted_out_and_left_out_of_the_next_campaign()
    {
        var agent = await world.AgentAsync("Stops", connected: true);
        var numbers = await world.ContactsAsync(agent, 3);
        await world.ApprovedTemplateAsync(agent);
        await world.WriteAsync(agent, numbers[2], "STOP");
        await Eventually.TrueAsync(async () => (await world.GetAsync($"{OutboundSeeds.Outbound(agent)}/contacts?search=Kim%202")).GetRawText().Contains("opted_out", StringComparison.Ordinal), "the STOP is taken");
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync($"/agents/{agent}/outbound/contacts");
            await visit.SeesAsync("3 contacts, 1 opted out");
            var row = visit.Page.GetByRole(AriaRole.List, new() { Name = "Contacts" }).GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Kim 2" });
            await Expect(row).ToContainTextAsync("Opted out");
            await visit.Page.GetByLabel("More for Kim 2").ClickAsync();
            await visit.Page.GetByText("Open and change").ClickAsync();
            await Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("wrote STOP");
            await visit.AssertAccessibleAsync();
            await Answer(visit, "Cancel").ClickAsync();

            await visit.GoAsync($"/agents/{agent}/outbound/campaigns/new");
            await visit.Page.GetByLabel("Name of the campaign").FillAsync("To those who want it");
            await visit.Button("Next").ClickAsync();
            await visit.Field("Template").SelectOptionAsync(new SelectOptionValue { Index = 1 });
            await visit.SeesAsync("as we told you on the phone.");
            await visit.Button("Next").ClickAsync();
            await visit.SeesAsync("2 can be written to, 1 opted out");
            await visit.Button("Next").ClickAsync();
            await visit.SeesAsync("The contact wants no marketing.");
            await Expect(visit.Page.Locator(".figures div", new() { HasText = "Get it" })).ToContainTextAsync("2");
        });
    }

    private static string Page(Guid agent, Guid campaign) => $"/agents/{agent}/outbound/campaigns/{campaign}";

    /// <summary>How the campaign stands.</summary>
    private static ILocator State(Visit visit) => visit.Page.Locator(".note .state");

    /// <summary>A button of the question that is asked.</summary>
    private static ILocator Answer(Visit visit, string name) => visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    private Task<System.Text.Json.JsonElement> FunnelAsync(Guid agent, Guid campaign) => world.GetAsync($"{OutboundSeeds.Outbound(agent)}/campaigns/{campaign}/funnel");
}
