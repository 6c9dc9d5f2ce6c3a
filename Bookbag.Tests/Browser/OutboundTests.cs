using System.Globalization;
using System.Text;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bookbag.Tests.Browser;

[Collection(nameof(BrowserWorld))]
public sealed class OutboundTests(BrowserWorld world)
{
    [Fact]
    public async Task A_template_is_judged_as_it_is_written_and_approved_while_one_looks()
    {
        var agent = await world.AgentAsync("Templates", connected: true);
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync($"/agents/{agent}/outbound/templates");
            await visit.Link("Write the first template").ClickAsync();
            await Expect(visit.Heading("New template")).ToBeVisibleAsync();

            await visit.Page.GetByLabel("Name").FillAsync($"Spring News {agent:n}");
            await visit.Page.GetByLabel("Body").FillAsync("Spring is here, {{1}}");
            await visit.SeesAsync("The body must neither begin nor end with a variable");
            await visit.Page.GetByLabel("Body").FillAsync("Spring is here, {{1}}! Come *in* and see what is new in the shop.");
            await visit.Field("Example for {{1}}").FillAsync("Ana");
            await visit.SeesAsync("Spring is here, Ana!");
            await Expect(visit.Page.GetByText("The body must neither begin nor end with a variable")).ToHaveCountAsync(0);
            await visit.AssertAccessibleAsync();

            await visit.Button("Submit for review").ClickAsync();
            await Expect(visit.Page.GetByText("Approved", new() { Exact = true }).Last).ToBeVisibleAsync();
            await Expect(visit.Link($"spring_news_{agent:n}")).ToBeVisibleAsync();
            await visit.AssertAccessibleAsync();
        });
    }

    [Fact]
    public async Task A_thousand_contacts_come_from_a_file_and_what_is_wrong_with_others_is_told()
    {
        var agent = await world.AgentAsync("Contacts", connected: true);
        var file = new StringBuilder("Mobile;Full name;Town\n");
        for (var i = 0; i < 1_000; i++)
            file.Append(CultureInfo.InvariantCulture, $"+4915155{i:D6};Person {i};{(i % 2 == 0 ? "Leipzig" : "Graz")}\n");
        file.Append("12;Nobody;Nowhere\n");
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync($"/agents/{agent}/outbound/contacts");
            await visit.Link("Import a file").First.ClickAsync();
            await visit.Page.GetByLabel("CSV file").SetInputFilesAsync(new FilePayload { Name = "people.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(file.ToString()) });
            await Expect(visit.Field("Mobile becomes")).ToHaveValueAsync("phone");
            await Expect(visit.Field("Full name becomes")).ToHaveValueAsync("name");
            await Expect(visit.Field("Town becomes")).ToHaveValueAsync("attribute");
            await visit.AssertAccessibleAsync();
            await visit.Page.GetByLabel("Tags for everybody in the file").FillAsync("spring");
            await visit.Button("Import").ClickAsync();
            await visit.SeesAsync("Every row was read");
            await Expect(visit.Page.Locator(".figures div", new() { HasText = "New contacts" })).ToContainTextAsync("1,000");
            var errors = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.GetByText("Download the 1 row with errors").ClickAsync());
            Assert.Contains("Nobody", await File.ReadAllTextAsync(await errors.PathAsync()), StringComparison.Ordinal);

            await visit.Link("See the contacts").ClickAsync();
            await visit.SeesAsync("1,000 contacts");
            await visit.Button("Add a condition").ClickAsync();
            await visit.Field("About").SelectOptionAsync("attribute:town");
            await visit.Field("Value").FillAsync("Graz");
            await visit.SeesAsync("500 contacts");
            await visit.Page.GetByLabel("Search by name, number, e-mail or id").FillAsync("Person 99");
            await Expect(visit.Page.GetByText("Person 999", new() { Exact = true })).ToBeVisibleAsync();
            await Expect(visit.Page.GetByText("Person 998", new() { Exact = true })).ToHaveCountAsync(0);
            await visit.AssertAccessibleAsync();
        });
    }

    [Fact]
    public async Task A_campaign_is_made_launched_and_seen_to_its_end_without_those_who_opted_out()
    {
        var agent = await world.AgentAsync("Campaigns", connected: true);
        var template = (await world.ApprovedTemplateAsync(agent)).Name;
        await world.ContactsAsync(agent, 40);

        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync($"/agents/{agent}/outbound/contacts");
            await visit.Page.GetByLabel("Search by name, number, e-mail or id").FillAsync("Kim 7");
            await Expect(visit.Page.Locator("ul[aria-label=Contacts] > li.row")).ToHaveCountAsync(1);
            await visit.Page.GetByLabel("More for Kim 7").ClickAsync();
            await visit.Page.GetByText("Opt out…").ClickAsync();
            await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Opt out" }).ClickAsync();
            await Expect(visit.Page.GetByText("Opted out", new() { Exact = true })).ToBeVisibleAsync();

            await visit.GoAsync($"/agents/{agent}/outbound");
            await visit.Link("New campaign").ClickAsync();
            await visit.Page.GetByLabel("Name of the campaign").FillAsync("Spring");
            await visit.Button("Next").ClickAsync();
            await visit.Field("Template").SelectOptionAsync(new SelectOptionValue { Label = $"{template} (en)" });
            await visit.SeesAsync("as we told you on the phone.");
            await visit.Button("Next").ClickAsync();
            await visit.SeesAsync("40 contacts");
            await visit.AssertAccessibleAsync();
            await visit.Button("Next").ClickAsync();
            await visit.SeesAsync("The contact wants no marketing.");
            await Expect(visit.Page.Locator(".figures div", new() { HasText = "Get it" })).ToContainTextAsync("39");
            await visit.AssertAccessibleAsync();
            await visit.Button("Launch now").ClickAsync();
            await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Launch" }).ClickAsync();

            await Expect(visit.Heading("Spring")).ToBeVisibleAsync();
            await Expect(visit.Page.GetByText("Completed", new() { Exact = true })).ToBeVisibleAsync();
            await Expect(visit.Page.Locator(".funnel li", new() { HasText = "Read" })).ToContainTextAsync("39");
            var parts = (await visit.Page.Locator(".legend strong").AllInnerTextsAsync()).Select(text => int.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture));
            Assert.Equal(40, parts.Sum());
            await visit.Field("Which recipients").SelectOptionAsync("skipped");
            await Expect(visit.Page.GetByText("Kim 7", new() { Exact = true })).ToBeVisibleAsync();
            await visit.AssertAccessibleAsync();
        });
    }
}
