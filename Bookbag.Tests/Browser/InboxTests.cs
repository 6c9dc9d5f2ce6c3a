using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bookbag.Tests.Browser;

/// <summary>The inbox, with customers of the sandbox.</summary>
[Collection(nameof(BrowserWorld))]
public sealed class InboxTests(BrowserWorld world)
{
    private static int _customers;

    [Fact]
    public async Task A_customer_writes_and_is_answered_while_somebody_watches()
    {
        var agent = await ConnectAsync("Watching");
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync($"/agents/{agent.Id}/inbox?view=all");
            await visit.SeesAsync("No conversations yet");
            await visit.AssertAccessibleAsync();

            var customer = await WriteAsync(agent, "Maria Lopez", new { text = ConnectedAgent.Question });
            await Row(visit, "Maria Lopez").ClickAsync();

            await Expect(Bubble(visit, ConnectedAgent.Question)).ToBeVisibleAsync();
            await Expect(Bubble(visit, ConnectedAgent.OpeningHours)).ToBeVisibleAsync();
            await visit.Button("Why this answer").ClickAsync();
            await Expect(visit.Page.GetByLabel("Details").GetByText("word for word").First).ToBeVisibleAsync();
            await visit.AssertAccessibleAsync();

            await WriteAsync(agent, "Maria Lopez", new { text = "Thank you so much" }, customer);
            await Expect(Bubble(visit, "Thank you so much")).ToBeVisibleAsync();
        });
    }

    [Fact]
    public async Task Every_kind_of_message_is_shown_for_what_it_is()
    {
        var agent = await ConnectAsync("Kinds");
        var customer = await WriteAsync(agent, "Kim Kinds", new { text = "I need a human" });
        var picture = await WriteAsync(agent, "Kim Kinds", new { type = "image", text = "My lamp" }, customer);
        foreach (var type in (string[])["document", "audio", "location", "contacts"])
            await WriteAsync(agent, "Kim Kinds", new { type }, customer);
        await WriteAsync(agent, "Kim Kinds", new { text = "About this one", context = picture.Wamid }, customer);
        await WriteAsync(agent, "Kim Kinds", new { type = "reaction", content = new { message_id = picture.Wamid, emoji = "👍" } }, customer);
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync($"/agents/{agent.Id}/inbox");
            await Row(visit, "Kim Kinds").ClickAsync();

            await Expect(visit.Page.GetByAltText("My lamp")).ToBeVisibleAsync();
            await Expect(visit.Page.GetByLabel("Voice message")).ToBeVisibleAsync();
            await Expect(visit.Page.GetByText("on the map")).ToBeVisibleAsync();
            await Expect(Bubble(visit, "About this one").Locator("blockquote")).ToContainTextAsync("My lamp");
            await Expect(visit.Page.Locator(".reactions")).ToContainTextAsync("👍");
            await visit.AssertAccessibleAsync();
        });
    }

    private sealed record Connected(Guid Id, string PhoneNumberId);

    /// <summary>Whoever wrote, and Meta's id of the message.</summary>
    private sealed record Customer(string Phone, string Wamid);

    private async Task<Connected> ConnectAsync(string name)
    {
        var id = await world.AgentAsync(name);
        // Without an account id: the sandbox gives every number one of its own, and templates belong to it.
        using var connected = await world.Product.Edge.PutAsJsonAsync($"/api/agents/{id}/channels/whatsapp",
            new { accessToken = ConnectedAgent.AccessToken, sendUrl = world.NewSendUrl(), appSecret = ConnectedAgent.AppSecret });
        Assert.True(connected.IsSuccessStatusCode, await connected.Content.ReadAsStringAsync());
        await world.Product.PostAsync($"/api/agents/{id}/sources", new { type = "qa", question = ConnectedAgent.Question, answer = ConnectedAgent.OpeningHours });
        var card = await world.Product.Edge.GetFromJsonAsync<JsonElement>($"/api/agents/{id}/channels/whatsapp");
        return new Connected(id, card.GetProperty("phoneNumberId").GetString()!); // a card has one
    }

    private async Task<Customer> WriteAsync(Connected agent, string name, object message, Customer? customer = null)
    {
        var phone = customer?.Phone ?? $"4930{2000_0000 + Interlocked.Increment(ref _customers)}";
        var body = JsonSerializer.SerializeToNode(message)!.AsObject(); // an object
        body["phoneNumberId"] = agent.PhoneNumberId;
        body["name"] = name;
        var written = await world.Product.PostAsync($"/sandbox/customers/{phone}/messages", body);
        return new Customer(phone, written.EnumerateObject().First().Value.GetString()!); // the id, and nothing else
    }

    private static ILocator Row(Visit visit, string name) => visit.Page.Locator(".inbox-list").GetByRole(AriaRole.Link).Filter(new() { HasText = name });

    private static ILocator Bubble(Visit visit, string text) => visit.Page.GetByRole(AriaRole.Article).Filter(new() { HasText = text });
}
