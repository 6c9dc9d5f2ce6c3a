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
    public async Task A_person_takes_a_ticket_answers_and_hands_back_and_a_colleague_sees_every_move()
    {
        var agent = await ConnectAsync("Moves");
        var customer = await WriteAsync(agent, "Tom Becker", new { text = "I want to talk to a human please" });
        await world.VisitAsync("editor", async ann => await world.VisitAsync("editor", async ben =>
        {
            foreach (var visit in new[] { ann, ben })
            {
                await visit.GoAsync($"/agents/{agent.Id}/inbox");
                await Expect(Row(visit, "Tom Becker").GetByText("Unread:")).ToBeAttachedAsync();
                await Row(visit, "Tom Becker").ClickAsync();
                await visit.SeesAsync("Nobody has it yet");
            }

            await ann.Button("Take it").ClickAsync();
            await ann.SeesAsync("You have it");
            await Expect(Head(ben).GetByText(" has it")).ToContainTextAsync("editor-");

            // What is typed outlives a reload of the page.
            await ann.Field("Message").FillAsync("Hello Tom, Ann here.");
            await ann.Page.ReloadAsync();
            await Expect(ann.Field("Message")).ToHaveValueAsync("Hello Tom, Ann here.");
            await ann.Field("Message").PressAsync("Enter");
            await Expect(Bubble(ben, "Hello Tom, Ann here.")).ToBeVisibleAsync();
            await Expect(ann.Field("Message")).ToHaveValueAsync("");
            await Expect(Bubble(ann, "Hello Tom, Ann here.").GetByText("Read", new() { Exact = true })).ToBeAttachedAsync();
            await Expect(Row(ben, "Tom Becker").GetByText("Waiting for the customer")).ToBeVisibleAsync();

            await ann.Button("Note to the team").ClickAsync();
            await ann.Field("Note to the team").FillAsync("He is a friend of the house.");
            await ann.Button("Add note").ClickAsync();
            await Expect(ben.Page.GetByText("He is a friend of the house.")).ToBeVisibleAsync();
            await ben.AssertAccessibleAsync();

            await ben.Button("Resume agent").ClickAsync();
            await Expect(Head(ann).GetByText("The agent answers")).ToBeVisibleAsync();
            await WriteAsync(agent, "Tom Becker", new { text = ConnectedAgent.Question }, customer);
            await Expect(Bubble(ann, ConnectedAgent.OpeningHours)).ToBeVisibleAsync();
            await ann.Button("Take over").ClickAsync();
            await Expect(Head(ben).GetByText(" has it")).ToBeVisibleAsync();
        }));
    }

    [Fact]
    public async Task When_the_window_is_closed_the_approved_templates_are_offered()
    {
        var agent = await ConnectAsync("Late");
        var name = $"order_news_{Interlocked.Increment(ref _customers)}";
        await ApproveAsync(agent.Id, new { name, language = "en", category = "utility", body = "Hello {{1}}, there is news of your order today.", examples = new Dictionary<string, string> { ["1"] = "Ada" } });
        var yesterday = TimeProvider.System.GetUtcNow().AddHours(-25).ToUnixTimeSeconds();
        await WriteAsync(agent, "Late Larry", new { text = "Is anybody there?", timestamp = yesterday });
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync($"/agents/{agent.Id}/inbox?view=all");
            await Row(visit, "Late Larry").ClickAsync();

            await visit.SeesAsync("The 24-hour window is closed.");
            await Expect(visit.Field("Message")).ToHaveCountAsync(0);
            await visit.Button("Choose a template").ClickAsync();
            await visit.Field("Template").SelectOptionAsync(new SelectOptionValue { Label = $"{name} (en)" });
            await visit.Page.GetByLabel("Value of 1").FillAsync("Larry");
            await visit.Page.GetByLabel("Value of 1").PressAsync("Tab");
            await Expect(visit.Page.GetByLabel("Preview")).ToContainTextAsync("Hello Larry, there is news of your order today.");
            await visit.AssertAccessibleAsync();
        });
    }

    [Fact]
    public async Task A_viewer_reads_along_on_a_phone_and_cannot_write()
    {
        var agent = await ConnectAsync("Phone");
        await WriteAsync(agent, "Petra Small", new { text = "I want to talk to a human please" });
        await world.VisitAsync("viewer", async visit =>
        {
            await visit.GoAsync($"/agents/{agent.Id}/inbox");
            await Row(visit, "Petra Small").ClickAsync();

            await Expect(Bubble(visit, "I want to talk to a human please")).ToBeVisibleAsync();
            await visit.SeesAsync("Your role may read along.");
            await Expect(visit.Page.GetByRole(AriaRole.Textbox)).ToHaveCountAsync(0);
            await Expect(visit.Button("Take it")).ToHaveCountAsync(0);
            Assert.Equal(360, await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
            await visit.AssertAccessibleAsync();

            await visit.Link("Back to the list").ClickAsync();
            await Expect(Row(visit, "Petra Small")).ToBeVisibleAsync();
            await visit.AssertAccessibleAsync();
        }, new BrowserNewContextOptions { ViewportSize = new() { Width = 360, Height = 740 } });
    }

    [Fact]
    public async Task A_session_that_ends_while_somebody_writes_takes_no_word_and_a_reload_neither()
    {
        var agent = await ConnectAsync("Ends");
        await WriteAsync(agent, "Eve Ending", new { text = "I want to talk to a human please" });
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync($"/agents/{agent.Id}/inbox");
            await Row(visit, "Eve Ending").ClickAsync();
            await visit.Button("Take it").ClickAsync();
            await Expect(visit.Field("Message")).ToBeFocusedAsync();
            await visit.Field("Message").FillAsync("Your lamp is on its way.");
            await visit.Page.Context.ClearCookiesAsync(new() { Name = "bookbag" });
            await visit.ReturnToTabAsync();
            await visit.SeesAsync("Your session has ended");
            await visit.Field("Message").PressSequentiallyAsync(" It comes on Friday.");
            await visit.Field("Message").PressAsync("Enter");
            await Expect(visit.Page.Locator(".mud-snackbar")).ToBeVisibleAsync();
            await Expect(visit.Field("Message")).ToHaveValueAsync("Your lamp is on its way. It comes on Friday.");

            // Who reloads in this state comes back through the sign-in page.
            await visit.Page.ReloadAsync();
            await visit.SignInHereAsync();
            await Expect(visit.Field("Message")).ToHaveValueAsync("Your lamp is on its way. It comes on Friday.");

            // The reload is faster than the answer, or the message is faster than the reload: it is sent once.
            await visit.Field("Message").EvaluateAsync("box => { box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })); location.reload(); }");
            await Expect(visit.Field("Message")).ToBeVisibleAsync();
            await visit.Field("Message").PressAsync("Enter");
            await Expect(visit.Field("Message")).ToHaveValueAsync("");
            await Expect(Bubble(visit, "It comes on Friday.").GetByText("Read", new() { Exact = true })).ToBeAttachedAsync();
            await Expect(Bubble(visit, "It comes on Friday.")).ToHaveCountAsync(1);
            visit.Forgive("401");
        });
    }

    [Fact]
    public async Task The_keyboard_is_enough_to_answer_quote_and_look_at_the_details()
    {
        var agent = await ConnectAsync("Keys");
        await WriteAsync(agent, "Kay Board", new { text = "I want to talk to a human please" });
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync($"/agents/{agent.Id}/inbox");
            await Row(visit, "Kay Board").PressAsync("Enter");
            await visit.Button("Take it").PressAsync("Enter");
            await Expect(visit.Field("Message")).ToBeFocusedAsync();

            await Bubble(visit, "talk to a human").GetByRole(AriaRole.Button, new() { Name = "Quote" }).PressAsync("Enter");
            await Expect(visit.Field("Message")).ToBeFocusedAsync();
            await Expect(visit.Page.Locator(".composer blockquote")).ToContainTextAsync("talk to a human");
            await visit.Page.Keyboard.PressAsync("Escape");
            await Expect(visit.Page.Locator(".composer blockquote")).ToHaveCountAsync(0);

            await visit.Page.Keyboard.TypeAsync("One line");
            await visit.Page.Keyboard.PressAsync("Shift+Enter");
            await visit.Page.Keyboard.TypeAsync("and another");
            await visit.Page.Keyboard.PressAsync("Enter");
            await Expect(Bubble(visit, "One line")).ToContainTextAsync("and another");
            await Expect(Bubble(visit, "One line")).ToContainTextAsync("editor-");
            await Expect(visit.Field("Message")).ToBeFocusedAsync();

            await visit.Button("Details").PressAsync("Enter");
            await Expect(visit.Button("Close the details")).ToBeFocusedAsync();
            await visit.Page.Keyboard.PressAsync("Escape");
            await Expect(visit.Button("Close the details")).ToBeHiddenAsync();
            await Expect(visit.Button("Details")).ToBeFocusedAsync();
        }, new BrowserNewContextOptions { ViewportSize = new() { Width = 800, Height = 900 } });
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

    private async Task ApproveAsync(Guid agentId, object template)
    {
        var path = $"/api/agents/{agentId}/outbound/templates";
        var id = (await world.Product.PostAsync(path, template)).GetProperty("id").GetGuid();
        await world.Product.PostAsync($"{path}/{id}/submit", new { });
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await world.Product.Edge.GetFromJsonAsync<JsonElement>($"{path}/{id}", patience.Token)).GetProperty("status").GetString() != "APPROVED")
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, patience.Token);
    }

    private static ILocator Row(Visit visit, string name) => visit.Page.Locator(".inbox-list").GetByRole(AriaRole.Link).Filter(new() { HasText = name });

    private static ILocator Bubble(Visit visit, string text) => visit.Page.GetByRole(AriaRole.Article).Filter(new() { HasText = text });

    private static ILocator Head(Visit visit) => visit.Page.Locator(".thread-head");
}
