using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.DeliveryEvents;
using Bookbag.Outbound.Sending;
using Bookbag.Tests.Outbound.Sending;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Outbound.Campaigns;

public sealed class CampaignTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_campaign_goes_to_everybody_once_and_its_funnel_moves_with_the_statuses()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(30);
        var campaign = await world.LaunchAsync();
        Assert.Equal(30, await world.SendAllAsync());
        Assert.Equal(30, world.Graph.Messages.DistinctBy(m => m.To).Count());
        Assert.Contains("\"text\":\"Ann\"", world.Graph.Messages[0].Json, StringComparison.Ordinal);
        Assert.Equal(30, (await world.FunnelAsync(campaign)).Sent);

        foreach (var (message, i) in world.Graph.Messages.Select((m, i) => (m, i)))
        {
            await world.StatusAsync(message.Callback, "sent");
            if (i % 3 > 0)
                await world.StatusAsync(message.Callback, "delivered");
            if (i % 3 > 1)
                await world.StatusAsync(message.Callback, "read");
        }

        await world.LookAsync();
        var funnel = await world.FunnelAsync(campaign);
        Assert.Equal((CampaignState.Completed, 30, 10, 10, 10), (funnel.State, funnel.Audience, funnel.Sent, funnel.Delivered, funnel.Read));
        Assert.Equal(new FunnelSteps(30, 20, 10, 0), funnel.Reached);
        Assert.Equal(0, await world.ContradictionsAsync());
    }

    [Fact]
    public async Task Those_who_cannot_or_must_not_be_written_to_are_in_the_funnel_with_the_reason()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(4);
        await world.ExecuteAsync($"""
            INSERT INTO outbound.contacts (workspace_id, agent_id, id, external_id, created_at, updated_at)
            VALUES ('{world.WorkspaceId}', '{world.AgentId}', gen_random_uuid(), 'crm-1', '{CampaignWorld.Start:O}', '{CampaignWorld.Start:O}');
            INSERT INTO outbound.suppressions (workspace_id, address, list, at, source) VALUES ('{world.WorkspaceId}', 'p:15550000002', 'own', '{CampaignWorld.Start:O}', 'by_hand');
            UPDATE outbound.contacts SET name = NULL WHERE phone = '15550000003'
            """);
        var campaign = await world.LaunchAsync(mapping: new VariableMapping(Field: "name"));

        // One opts out after the audience was frozen.
        await world.ExecuteAsync($"INSERT INTO outbound.suppressions (workspace_id, address, list, at, source) VALUES ('{world.WorkspaceId}', 'p:15550000004', 'meta', '{CampaignWorld.Start:O}', 'preference')");
        Assert.Equal(1, await world.SendAllAsync());
        await world.LookAsync();
        var funnel = await world.FunnelAsync(campaign);
        Assert.Equal((CampaignState.Completed, 5, 1, 3, 1), (funnel.State, funnel.Audience, funnel.Sent, funnel.Skipped, funnel.Failed));
        Assert.Equal(
            [("missing_value", 1), ("no_usable_number", 1), ("opted_out", 2)],
            funnel.Reasons.Select(r => (r.Code, r.Count)).OrderBy(r => r.Code, StringComparer.Ordinal));
    }

    [Fact]
    public async Task When_the_messaging_limit_is_used_up_it_waits_and_goes_on_as_places_free_up()
    {
        await using var world = await CampaignWorld.CreateAsync(database, tier: "TIER_50");
        await world.AddContactsAsync(70);
        var campaign = await world.LaunchAsync();
        Assert.Equal(50, await world.SendAllAsync());
        var waiting = await world.CampaignAsync(campaign);
        Assert.Equal((CampaignState.Waiting, CampaignReasons.MessagingLimit), (waiting.State, waiting.Reason));

        // A flushed Redis changes nothing.
        await world.FlushRedisAsync();
        world.Clock.Advance(TimeSpan.FromHours(23));
        await world.LookAsync();
        Assert.Equal(0, await world.SendAllAsync());
        world.Clock.Advance(TimeSpan.FromHours(2));
        await world.LookAsync();
        Assert.Equal(20, await world.SendAllAsync());
        await world.LookAsync();
        Assert.Equal(CampaignState.Completed, (await world.CampaignAsync(campaign)).State);
        Assert.Equal(70, world.Graph.Messages.DistinctBy(m => m.To).Count());
    }

    [Fact]
    public async Task A_higher_tier_by_webhook_lets_it_go_on_at_once()
    {
        await using var world = await CampaignWorld.CreateAsync(database, tier: "TIER_50");
        await world.AddContactsAsync(60);
        await world.LaunchAsync();
        Assert.Equal(50, await world.SendAllAsync());
        await world.EventAsync("account", """{"max_daily_conversations_per_business":"TIER_2K"}""", field: "business_capability_update");
        await world.LookAsync();
        Assert.Equal(10, await world.SendAllAsync());
    }

    [Theory]
    [InlineData("1772532000")]
    [InlineData("\"1772532000\"")]
    [InlineData("\"2026-03-03T10:00:00+0000\"")]
    [InlineData("null")] // then a day is assumed
    public async Task An_account_that_Meta_restricts_rests_its_campaigns_until_the_restriction_ends(string expiration)
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(5);
        var campaign = await world.LaunchAsync();
        await world.EventAsync("account", $$"""
            {"event":"ACCOUNT_RESTRICTION","restriction_info":[{"restriction_type":"RESTRICTED_ADD_PHONE_NUMBER_ACTION","expiration":1900000000},
            {"restriction_type":"RESTRICTED_BIZ_INITIATED_MESSAGING","expiration":{{expiration}}}]}
            """, field: "account_update");
        await world.Get<DeliveryEventConsumer>().RunOnceAsync(default);
        Assert.Equal(0, await world.SendAllAsync());
        await world.LookAsync();
        var resting = await world.CampaignAsync(campaign);
        Assert.Equal((CampaignState.Waiting, CampaignReasons.Restricted, CampaignWorld.Start.AddDays(1)), (resting.State, resting.Reason, resting.WaitUntil));
        Assert.Contains("until 2026-03-03 10:00 UTC", resting.Detail, StringComparison.Ordinal);

        // One that is launched meanwhile rests as well.
        var second = await world.LaunchAsync();
        await world.LookAsync();
        Assert.Equal(CampaignReasons.Restricted, (await world.CampaignAsync(second)).Reason);
        Assert.Equal(0, await world.SendAllAsync());
        world.Clock.Advance(TimeSpan.FromDays(1));
        await world.LookAsync();
        Assert.Equal(5, await world.SendAllAsync());
        world.Clock.Advance(Pace.PairInterval); // the second campaign's are to the same people
        Assert.Equal(5, await world.SendAllAsync());
    }

    [Theory]
    [InlineData("""{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"DISABLE","waba_ban_date":"March 2, 2026"}}""", """{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"REINSTATE"}}""")]
    [InlineData("""{"event":"ACCOUNT_OFFBOARDED"}""", """{"event":"ACCOUNT_RECONNECTED"}""")]
    [InlineData("""{"event":"ACCOUNT_RESTRICTION","restriction_info":[{"restriction_type":"RESTRICTED_BIZ_INITIATED_MESSAGING"}]}""", """{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"REINSTATE"}}""")]
    public async Task What_Meta_takes_from_an_account_rests_its_campaigns_and_what_it_gives_back_lets_them_go_on_at_once(string taken, string given)
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(5);
        var campaign = await world.LaunchAsync();
        await world.EventAsync("account", taken, field: "account_update");
        await world.LookAsync();
        Assert.Equal(CampaignState.Waiting, (await world.CampaignAsync(campaign)).State);
        Assert.Equal(0, await world.SendAllAsync());
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.EventAsync("account", given, field: "account_update");
        await world.LookAsync();
        Assert.Equal(5, await world.SendAllAsync());
        Assert.Null(await world.ScalarAsync<string>("SELECT problem FROM platform.channels"));
    }

    [Theory]
    [InlineData("STANDARD", 60)]
    [InlineData("HIGH", 800)]
    [InlineData("COEXISTENCE", 15)] // of Meta's 20: replies have the rest
    public async Task A_number_goes_as_fast_as_Meta_gives_it(string throughput, double perSecond)
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        world.Options.StandardPerSecond = 60;
        Assert.Equal((perSecond, 10), (world.Get<Pace>().PerSecond(throughput, null), world.Get<Pace>().PerSecond(throughput, 10)));
    }

    [Fact]
    public async Task Failures_that_enough_others_excuse_stop_nothing()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        world.SurvivesFailures = true;
        await world.AddContactsAsync(100);
        var campaign = await world.LaunchAsync(new GuardRails(StopAtFailures: 0.25));
        world.Graph.Always = sent => sent.To[^1] is '1' or '2' ? GraphTemplates.Refusal(131026) : null;
        Assert.Equal(100, await world.SendAllAsync());
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        await world.LookAsync();
        Assert.Equal((CampaignState.Completed, 20), ((await world.CampaignAsync(campaign)).State, (await world.FunnelAsync(campaign)).Failed));
    }

    [Fact]
    public async Task A_message_inside_an_open_window_takes_no_place()
    {
        await using var world = await CampaignWorld.CreateAsync(database, tier: "TIER_50");
        await world.AddContactsAsync(51);
        await world.ExecuteAsync($"""
            INSERT INTO inbound.conversations (workspace_id, channel_id, agent_id, id, customer_phone, last_inbound_at, last_message_at, created_at)
            VALUES ('{world.WorkspaceId}', '{world.ChannelId}', '{world.AgentId}', '{world.TemplateId}', '15550000007', '{CampaignWorld.Start:O}', '{CampaignWorld.Start:O}', '{CampaignWorld.Start:O}');
            INSERT INTO inbound.conversation_addresses VALUES ('{world.ChannelId}', 'p:15550000007', '{world.TemplateId}')
            """);
        await world.LaunchAsync();
        Assert.Equal(51, await world.SendAllAsync());
        Assert.Equal(50, await world.ScalarAsync<long>("SELECT count(*) FROM outbound.openings"));
    }

    [Fact]
    public async Task Many_replicas_with_and_without_Redis_send_each_message_once()
    {
        await using var world = await CampaignWorld.CreateAsync(database, tier: "TIER_250");
        await world.AddContactsAsync(400);
        var campaign = await world.LaunchAsync();
        var replicas = Enumerable.Range(0, 4).Select(i => world.NewReplica(redis: i != 3).GetRequiredService<RecipientSender>()).ToList();
        for (var round = 0; round < 8; round++)
        {
            await Task.WhenAll(replicas.Select(r => Task.Run(() => r.RunOnceAsync(default))));
            world.Clock.Advance(TimeSpan.FromMilliseconds(500));
            if (round == 2)
                await world.FlushRedisAsync();
        }

        Assert.Equal((250, 250), (world.Graph.Messages.Count, world.Graph.Messages.DistinctBy(m => m.Callback).Count()));
        Assert.Equal(250, await world.ScalarAsync<long>("SELECT count(DISTINCT customer) FROM outbound.openings"));
        Assert.Equal((250, 150), ((await world.FunnelAsync(campaign)).Sent, (await world.FunnelAsync(campaign)).Pending));
    }

    [Fact]
    public async Task The_canary_goes_first_is_watched_and_lets_the_others_out()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(100);
        var campaign = await world.LaunchAsync(new GuardRails(CanaryShare: 0.1, CanaryMinutes: 15));
        Assert.Equal(10, await world.SendAllAsync());
        Assert.Equal((CampaignState.Waiting, CampaignReasons.Canary), ((await world.CampaignAsync(campaign)).State, (await world.CampaignAsync(campaign)).Reason));
        world.Clock.Advance(TimeSpan.FromMinutes(16));
        await world.LookAsync();
        Assert.Equal(90, await world.SendAllAsync());
    }

    [Fact]
    public async Task A_campaign_whose_messages_fail_stops_by_itself()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        world.SurvivesFailures = true;
        await world.AddContactsAsync(500);
        var campaign = await world.LaunchAsync(new GuardRails(StopAtFailures: 0.25));
        world.Graph.Always = sent => sent.To[^1] is '1' or '2' or '3' ? GraphTemplates.Refusal(131026) : null;
        await world.Get<RecipientSender>().RunOnceAsync(default);
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        await world.LookAsync();
        var stopped = await world.CampaignAsync(campaign);
        Assert.Equal((CampaignState.Paused, CampaignReasons.TooManyFailures), (stopped.State, stopped.Reason));
        Assert.Equal(0, await world.SendAllAsync());
    }

    [Fact]
    public async Task Opt_outs_after_it_stop_it_too()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(300);
        var campaign = await world.LaunchAsync();
        await world.Get<RecipientSender>().RunOnceAsync(default);
        var sent = world.Graph.Messages;
        foreach (var message in sent)
            await world.StatusAsync(message.Callback, "delivered");
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        foreach (var message in sent.Take(20))
            await world.ReplyAsync($"p:{message.To.TrimStart('+')}", $"in.{message.To}", optOut: true);
        await world.LookAsync();
        Assert.Equal((CampaignState.Paused, CampaignReasons.TooManyOptOuts), ((await world.CampaignAsync(campaign)).State, (await world.CampaignAsync(campaign)).Reason));
        Assert.Equal(20, (await world.FunnelAsync(campaign)).OptedOut);
    }

    [Theory]
    [InlineData("status = 'PAUSED'", CampaignReasons.TemplateNotApproved)]
    [InlineData("deleted_at = now()", CampaignReasons.TemplateNotApproved)]
    [InlineData("category = 'MARKETING'", CampaignReasons.TemplateTurnedMarketing)]
    public async Task A_template_that_may_not_be_sent_any_more_pauses_it(string change, string reason)
    {
        await using var world = await CampaignWorld.CreateAsync(database, category: "UTILITY");
        await world.AddContactsAsync(5);
        var campaign = await world.LaunchAsync();
        await world.ExecuteAsync($"UPDATE outbound.templates SET {change}");
        await world.LookAsync();
        Assert.Equal((CampaignState.Paused, reason), ((await world.CampaignAsync(campaign)).State, (await world.CampaignAsync(campaign)).Reason));
        Assert.Equal(0, await world.SendAllAsync());

        // Who resumes has checked consent: from here on it counts as marketing.
        Assert.True(await world.Get<CampaignStates>().ResumeAsync(world.ChannelId, campaign.Id, "MARKETING", default));
        Assert.Equal("marketing", (await world.CampaignAsync(campaign)).Category);
    }

    [Fact]
    public async Task In_quiet_hours_it_rests()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(5);
        await world.ExecuteAsync($"""
            INSERT INTO outbound.settings (agent_id, workspace_id, time_zone, quiet_from, quiet_to, single_share, updated_at)
            VALUES ('{world.AgentId}', '{world.WorkspaceId}', 'Europe/Berlin', '10:00', '12:00', 0, now())
            """);
        var campaign = await world.LaunchAsync();
        Assert.Equal(0, await world.SendAllAsync());
        var resting = await world.CampaignAsync(campaign);
        // It is 11 in Berlin: for an hour.
        Assert.Equal((CampaignState.Waiting, CampaignReasons.QuietHours, CampaignWorld.Start.AddHours(1)), (resting.State, resting.Reason, resting.WaitUntil));
        world.Clock.Advance(TimeSpan.FromHours(1));
        await world.LookAsync();
        Assert.Equal(5, await world.SendAllAsync());
    }

    [Fact]
    public async Task A_contact_gets_no_more_marketing_than_the_cap_over_all_campaigns()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(5);
        await world.ExecuteAsync($"INSERT INTO outbound.settings (agent_id, workspace_id, time_zone, cap_messages, cap_days, single_share, updated_at) VALUES ('{world.AgentId}', '{world.WorkspaceId}', 'UTC', 2, 7, 0, now())");
        for (var i = 0; i < 2; i++)
        {
            await world.LaunchAsync();
            Assert.Equal(5, await world.SendAllAsync());
            world.Clock.Advance(TimeSpan.FromDays(1));
        }

        var third = await world.LaunchAsync();
        Assert.Equal(0, await world.SendAllAsync());
        Assert.Equal(("frequency_cap", 5), Assert.Single((await world.FunnelAsync(third)).Reasons.Select(r => (r.Code, r.Count))));
        world.Clock.Advance(TimeSpan.FromDays(7));
        await world.LaunchAsync();
        Assert.Equal(5, await world.SendAllAsync());
    }

    [Fact]
    public async Task Two_campaigns_of_a_number_take_turns()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        world.Options.BatchSize = 10;
        await world.AddContactsAsync(40);
        var first = await world.LaunchAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        var second = await world.LaunchAsync();
        for (var i = 0; i < 4; i++)
        {
            await world.Get<RecipientSender>().RunOnceAsync(default);
            world.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal((20, 20), ((await world.FunnelAsync(first)).Sent, (await world.FunnelAsync(second)).Sent));
    }

    [Fact]
    public async Task A_paused_campaign_sends_nothing_and_goes_on_where_it_was()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        world.Options.BatchSize = 10;
        await world.AddContactsAsync(30);
        var campaign = await world.LaunchAsync();
        var states = world.Get<CampaignStates>();
        await world.Get<RecipientSender>().RunOnceAsync(default);
        Assert.True(await states.PauseAsync(world.ChannelId, campaign.Id, CampaignReasons.ByHand, null, default));
        Assert.False(await states.PauseAsync(world.ChannelId, campaign.Id, CampaignReasons.ByHand, null, default));
        Assert.Equal(0, await world.SendAllAsync());
        Assert.True(await states.ResumeAsync(world.ChannelId, campaign.Id, "MARKETING", default));
        Assert.Equal(20, await world.SendAllAsync());
        Assert.Equal(30, world.Graph.Messages.DistinctBy(m => m.Callback).Count());
    }

    [Fact]
    public async Task Those_left_of_a_cancelled_campaign_are_skipped_and_it_never_sends_again()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        world.Options.BatchSize = 10;
        await world.AddContactsAsync(30);
        var campaign = await world.LaunchAsync();
        await world.Get<RecipientSender>().RunOnceAsync(default);
        Assert.True(await world.Get<CampaignStates>().CancelAsync(world.ChannelId, campaign.Id, default));
        await world.LookAsync();
        var funnel = await world.FunnelAsync(campaign);
        Assert.Equal((CampaignState.Cancelled, 10, 20), (funnel.State, funnel.Sent, funnel.Skipped));
        Assert.False(await world.Get<CampaignStates>().ResumeAsync(world.ChannelId, campaign.Id, "MARKETING", default));
        Assert.Equal(0, await world.SendAllAsync());
    }

    [Fact]
    public async Task A_scheduled_campaign_starts_at_its_time_and_not_after_its_end()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(3);
        var states = world.Get<CampaignStates>();
        var (onTime, late) = (await DraftAsync(world), await DraftAsync(world));
        Assert.True(await states.ScheduleAsync(world.ChannelId, onTime, CampaignWorld.Start.AddHours(1), null, default));
        Assert.True(await states.ScheduleAsync(world.ChannelId, late, CampaignWorld.Start.AddMinutes(10), CampaignWorld.Start.AddMinutes(20), default));
        world.Clock.Advance(TimeSpan.FromMinutes(59));
        await world.LookAsync();
        Assert.Equal(["scheduled", "failed"], await StatesAsync(world, onTime, late));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.LookAsync();
        Assert.Equal(["sending", "failed"], await StatesAsync(world, onTime, late));
    }

    [Fact]
    public async Task A_snapshot_that_was_interrupted_goes_on_where_it_stopped_and_is_not_sent_before_it_is_whole()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(10);
        var campaign = await world.LaunchAsync(prepare: false);
        Assert.Equal(0, await world.SendAllAsync());
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => world.NewReplica().GetRequiredService<AudienceSnapshot>().RunOnceAsync(default))));
        Assert.Equal(10, (await world.CampaignAsync(campaign)).Recipients);
        Assert.Equal(10, await world.SendAllAsync());
        Assert.Equal(0, await world.ContradictionsAsync());
    }

    private static async Task<Guid> DraftAsync(CampaignWorld world)
    {
        var id = Guid.CreateVersion7(world.Clock.GetUtcNow());
        await world.ExecuteAsync($$$"""
            INSERT INTO outbound.campaigns (workspace_id, channel_id, agent_id, id, name, reply_mode, template_id, variables, audience, guard, state, created_at, updated_at)
            VALUES ('{{{world.WorkspaceId}}}', '{{{world.ChannelId}}}', '{{{world.AgentId}}}', '{{{id}}}', 'Draft', 'ai', '{{{world.TemplateId}}}', '{"1":{"value":"you"}}', '{"all":[]}', '{}', 'draft', now(), now())
            """);
        return id;
    }

    private static async Task<string[]> StatesAsync(CampaignWorld world, params Guid[] ids) =>
        [.. await Task.WhenAll(ids.Select(id => StateAsync(world, id)))];

    private static async Task<string> StateAsync(CampaignWorld world, Guid id) => await world.ScalarAsync<string>($"SELECT state FROM outbound.campaigns WHERE id = '{id}'") ?? "gone";
}
