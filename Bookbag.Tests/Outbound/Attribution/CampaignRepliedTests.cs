extern alias outbound;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting.Testing;
using Bookbag.Tests.Benchmarks;
using Bookbag.Tests.Embedded;
using Bookbag.Tests.Support;
using outbound::Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Outbound.Attribution;

/// <summary>Campaigns that are answered, in the whole product: out to the sandbox, and back in by the door.</summary>
[Collection(nameof(WholeProduct))]
public sealed class CampaignRepliedTests
{
    [Fact]
    public async Task Replies_go_to_the_agent_or_to_a_person_as_the_campaign_says_and_are_counted()
    {
        await using var product = await Product.StartAsync(CampaignBenchParts.AtFullSpeed);
        await using var meta = await SandboxHost.StartAsync(new SandboxOptions
        {
            CallbackUrl = new Uri(product.App.GetEndpoint("edge", "http"), ConnectedAgent.WebhookPath),
            Tier = "TIER_UNLIMITED",
            PairLimit = false,
            Reads = false,
        });

        var ai = await AnsweredAsync(product, meta, "100000000000601", "ai");
        await Eventually.TrueAsync(async () => (await AuthorsAsync(product, ai)).Contains("ai"), "the agent answers");
        Assert.Equal(["campaign", "customer", "ai"], await AuthorsAsync(product, ai));

        var human = await AnsweredAsync(product, meta, "100000000000602", "human");
        await Eventually.TrueAsync(async () => await product.Database.ScalarAsync<string>($"SELECT cause || '|' || reason FROM inbound.tickets WHERE conversation_id = '{human}'") is { } ticket
            && ticket == """campaign|The customer answered the campaign "Bench".""", "a ticket opens");
        Assert.Equal(["campaign", "customer"], await AuthorsAsync(product, human));
    }

    /// <summary>A campaign to two customers; one quotes it, the other stops. Returns the conversation of the first.</summary>
    private static async Task<Guid> AnsweredAsync(Product product, SandboxHost meta, string number, string replyMode)
    {
        var (path, campaign) = await CampaignBenchParts.PrepareAsync(product, meta, number, 2, replyMode: replyMode);
        await product.PostAsync($"{path}/{campaign}/launch", new { });
        async Task<JsonElement> FunnelAsync() => await product.Edge.GetFromJsonAsync<JsonElement>($"{path}/{campaign}/funnel");
        await Eventually.TrueAsync(async () => (await FunnelAsync()).GetProperty("delivered").GetInt32() == 2, "both are delivered");

        var recipients = (await product.Edge.GetFromJsonAsync<JsonElement>($"{path}/{campaign}/recipients")).GetProperty("items");
        var wamid = recipients.EnumerateArray().Single(r => r.GetProperty("phone").GetString() == "4915000000001").GetProperty("wamid").GetString();
        meta.Control.Write("4915000000001", new CustomerWrites { PhoneNumberId = number, Text = ConnectedAgent.Question, Context = wamid });
        meta.Control.Write("4915000000002", new CustomerWrites { PhoneNumberId = number, Text = "STOP" });
        await Eventually.TrueAsync(async () => await FunnelAsync() is var now && now.GetProperty("replied").GetInt32() == 1 && now.GetProperty("optedOut").GetInt32() == 1, "both replies are counted");

        var replies = (await FunnelAsync()).GetProperty("replies");
        Assert.Equal((1, 1, 1), (replies.GetProperty("all").GetInt32(), replies.GetProperty("exact").GetInt32(), replies.GetProperty("optOuts").GetInt32()));
        var items = (await product.Edge.GetFromJsonAsync<JsonElement>($"{path}/{campaign}/replies")).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(2, items.Count);
        var reply = items.Single(r => !r.GetProperty("optOut").GetBoolean());
        Assert.Equal((ConnectedAgent.Question, "quoted"), (reply.GetProperty("text").GetString(), reply.GetProperty("rule").GetString()));
        Assert.Equal(3, (await product.Edge.GetStringAsync($"{path}/{campaign}/replies.csv")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        return reply.GetProperty("conversationId").GetGuid();
    }

    private static async Task<string[]> AuthorsAsync(Product product, Guid conversation) =>
        [.. (await product.Edge.GetFromJsonAsync<JsonElement>($"/api/conversations/{conversation}/messages")).GetProperty("items").EnumerateArray().Select(m => m.GetProperty("author").GetString()!)];
}
