using Bookbag.Outbound;
using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.MessagingLimits;
using Bookbag.Outbound.Sending;
using Bookbag.ServiceDefaults.WhatsApp;
using Bookbag.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Bookbag.Tests.Outbound.Sending;

/// <summary>What happens late, twice, or where there is no room.</summary>
public sealed class SenderEdgeTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_campaign_that_was_over_goes_on_when_Meta_reports_what_may_be_tried_again_a_day_later()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(3);
        var campaign = await world.LaunchAsync();
        await world.SendAllAsync();
        await world.LookAsync();
        Assert.Equal(CampaignState.Completed, (await world.CampaignAsync(campaign)).State);

        await world.StatusAsync(world.Graph.Messages[0].Callback, "failed", 131049);
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        await world.LookAsync();
        Assert.Equal((CampaignState.Sending, 1), ((await world.CampaignAsync(campaign)).State, (await world.FunnelAsync(campaign)).Limited));
        world.Clock.Advance(TimeSpan.FromHours(25));
        Assert.Equal(1, await world.SendAllAsync());
        await world.LookAsync();
        Assert.Equal((CampaignState.Completed, 3), ((await world.CampaignAsync(campaign)).State, (await world.FunnelAsync(campaign)).Sent));
    }

    [Fact]
    public async Task A_refusal_that_is_written_down_twice_moves_the_recipient_once()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        var campaign = await world.LaunchAsync();
        var (taken, arrived) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.Graph.HoldNextAsync(taken.Task, arrived);
        var sending = world.Get<RecipientSender>().RunOnceAsync(default);
        await arrived.Task;

        var refused = Refused(world, campaign, RecipientId.Of(campaign.Id, 1));
        await SettleAsync(world, refused);
        Assert.Equal("pending 2 1", await StateAsync(world));
        // Nobody knew whether the commit went through: the same once more, when another replica may have it in its hands already.
        await world.ExecuteAsync("UPDATE outbound.recipients SET state = 'sending', due_at = NULL, settle_at = now(), attempts = 2");
        await SettleAsync(world, refused);
        Assert.Equal("sending 2 2", await StateAsync(world));
        taken.SetResult();
        await sending;
        // The late answer is of the first round as well.
        Assert.Equal("sending 2 2", await StateAsync(world));
    }

    [Fact]
    public async Task A_Graph_that_hangs_up_on_every_message_stops_the_campaign()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(300);
        var campaign = await world.LaunchAsync(new GuardRails(StopAtFailures: 0.25));
        for (var i = 0; i < 60; i++)
            world.Graph.LoseNext();
        world.Options.BatchSize = 60;
        await world.Get<RecipientSender>().RunOnceAsync(default);
        world.Clock.Advance(TimeSpan.FromSeconds(10));
        await world.LookAsync();
        Assert.Equal((60, CampaignReasons.TooManyFailures), ((await world.FunnelAsync(campaign)).Unresolved, (await world.CampaignAsync(campaign)).Reason));
    }

    [Fact]
    public async Task What_cannot_be_handed_to_Graph_at_once_is_not_claimed()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        world.Options.MaxInFlight = 3;
        await world.AddContactsAsync(10);
        var campaign = await world.LaunchAsync();
        var answer = new TaskCompletionSource();
        TaskCompletionSource[] arrived = [new(), new(), new()];
        foreach (var one in arrived)
            world.Graph.HoldNextAsync(answer.Task, one);
        // A replica of its own: MaxInFlight is read when it begins.
        var sender = world.NewReplica().GetRequiredService<RecipientSender>();
        var sending = sender.RunOnceAsync(default);
        await Task.WhenAll(arrived.Select(a => a.Task));
        Assert.Equal(0, await sender.RunOnceAsync(default));
        Assert.Equal((3, 7), ((await world.FunnelAsync(campaign)).Sending, (await world.FunnelAsync(campaign)).Pending));
        answer.SetResult();
        Assert.Equal(3, await sending);
    }

    [Fact]
    public async Task A_number_that_is_disconnected_pauses_its_campaigns()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(2);
        var campaign = await world.LaunchAsync();
        await world.ExecuteAsync("DELETE FROM platform.channels");
        Assert.Equal(0, await world.SendAllAsync());
        await world.LookAsync();
        var stopped = await world.CampaignAsync(campaign);
        Assert.Equal((CampaignState.Paused, CampaignReasons.ChannelGone), (stopped.State, stopped.Reason));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_single_send_that_found_no_place_in_time_fails_as_too_late(bool claimed)
    {
        await using var world = await CampaignWorld.CreateAsync(database, tier: "TIER_50");
        await world.AddContactsAsync(50);
        await world.LaunchAsync();
        await world.SendAllAsync();
        await world.AddSingleSendAsync("p:15557770000", world.Clock.GetUtcNow().AddMinutes(30));
        Assert.Equal(0, await world.SendAllAsync());
        Assert.Equal("pending", await world.ScalarAsync<string>("SELECT state FROM outbound.recipients WHERE campaign_id IS NULL"));
        world.Clock.Advance(TimeSpan.FromMinutes(31));
        if (claimed)
            await world.SendAllAsync();
        else
            await world.LookAsync();
        Assert.Equal("too_late", await world.ScalarAsync<string>("SELECT reason FROM outbound.recipients WHERE campaign_id IS NULL AND state = 'failed'"));
    }

    [Fact]
    public async Task A_draft_that_was_launched_meanwhile_is_not_changed()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        var draft = Campaign.Draft(world.WorkspaceId, world.ChannelId, world.AgentId, world.Clock.GetUtcNow());
        Assert.True(Describe(draft, "Before"));
        await using var scope = world.Replica.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<OutboundDb>();
        db.Add(draft);
        await db.SaveChangesAsync();
        await world.ExecuteAsync("UPDATE outbound.campaigns SET state = 'sending', launched_at = now(), category = 'marketing'");
        Assert.True(Describe(draft, "After"));
        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => db.SaveChangesAsync());
        Assert.Equal("Before", await world.ScalarAsync<string>("SELECT name FROM outbound.campaigns"));

        bool Describe(Campaign campaign, string name) => campaign.Describe(
            name, ReplyMode.Ai, world.TemplateId, new Dictionary<string, VariableMapping>(), System.Text.Json.JsonElement.Parse("""{"all":[]}"""), new GuardRails(), world.Clock.GetUtcNow());
    }

    [Fact]
    public async Task Who_said_STOP_under_a_user_id_gets_no_campaign_to_the_number()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(2);
        await world.ExecuteAsync("UPDATE outbound.contacts SET user_id = 'US.1' WHERE phone = '15550000001'");
        var campaign = await world.LaunchAsync();
        await world.EventAsync("opt_out", """{"word":"STOP"}""", customer: "u:US.1");
        await world.LookAsync();
        Assert.Equal(1, await world.SendAllAsync());
        Assert.Equal(("opted_out", 1), Assert.Single((await world.FunnelAsync(campaign)).Reasons.Select(r => (r.Code, r.Count))));
    }

    [Fact]
    public async Task Of_one_campaign_only_its_own_recipients_are_read()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(10);
        var campaign = await world.LaunchAsync();
        foreach (var sql in new[] { FunnelSql.Count, CampaignSql.Watch })
            Assert.Contains("id >= ", await PlanAsync(world, sql, campaign), StringComparison.Ordinal);
        Assert.Equal((RecipientId.Of(campaign.Id, 0), RecipientId.Of(campaign.Id, 0xFFFF_FFFF_FFFF)), RecipientId.RangeOf(campaign.Id));
        Assert.Equal(10, (await world.FunnelAsync(campaign)).Pending);
    }

    /// <summary>The conditions by which the plan finds recipients, where reading them all is no way.</summary>
    private static async Task<string> PlanAsync(CampaignWorld world, string sql, Campaign campaign)
    {
        await using var connection = await world.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var settings = new NpgsqlCommand("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off", connection);
        await settings.ExecuteNonQueryAsync();
        await using var command = new NpgsqlCommand($"EXPLAIN {sql}", connection);
        var (first, last) = RecipientId.RangeOf(campaign.Id);
        var parameters = new (string, object)[] { ("channel", campaign.ChannelId), ("campaign", campaign.Id), ("first", first), ("last", last), ("least", 20) };
        foreach (var (name, value) in parameters.Where(p => sql.Contains($"@{p.Item1}", StringComparison.Ordinal)))
            command.Parameters.AddWithValue(name, value);
        var conditions = new List<string>();
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            if (row.GetString(0) is var line && line.Contains("Index Cond", StringComparison.Ordinal))
                conditions.Add(line);
        }

        return string.Join('\n', conditions);
    }

    private static FailedRecipient Refused(CampaignWorld world, Campaign campaign, Guid id)
    {
        var error = new GraphError(131000, null, "no", null, GraphAction.Retry, "no");
        return new FailedRecipient(
            world.WorkspaceId, world.ChannelId, world.AgentId, campaign.Id, id, 1, "p:15550000001", new LedgerScope(world.Portfolio, world.PhoneNumberId, 10_000), Reported: false, error,
            SendDecision.For(error, 1, world.Clock.GetUtcNow(), 8, null, 0));
    }

    private static async Task SettleAsync(CampaignWorld world, FailedRecipient failed)
    {
        await using var connection = await world.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var after = await world.Get<FailureSettler>().SettleAsync(connection, [failed], default);
        await transaction.CommitAsync();
        await after();
    }

    private static async Task<string> StateAsync(CampaignWorld world) => await world.ScalarAsync<string>("SELECT state || ' ' || round || ' ' || attempts FROM outbound.recipients") ?? "";
}
