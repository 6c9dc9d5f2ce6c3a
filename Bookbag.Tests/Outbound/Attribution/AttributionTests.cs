using System.Globalization;
using System.Text.Json;
using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.DeliveryEvents;
using Bookbag.ServiceDefaults.Attribution;
using Bookbag.Tests.Outbound.Sending;
using Bookbag.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Outbound.Attribution;

/// <summary>Customers' messages on their way to the campaigns that they answer.</summary>
public sealed class AttributionTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Ann = "p:15550000001";

    [Fact]
    public async Task A_reply_counts_once_implies_read_and_keeps_its_evidence()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(2);
        var campaign = await SendAsync(world);
        world.Clock.Advance(TimeSpan.FromHours(1));
        await world.ReplyAsync(Ann, "in.1");
        world.Clock.Advance(TimeSpan.FromHours(1));
        await world.ReplyAsync(Ann, "in.2", quoted: world.Graph.WamidOf("+15550000001"));
        await ApplyAsync(world);

        var funnel = await world.FunnelAsync(campaign);
        Assert.Equal((1, 1, 1), (funnel.Replied, funnel.Sent, funnel.Reached.Read));
        Assert.Equal(new ReplyCounts(All: 2, Exact: 1, Inferred: 1, Late: 0, OptOuts: 0), funnel.Replies);
        Assert.Equal(CampaignWorld.Start.AddHours(1).ToString("HH:mm", CultureInfo.InvariantCulture), await world.ScalarAsync<string>("SELECT to_char(replied_at AT TIME ZONE 'UTC', 'HH24:MI') FROM outbound.recipients WHERE replied_at IS NOT NULL"));
        Assert.Equal("in.1 latest f;in.2 quoted f", await LinksAsync(world, "rule, late"));
        Assert.Equal(0, await world.ContradictionsAsync());
    }

    [Fact]
    public async Task A_stop_is_no_reply_and_is_counted_apart()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        var campaign = await SendAsync(world);
        await world.ReplyAsync(Ann, "in.1", optOut: true);
        await ApplyAsync(world);

        var funnel = await world.FunnelAsync(campaign);
        Assert.Equal((0, 1, 1), (funnel.Replied, funnel.Read, funnel.OptedOut));
        Assert.Equal(new ReplyCounts(0, 0, 0, 0, OptOuts: 1), funnel.Replies);
        await world.ReplyAsync(Ann, "in.2");
        await ApplyAsync(world);
        Assert.Equal((1, 1), ((await world.FunnelAsync(campaign)).Replied, (await world.FunnelAsync(campaign)).OptedOut));
        Assert.Equal(0, await world.ContradictionsAsync());
    }

    [Theory]
    [InlineData("p:551187654321")] // Meta's spelling of +55 11 9 8765-4321
    [InlineData("u:BR.13491208655302741918")]
    public async Task A_customer_whom_Meta_knows_under_another_address_is_found(string address)
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.ExecuteAsync($"INSERT INTO outbound.contacts (workspace_id, agent_id, id, phone, created_at, updated_at) VALUES ('{world.WorkspaceId}', '{world.AgentId}', gen_random_uuid(), '5511987654321', '{CampaignWorld.Start:O}', '{CampaignWorld.Start:O}')");
        world.Graph.Identity = _ => ("551187654321", "BR.13491208655302741918");
        var campaign = await SendAsync(world);
        await world.ReplyAsync(address, "in.1");
        await ApplyAsync(world);
        Assert.Equal(1, (await world.FunnelAsync(campaign)).Replied);
    }

    [Fact]
    public async Task A_user_id_that_only_a_status_tells_after_the_reply_still_links_it()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        var campaign = await SendAsync(world);
        await world.ReplyAsync("u:US.1349", "in.1");
        await ApplyAsync(world);
        Assert.Equal(0, (await world.FunnelAsync(campaign)).Replied);

        await world.EventAsync("status", """{"id":"w","status":"delivered","recipient_user_id":"US.1349"}""", world.Graph.Messages[0].Callback, "w");
        await SettleAsync(world);
        Assert.Equal(1, (await world.FunnelAsync(campaign)).Replied);
    }

    [Fact]
    public async Task An_opt_out_goes_with_the_STOP_word_when_it_turns_out_to_answer_another_campaign()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        var first = await SendAsync(world);
        await NameAsync(0);
        world.Clock.Advance(TimeSpan.FromHours(1));
        var second = await SendAsync(world);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.ReplyAsync("u:US.1349", "in.1", optOut: true);
        await ApplyAsync(world);
        Assert.Equal((1, 0), ((await world.FunnelAsync(first)).OptedOut, (await world.FunnelAsync(second)).OptedOut));

        // That the second message went to the same person is told by its status.
        await NameAsync(1);
        await SettleAsync(world);
        Assert.Equal((0, 1), ((await world.FunnelAsync(first)).OptedOut, (await world.FunnelAsync(second)).OptedOut));
        Assert.Equal(0, await world.ContradictionsAsync());

        Task NameAsync(int message) => world.EventAsync("status", """{"id":"w","status":"delivered","recipient_user_id":"US.1349"}""", world.Graph.Messages[message].Callback, $"w{message}");
    }

    [Fact]
    public async Task Who_stops_marketing_in_WhatsApp_is_counted_under_whichever_address_Meta_names()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(3);
        var campaign = await SendAsync(world);
        await world.EventAsync("status", """{"id":"w","status":"delivered","recipient_user_id":"US.1"}""", world.Graph.Messages.Single(m => m.To == "+15550000001").Callback, "w");
        await world.ExecuteAsync($"INSERT INTO inbound.conversation_addresses VALUES ('{world.ChannelId}', 'p:15550000002', '{world.TemplateId}'), ('{world.ChannelId}', 'u:US.2', '{world.TemplateId}')");
        await ApplyAsync(world);
        world.Clock.Advance(TimeSpan.FromHours(1));
        foreach (var customer in (string[])["u:US.1", "u:US.2", "u:US.3"])
            await world.EventAsync("preference", """{"category":"marketing_messages","value":"stop"}""", customer: customer, field: "user_preferences");
        await ApplyAsync(world);
        Assert.Equal(2, (await world.FunnelAsync(campaign)).OptedOut);
    }

    [Fact]
    public async Task The_thread_shows_a_template_as_it_was_sent()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        await SendAsync(world);
        world.Clock.Advance(TimeSpan.FromHours(1));
        await ChangeAsync("Good day {{1}}.");
        world.Clock.Advance(TimeSpan.FromHours(1));
        await SendAsync(world);
        world.Clock.Advance(TimeSpan.FromHours(1));
        await ChangeAsync("Farewell {{1}}.");
        Assert.Equal("Hello Ann, come by.;Good day Ann.", await world.ScalarAsync<string>("SELECT string_agg(text, ';' ORDER BY at) FROM outbound.template_messages"));
        Assert.Equal(2, await world.ScalarAsync<long>("SELECT count(*) FROM outbound.template_versions"));

        Task ChangeAsync(string body) => world.ExecuteAsync(
            $$"""UPDATE outbound.templates SET components = jsonb_build_array(jsonb_build_object('type', 'BODY', 'text', '{{body}}')), updated_at = '{{world.Clock.GetUtcNow():O}}' WHERE id = '{{world.TemplateId}}'""");
    }

    [Fact]
    public async Task A_reply_to_a_message_of_unknown_outcome_counts_once_its_status_tells()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        world.Graph.LoseNext();
        var campaign = await SendAsync(world);
        await world.ReplyAsync(Ann, "in.1");
        await ApplyAsync(world);
        Assert.Equal((1, 0), ((await world.FunnelAsync(campaign)).Unresolved, (await world.FunnelAsync(campaign)).Replied));

        await world.StatusAsync(world.Graph.Messages[0].Callback, "sent");
        await SettleAsync(world);
        Assert.Equal((0, 1), ((await world.FunnelAsync(campaign)).Unresolved, (await world.FunnelAsync(campaign)).Replied));
    }

    [Fact]
    public async Task A_tapped_button_proves_that_a_message_of_unknown_outcome_arrived()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.ExecuteAsync("""UPDATE outbound.templates SET components = '[{"type":"BODY","text":"Hello {{1}}"},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Yes"}]}]'""");
        await world.AddContactsAsync(1);
        world.Graph.LoseNext();
        var campaign = await SendAsync(world);
        var payload = JsonElement.Parse(world.Graph.Messages[0].Json).GetProperty("template").GetProperty("components")[1].GetProperty("parameters")[0].GetProperty("payload").GetString();
        await world.ReplyAsync(Ann, "in.1", quoted: "wamid.nobody.knows", token: ReplyToken.Parse(payload));
        await ApplyAsync(world);

        Assert.Equal((0, 1), ((await world.FunnelAsync(campaign)).Unresolved, (await world.FunnelAsync(campaign)).Replied));
        Assert.Equal("in.1 button", await LinksAsync(world, "rule"));
        // Its status comes after all: nothing changes.
        await world.StatusAsync(world.Graph.Messages[0].Callback, "delivered");
        await SettleAsync(world);
        Assert.Equal(1, (await world.FunnelAsync(campaign)).Replied);
        Assert.Equal(0, await world.ContradictionsAsync());
    }

    [Fact]
    public async Task What_answers_no_campaign_is_not_kept()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        await SendAsync(world);
        await world.ReplyAsync("p:4915100000009", "in.1");
        world.Clock.Advance(TimeSpan.FromHours(73));
        await world.ReplyAsync(Ann, "in.2");
        await ApplyAsync(world);
        Assert.Equal(0, await world.ScalarAsync<long>("SELECT count(*) FROM outbound.replies"));
    }

    [Fact]
    public async Task Other_systems_are_told_of_a_campaign_and_of_each_customer_who_replies_once()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.ExecuteAsync($"""
            TRUNCATE inbound.outgoing_webhooks CASCADE;
            INSERT INTO inbound.outgoing_webhooks (workspace_id, id, url, events, description, secret_cipher, secret_last4, enabled, resume_at, created_at, updated_at)
            VALUES ('{world.WorkspaceId}', gen_random_uuid(), 'https://example.com', ARRAY['campaign.*'], '', 'x', 'x', true, now(), now(), now())
            """);
        await world.AddContactsAsync(2);
        var campaign = await SendAsync(world);
        await world.Get<CampaignStates>().PauseAsync(world.ChannelId, campaign.Id, CampaignReasons.ByHand, null, default);
        await world.Get<CampaignStates>().ResumeAsync(world.ChannelId, campaign.Id, "MARKETING", default);
        await world.LookAsync();
        await world.ReplyAsync(Ann, "in.1");
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.ReplyAsync(Ann, "in.2");
        await world.ReplyAsync("p:15550000002", "in.3", optOut: true);
        await ApplyAsync(world);

        Assert.Equal("campaign.started,campaign.paused,campaign.resumed,campaign.sent,campaign.replied", await world.ScalarAsync<string>("SELECT string_agg(type, ',' ORDER BY id) FROM inbound.outgoing_deliveries"));
        var replied = JsonElement.Parse((await world.ScalarAsync<string>("SELECT body FROM inbound.outgoing_deliveries WHERE type = 'campaign.replied'"))!).GetProperty("data");
        Assert.Equal((campaign.Id, "in.1", "latest", "ai"),
            (replied.GetProperty("campaignId").GetGuid(), replied.GetProperty("wamid").GetString(), replied.GetProperty("rule").GetString(), replied.GetProperty("replyMode").GetString()));
    }

    /// <summary>
    /// Three campaigns to one customer, one of them with its answer lost; four replies, quoting and not; statuses. In whatever order, however often, in
    /// whatever batches, by two replicas: in the end the links are what the rule says of all that is known, and the counts are those of the links.
    /// </summary>
    [Property(MaxTest = 12)]
    public Property Any_order_gives_the_same_links() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => PlayAsync(new System.Random(seed)).GetAwaiter().GetResult());

    private async Task<bool> PlayAsync(System.Random random)
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        var lost = random.Next(3);
        for (var i = 0; i < 3; i++)
        {
            if (i == lost)
                world.Graph.LoseNext();
            await SendAsync(world);
            world.Clock.Advance(TimeSpan.FromHours(30));
        }

        var sent = world.Graph.Messages;
        List<Func<Task>> facts =
        [
            .. sent.Select(m => (Func<Task>)(() => world.StatusAsync(m.Callback, "delivered", wamid: world.Graph.WamidOf(m.Callback)))),
            () => world.ReplyAsync(Ann, "in.1", at: CampaignWorld.Start.AddHours(10)),
            () => world.ReplyAsync(Ann, "in.2", at: CampaignWorld.Start.AddHours(100), quoted: world.Graph.WamidOf(sent[0].Callback)),
            () => world.ReplyAsync(Ann, "in.3", at: CampaignWorld.Start.AddHours(65), quoted: world.Graph.WamidOf(sent[lost].Callback)),
            () => world.ReplyAsync(Ann, "in.4", at: CampaignWorld.Start.AddHours(40), optOut: random.Next(2) == 0),
            () => world.ReplyAsync(Ann, "in.5", at: CampaignWorld.Start.AddHours(200)),
        ];
        var order = facts.Concat(facts.Where(_ => random.Next(2) == 0)).ToArray();
        random.Shuffle(order);
        var replicas = new[] { world.Replica, world.NewReplica() };
        foreach (var fact in order)
        {
            await fact();
            if (random.Next(2) == 0)
                await replicas[random.Next(2)].GetRequiredService<DeliveryEventConsumer>().RunOnceAsync(default);
        }

        await Task.WhenAll(replicas.Select(r => r.GetRequiredService<DeliveryEventConsumer>().RunOnceAsync(default)));
        await SettleAsync(world);

        var messages = await ReadAsync(world, "SELECT id, campaign_id, wamid, least(sent_at, begun_at) FROM outbound.recipients", row => new CampaignMessage(
            row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3)));
        var replies = await ReadAsync(world, "SELECT wamid, at, quoted, recipient_id, rule, late FROM outbound.replies ORDER BY wamid", row => (
            Wamid: row.GetString(0), Said: new CustomerReply(row.GetFieldValue<DateTimeOffset>(1), row.IsDBNull(2) ? null : row.GetString(2)), Recipient: row.GetGuid(3), Rule: row.GetString(4), Late: row.GetBoolean(5)));
        return replies.Count == 4 && replies.TrueForAll(reply =>
            {
                var link = AttributionRule.Link(reply.Said, messages)!;
                return (link.Message.RecipientId, link.Evidence.ToString().ToLowerInvariant(), link.Late) == (reply.Recipient, reply.Rule, reply.Late);
            })
            && await world.ScalarAsync<long>("SELECT count(*) FROM outbound.replies WHERE look_at IS NOT NULL") == 0
            && await world.ContradictionsAsync() == 0;
    }

    private static async Task<List<T>> ReadAsync<T>(CampaignWorld world, string sql, Func<Npgsql.NpgsqlDataReader, T> read)
    {
        await using var command = world.Get<Npgsql.NpgsqlDataSource>().CreateCommand(sql);
        await using var row = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await row.ReadAsync())
            rows.Add(read(row));
        return rows;
    }

    private static async Task<Campaign> SendAsync(CampaignWorld world)
    {
        var campaign = await world.LaunchAsync();
        await world.SendAllAsync();
        return campaign;
    }

    private static async Task ApplyAsync(CampaignWorld world)
    {
        while (await world.Get<DeliveryEventConsumer>().RunOnceAsync(default) > 0)
        {
        }
    }

    /// <summary>Lets time pass until nothing is looked at again.</summary>
    private static async Task SettleAsync(CampaignWorld world)
    {
        await ApplyAsync(world);
        for (var i = 0; i < 30 && await world.ScalarAsync<long>("SELECT count(*) FROM outbound.replies WHERE look_at IS NOT NULL") > 0; i++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1 << Math.Min(i, 16)));
            await ApplyAsync(world);
        }
    }

    private static Task<string?> LinksAsync(CampaignWorld world, string columns) =>
        world.ScalarAsync<string>($"SELECT string_agg(concat_ws(' ', wamid, {columns}), ';' ORDER BY wamid) FROM outbound.replies");
}
