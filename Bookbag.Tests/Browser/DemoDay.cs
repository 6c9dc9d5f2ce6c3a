using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.Tests.Embedded;
using static Microsoft.Playwright.Assertions;

namespace Bookbag.Tests.Browser;

/// <summary>A day of the demo shop, played through the product: what pictures of the console show.</summary>
/// <param name="Agent">The shop's agent.</param>
/// <param name="Conversation">A conversation in which the agent answered and a person went on.</param>
/// <param name="Campaign">A campaign that is over, with replies.</param>
internal sealed record DemoDay(Guid Agent, Guid Conversation, Guid Campaign)
{
    private const string PhoneNumberId = "100000000000001";
    private const int People = 360;

    private static readonly string[] First = ["Ada", "Bruno", "Carla", "Dario", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaya", "Lena", "Milo", "Nora", "Oskar", "Pia", "Quirin", "Rosa", "Samir", "Tilda"];
    private static readonly string[] Last = ["Adler", "Brandt", "Costa", "Demir", "Eder", "Fontana", "Gruber", "Huber", "Ivanov", "Janssen", "Keller", "Lindner", "Moser", "Novak", "Orsini", "Petrov", "Rossi", "Steiner"];
    private static readonly string[] Towns = ["Graz", "Linz", "Salzburg", "Wien"];

    public static async Task<DemoDay> PlayAsync(BrowserWorld world)
    {
        var agents = await world.Product.Edge.GetFromJsonAsync<JsonElement>("/api/agents");
        var agent = agents.GetProperty("items").EnumerateArray().Single(a => a.GetProperty("name").GetString() == "Pine & Paper").GetProperty("id").GetGuid();
        var campaign = await CampaignAsync(world, agent);
        return new DemoDay(agent, await ConversationsAsync(world, agent), campaign);
    }

    private static async Task<Guid> CampaignAsync(BrowserWorld world, Guid agent)
    {
        var outbound = $"/api/agents/{agent}/outbound";
        await world.Product.Edge.PutAsJsonAsync($"/sandbox/numbers/{PhoneNumberId}", new
        {
            habits = new { reads = 0.84, replies = 0.14, quotes = 0.5, presses = 0.08, stops = 0.02, actsAfter = "00:00:01", words = new[] { "How much is shipping?", "Do you gift wrap?", "Lovely, thank you!", "What are your opening hours?" } },
        });
        await ContactsAsync(world, agent);
        var spring = await TemplateAsync(world, outbound, new
        {
            name = "spring_letter",
            category = "marketing",
            language = "en",
            header = new { type = "text", text = "Spring at Pine & Paper" },
            body = "Hi {{1}}, our spring notebooks are here: bound by hand, with covers of cork and of leather. Until Friday shipping is on us.",
            footer = "Reply STOP to unsubscribe",
            buttons = new[] { new { type = "quick_reply", text = "Show me" } },
            examples = new[] { "Ada" },
        });
        await TemplateAsync(world, outbound, new { name = "order_shipped", category = "utility", language = "en", body = "Hello {{1}}, your order is on its way and arrives within three days.", examples = new[] { "Ada" } });
        await world.Product.PostAsync($"{outbound}/templates", new { name = "summer_preview", category = "marketing", language = "en", body = "Summer inks are coming. Would you like to be the first to try them?" });

        var campaign = await DraftAsync(world, outbound, "Spring letter", spring);
        await world.Product.PostAsync($"{outbound}/campaigns/{campaign}/review", new { }); // as everybody does; it reads the tier, too
        await world.Product.PostAsync($"{outbound}/campaigns/{campaign}/launch", new { });
        var later = await DraftAsync(world, outbound, "Last call for spring", spring);
        await world.Product.PostAsync($"{outbound}/campaigns/{later}/launch", new { at = TimeProvider.System.GetUtcNow().AddDays(3) });
        await DraftAsync(world, outbound, "Calligraphy workshop in June", spring);
        await Eventually.TrueAsync(async () => await FunnelAsync(world, outbound, campaign) is { Done: true, Replied: > 20 }, "the campaign is over, and people have replied");
        return campaign;
    }

    private static async Task ContactsAsync(BrowserWorld world, Guid agent)
    {
        var people = Enumerable.Range(0, People).Select(i => new
        {
            external_id = $"customer-{1000 + i}",
            name = $"{First[i % First.Length]} {Last[i * 7 % Last.Length]}",
            email = $"{First[i % First.Length]}.{Last[i * 7 % Last.Length]}@example.com".ToLowerInvariant(),
            // A few never left a number.
            phonenumber = i % 60 == 59 ? null : $"+4366012{i:D5}",
            custom_attributes = new { town = Towns[i % Towns.Length] },
        });
        await world.Product.PostAsync($"/api/v1/chatbots/{agent}/contacts", new { users = people });
        var contacts = await world.Product.Edge.GetFromJsonAsync<JsonElement>($"/api/agents/{agent}/outbound/contacts?limit=40");
        foreach (var (i, contact) in contacts.GetProperty("items").EnumerateArray().Index())
        {
            if (i % 3 != 2 && contact.GetProperty("phone").ValueKind == JsonValueKind.String)
                await world.Product.PostAsync($"/api/agents/{agent}/outbound/contacts/{contact.GetProperty("id").GetString()}/{(i % 9 == 0 ? "opt-out" : "opt-in")}", new { });
        }
    }

    private static async Task<Guid> TemplateAsync(BrowserWorld world, string outbound, object template)
    {
        var id = (await world.Product.PostAsync($"{outbound}/templates", template)).GetProperty("id").GetGuid();
        await world.Product.PostAsync($"{outbound}/templates/{id}/submit", new { });
        await Eventually.TrueAsync(
            async () => (await world.Product.Edge.GetFromJsonAsync<JsonElement>($"{outbound}/templates/{id}")).GetProperty("status").GetString() == "APPROVED", "the template is approved");
        return id;
    }

    private static async Task<Guid> DraftAsync(BrowserWorld world, string outbound, string name, Guid template) => (await world.Product.PostAsync($"{outbound}/campaigns", new
    {
        name,
        replyMode = "ai",
        templateId = template,
        variables = new Dictionary<string, object> { ["1"] = new { field = "first_name", fallback = "there" } },
        guard = new { stopAtOptOuts = 0.2 },
    })).GetProperty("id").GetGuid();

    private static async Task<(bool Done, int Replied)> FunnelAsync(BrowserWorld world, string outbound, Guid campaign)
    {
        var funnel = await world.Product.Edge.GetFromJsonAsync<JsonElement>($"{outbound}/campaigns/{campaign}/funnel");
        return (funnel.GetProperty("state").GetString() == "completed" && funnel.GetProperty("sent").GetInt32() == 0, funnel.GetProperty("replied").GetInt32());
    }

    private static async Task<Guid> ConversationsAsync(BrowserWorld world, Guid agent)
    {
        await SaysAsync(world, "436601299001", "Tom Becker", "Do you engrave fountain pens?");
        await SaysAsync(world, "436601299002", "Yuki Tanaka", "Is there a place to sit and write in your shop?");
        await SaysAsync(world, "436601299003", "Sofia Marin", "I need a human please, my parcel is lost");
        await SaysAsync(world, "436601299004", "Maria Lopez", "How much is shipping?");
        var maria = await ConversationAsync(world, agent, "Maria Lopez");
        await AnswersAsync(world, maria, 1);
        await SaysAsync(world, "436601299004", "Maria Lopez", "Thanks! One of the notebooks arrived with a bent corner. Can I talk to a person?");
        await AnswersAsync(world, maria, 2);
        await world.VisitAsync("editor", async visit =>
        {
            await visit.GoAsync($"/agents/{agent}/inbox/{maria}");
            await visit.Button("Take it").ClickAsync();
            await visit.Button("Note to the team").ClickAsync();
            await visit.Field("Note to the team").FillAsync("Order 20417, sent on Monday. A new one can go out today.");
            await visit.Button("Add note").ClickAsync();
            await visit.SeesAsync("A new one can go out today.");
            await visit.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Reply", Exact = true }).ClickAsync();
            await visit.Field("Message").FillAsync("Hello Maria, Ann here. I am sorry about that! A new notebook goes out to you today; keep the other one.");
            await visit.Field("Message").PressAsync("Enter");
            await Expect(visit.Page.GetByRole(Microsoft.Playwright.AriaRole.Article).Filter(new() { HasText = "Ann here" }).GetByText("Read", new() { Exact = true })).ToBeAttachedAsync();
        }, email: "ann@pine-paper.example");
        await SaysAsync(world, "436601299004", "Maria Lopez", "That is so kind of you, thank you!");
        await Eventually.TrueAsync(async () => (await MessagesAsync(world, maria)).Any(m => m.GetProperty("text").GetString()?.Contains("so kind", StringComparison.Ordinal) == true), "the thanks have come");
        return maria;
    }

    private static async Task SaysAsync(BrowserWorld world, string phone, string name, string text) =>
        await world.Product.PostAsync($"/sandbox/customers/{phone}/messages", new { phoneNumberId = PhoneNumberId, name, text });

    private static async Task<Guid> ConversationAsync(BrowserWorld world, Guid agent, string name)
    {
        var found = Guid.Empty;
        await Eventually.TrueAsync(async () =>
        {
            var page = await world.Product.Edge.GetFromJsonAsync<JsonElement>($"/api/conversations?agentId={agent}&search={Uri.EscapeDataString(name)}");
            found = page.GetProperty("items").EnumerateArray().Select(c => c.GetProperty("id").GetGuid()).FirstOrDefault();
            return found != Guid.Empty;
        }, $"{name} has written");
        return found;
    }

    private static Task AnswersAsync(BrowserWorld world, Guid conversation, int answers) => Eventually.TrueAsync(
        async () => (await MessagesAsync(world, conversation)).Count(m => m.GetProperty("author").GetString() == "ai") == answers, "the agent has answered");

    private static async Task<IReadOnlyList<JsonElement>> MessagesAsync(BrowserWorld world, Guid conversation) =>
        [.. (await world.Product.Edge.GetFromJsonAsync<JsonElement>($"/api/conversations/{conversation}/messages")).GetProperty("items").EnumerateArray()];
}
