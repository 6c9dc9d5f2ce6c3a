using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Conversations;
using Bookbag.Tests.Inbound.Conversations;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Attribution;

/// <summary>What a turn does about a reply to a campaign: the agent answers, knowing the campaign's message, or it leaves that to a person.</summary>
public sealed class CampaignTurnTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Ann = "5511987654321";

    [Fact]
    public async Task The_agent_answers_with_the_campaigns_message_before_it()
    {
        await using var world = await WorldAsync();
        await CampaignAsync(world, TurnWorld.Start.AddHours(-2), "ai");
        Question? asked = null;
        world.Answer = (question, _) =>
        {
            asked = question;
            return Task.FromResult(TurnWorld.Says("Twelve euros."));
        };
        await WriteAsync(world, "How much?");
        await world.NewWorker().RunOnceAsync(default);

        Assert.Equal([new HistoryLine(false, "Hello Ann, mugs are on sale.") { ByCampaign = true }], asked!.History);
        Assert.Equal(["Twelve euros."], world.Graph.Texts);
    }

    [Fact]
    public async Task A_reply_to_a_campaign_of_people_opens_a_ticket_and_the_agent_says_nothing()
    {
        await using var world = await WorldAsync();
        await CampaignAsync(world, TurnWorld.Start.AddHours(-2), "human", "Spring \"sale\"");
        var conversation = await WriteAsync(world, "How much?");
        var worker = world.NewWorker();
        while (await worker.RunOnceAsync(default) > 0)
        {
        }

        Assert.Empty(world.Graph.Texts);
        Assert.Equal(ConversationMode.Human, (await world.ConversationAsync(conversation)).Mode);
        Assert.Equal("""new|campaign|The customer answered the campaign "Spring "sale"".""", await TicketAsync(conversation));
        Assert.Null(await world.DueAsync(conversation));
    }

    [Theory]
    [InlineData("human", "ai", null, false)] // the latest counts
    [InlineData("ai", "human", null, true)]
    [InlineData("human", "ai", "wamid.first", true)] // what is quoted counts more
    [InlineData("ai", "human", "wamid.first", false)]
    public async Task The_campaign_that_is_answered_decides(string first, string second, string? quoted, bool byPerson)
    {
        await using var world = await WorldAsync();
        await CampaignAsync(world, TurnWorld.Start.AddHours(-30), first, wamid: "wamid.first");
        await CampaignAsync(world, TurnWorld.Start.AddHours(-2), second);
        var conversation = await WriteAsync(world, "Yes", quoted);
        await world.NewWorker().RunOnceAsync(default);
        Assert.Equal(byPerson, await TicketAsync(conversation) is not null);
        Assert.Equal(byPerson ? 0 : 1, world.Graph.Texts.Count);
    }

    [Fact]
    public async Task A_campaign_of_last_week_is_none_of_the_agents_concern()
    {
        await using var world = await WorldAsync();
        await CampaignAsync(world, TurnWorld.Start.AddDays(-6), "human");
        await WriteAsync(world, "Do you deliver?");
        await world.NewWorker().RunOnceAsync(default);
        Assert.Equal(["Answer to: Do you deliver?"], world.Graph.Texts);
    }

    [Fact]
    public async Task Once_a_person_has_handed_the_conversation_back_the_agent_goes_on()
    {
        await using var world = await WorldAsync();
        await CampaignAsync(world, TurnWorld.Start.AddHours(-2), "human");
        var conversation = await WriteAsync(world, "How much?");
        var worker = world.NewWorker();
        await worker.RunOnceAsync(default);
        await world.DoAsync(conversation, ConversationSql.Resume);
        await database.DataSource.ExecuteAsync($"UPDATE inbound.tickets SET status = 'closed', closed_at = '{world.Clock.GetUtcNow():O}' WHERE conversation_id = '{conversation}'");
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.CustomerWritesAsync("Do you deliver?", conversation, phone: Ann);
        await worker.RunOnceAsync(default);
        Assert.Equal(["Answer to: Do you deliver?"], world.Graph.Texts);
    }

    private async Task<TurnWorld> WorldAsync()
    {
        await database.DataSource.ExecuteAsync("TRUNCATE outbound.campaigns, outbound.recipients, inbound.tickets CASCADE");
        return await TurnWorld.CreateAsync(database);
    }

    private Task<(Guid Campaign, Guid Recipient)> CampaignAsync(TurnWorld world, DateTimeOffset at, string replyMode, string name = "Spring", string? wamid = null) =>
        database.DataSource.AddCampaignAsync(world.WorkspaceId, world.AgentId, world.ChannelId, $"p:{Ann}", at, replyMode, name, wamid);

    private async Task<Guid> WriteAsync(TurnWorld world, string text, string? quoted = null)
    {
        var conversation = await world.CustomerWritesAsync(text, phone: Ann);
        await database.DataSource.ExecuteAsync($"""
            INSERT INTO inbound.conversation_addresses (channel_id, address, conversation_id) VALUES ('{world.ChannelId}', 'p:{Ann}', '{conversation}');
            UPDATE inbound.messages SET context_wamid = {(quoted is null ? "NULL" : $"'{quoted}'")} WHERE conversation_id = '{conversation}'
            """);
        return conversation;
    }

    private async Task<string?> TicketAsync(Guid conversation) =>
        await database.DataSource.ScalarAsync<string>($"SELECT status || '|' || cause || '|' || reason FROM inbound.tickets WHERE conversation_id = '{conversation}'");
}
