using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bookbag.Tests.Browser;

/// <summary>From a new agent to its first answer, and the people and programs around it.</summary>
[Collection(nameof(BrowserWorld))]
public sealed class SetupTests(BrowserWorld world)
{
    [Fact]
    public async Task A_new_agent_is_connected_taught_and_tried()
    {
        const string Question = "Do you repair old books?", Answer = "We do, from 20 euros.";
        await world.VisitAsync("admin", async visit =>
        {
            await visit.GoAsync("/new-agent");
            await visit.Field("The agent's name").FillAsync("Bindery");
            await visit.Button("Create the agent").ClickAsync();
            await Expect(visit.Heading("Bindery")).ToBeVisibleAsync();
            await visit.SeesAsync("No number is connected yet.");

            await visit.Link("Connect: Connect a number").ClickAsync();
            await visit.Button("Use a sandbox number").ClickAsync();
            await visit.SeesAsync("Connected and verified");
            await visit.Page.ReloadAsync();
            await visit.Button("Test the connection").ClickAsync();
            await visit.SeesAsync("What came is applied.");

            await visit.Link("Sources").ClickAsync();
            await visit.Link("Add the first question").ClickAsync();
            await visit.Field("Question").FillAsync(Question);
            await visit.Field("Answer").FillAsync(Answer);
            await visit.Button("Save").ClickAsync();
            await Expect(visit.Link(Question)).ToBeVisibleAsync();

            await visit.Link("Playground").ClickAsync();
            await visit.Field("A customer's question").FillAsync("Can you repair an old book?");
            await visit.Button("Ask").ClickAsync();
            await visit.SeesAsync(Answer);
            await visit.AssertAccessibleAsync();

            await visit.Link("Deploy").ClickAsync();
            await visit.Field("Message").FillAsync(Question);
            await visit.Button("Send").ClickAsync();
            await Expect(visit.Page.GetByLabel("Messages on the phone").GetByText(Answer)).ToBeVisibleAsync();

            await visit.Link("Home").ClickAsync();
            await visit.SeesAsync("is connected and receives messages.");
            await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Try it (done)" })).ToBeVisibleAsync();

            await visit.Link("Webhook log").ClickAsync();
            await visit.Page.GetByRole(AriaRole.List, new() { Name = "Webhooks" }).GetByRole(AriaRole.Link).First.ClickAsync();
            await visit.SeesAsync("whatsapp_business_account");
            await visit.AssertAccessibleAsync();
        });
    }

    [Fact]
    public async Task What_Meta_refuses_is_said_at_the_field()
    {
        var agent = await world.AgentAsync("Refused");
        await world.VisitAsync("admin", async visit =>
        {
            await visit.GoAsync($"/agents/{agent}/deploy");
            await visit.Field("Access token").FillAsync("not-the-token");
            await visit.Field("Send URL").FillAsync(world.NewSendUrl());
            await visit.Field("App secret").FillAsync("sandbox-app-secret");
            await visit.Button("Connect").ClickAsync();
            await Expect(visit.Page.Locator(".mud-input-error").First).ToBeVisibleAsync();
            await visit.AssertAccessibleAsync();
            await Expect(visit.Field("Send URL")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("sandbox"));
        });
    }

    [Fact]
    public async Task A_member_is_invited_and_a_key_is_made_and_each_secret_is_shown_once()
    {
        var agent = await world.AgentAsync("Team");
        await world.VisitAsync("admin", async visit =>
        {
            await visit.GoAsync($"/agents/{agent}/operations/members");
            var email = $"new-{agent:n}@example.com";
            await visit.Field("E-mail address").FillAsync(email);
            await visit.Button("Invite").ClickAsync();
            await visit.SeesAsync("can sign in with this password");
            await Expect(visit.Page.GetByText(email, new() { Exact = true })).ToBeVisibleAsync();

            await visit.Link("API keys").ClickAsync();
            await visit.Field("Name").FillAsync($"Shop {agent:n}");
            await visit.Button("Make a key").ClickAsync();
            await Expect(visit.Field("API key")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("^oc_live_"));
            await visit.AssertAccessibleAsync();
            await visit.Button("I have kept it").ClickAsync();
            await Expect(visit.Field("API key")).ToHaveCountAsync(0);

            await visit.Button($"Take back Shop {agent:n}").ClickAsync();
            await visit.AssertAccessibleAsync();
            await visit.Button("Take back").ClickAsync();
            await visit.SeesAsync("The key opens nothing any more.");
        });
    }
}
