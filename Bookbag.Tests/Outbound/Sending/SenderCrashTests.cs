using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.DeliveryEvents;
using Bookbag.Outbound.Sending;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Outbound.Sending;

/// <summary>
/// A replica dies at each point of a send, and another one goes on. The dead one waits for something that never comes; where the test lets it come all
/// the same, the dead one has become a slow one, and must do no harm either.
/// </summary>
public sealed class SenderCrashTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Before_the_commit_nothing_is_left_behind_and_another_replica_sends()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(3);
        await world.LaunchAsync();

        // What a claim does until its commit, and then never comes.
        await using (var connection = await database.DataSource.OpenConnectionAsync())
        await using (await connection.BeginTransactionAsync())
        {
            await using var claim = connection.CreateCommand();
            claim.CommandText = "SELECT id FROM outbound.recipients ORDER BY id FOR UPDATE";
            await claim.ExecuteNonQueryAsync();
            Assert.Equal(0, await world.Get<RecipientSender>().RunOnceAsync(default));
        }

        world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, await world.SendAllAsync());
        Assert.Equal(3, world.Graph.Messages.DistinctBy(m => m.Callback).Count());
    }

    [Fact]
    public async Task After_the_commit_it_is_unresolved_and_never_sent_again_and_fails_as_unknown_in_the_end()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        var campaign = await DieAsync(world, new TaskCompletionSource().Task);
        world.Clock.Advance(world.Options.Claim + TimeSpan.FromSeconds(1));
        await world.LookAsync();
        Assert.Equal((1, 0), ((await world.FunnelAsync(campaign)).Unresolved, await world.SendAllAsync()));

        world.Clock.Advance(world.Options.SettleAfter);
        await world.LookAsync();
        var funnel = await world.FunnelAsync(campaign);
        Assert.Equal((CampaignState.Completed, 1, "outcome_unknown"), (funnel.State, funnel.Failed, Assert.Single(funnel.Reasons).Code));
        Assert.Single(world.Graph.Messages);
        // It may have been sent: its place stays taken.
        Assert.Equal(1, await world.ScalarAsync<long>("SELECT count(*) FROM outbound.openings"));
    }

    [Fact]
    public async Task After_Graph_took_it_the_status_settles_it()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        var campaign = await DieAsync(world, new TaskCompletionSource().Task);
        world.Clock.Advance(world.Options.Claim + TimeSpan.FromSeconds(1));
        await world.LookAsync();
        await world.StatusAsync(world.Graph.Messages[0].Callback, "delivered");
        await world.LookAsync();
        var funnel = await world.FunnelAsync(campaign);
        Assert.Equal((CampaignState.Completed, 1, 0), (funnel.State, funnel.Delivered, funnel.Unresolved));
        Assert.Equal(0, await world.SendAllAsync());
    }

    [Fact]
    public async Task A_status_that_comes_when_all_hope_was_gone_still_tells_the_truth()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        var campaign = await DieAsync(world, new TaskCompletionSource().Task);
        foreach (var wait in new[] { world.Options.Claim, world.Options.SettleAfter })
        {
            world.Clock.Advance(wait + TimeSpan.FromSeconds(1));
            await world.LookAsync();
        }

        Assert.Equal(1, (await world.FunnelAsync(campaign)).Failed);
        await world.StatusAsync(world.Graph.Messages[0].Callback, "read");
        await world.LookAsync();
        Assert.Equal((0, 1), ((await world.FunnelAsync(campaign)).Failed, (await world.FunnelAsync(campaign)).Read));
    }

    [Fact]
    public async Task It_is_not_given_up_while_an_event_waits_that_may_tell()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        var campaign = await DieAsync(world, new TaskCompletionSource().Task);
        world.Clock.Advance(world.Options.Claim + TimeSpan.FromSeconds(1));
        await world.Get<ClaimRescuer>().RunOnceAsync(default);
        await world.StatusAsync(world.Graph.Messages[0].Callback, "sent");
        world.Clock.Advance(world.Options.SettleAfter + TimeSpan.FromMinutes(1));
        await world.Get<ClaimRescuer>().RunOnceAsync(default);
        Assert.Equal(1, (await world.FunnelAsync(campaign)).Unresolved);
        await world.Get<DeliveryEventConsumer>().RunOnceAsync(default);
        Assert.Equal(1, (await world.FunnelAsync(campaign)).Sent);
    }

    [Fact]
    public async Task A_slow_worker_whose_answer_comes_after_its_claim_ended_does_no_harm()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        var taken = new TaskCompletionSource();
        var campaign = await DieAsync(world, taken.Task, out var slow);
        world.Clock.Advance(world.Options.Claim + TimeSpan.FromSeconds(1));
        await world.LookAsync();
        Assert.Equal(1, (await world.FunnelAsync(campaign)).Unresolved);
        taken.SetResult();
        await slow;
        Assert.Equal(1, (await world.FunnelAsync(campaign)).Sent);
        Assert.Single(world.Graph.Messages);
    }

    [Fact]
    public async Task An_answer_that_is_lost_leaves_it_unresolved_until_its_status_comes()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        var campaign = await world.LaunchAsync();
        world.Graph.LoseNext();
        await world.SendAllAsync();
        Assert.Equal(1, (await world.FunnelAsync(campaign)).Unresolved);
        await world.StatusAsync(world.Graph.Messages[0].Callback, "sent");
        await world.LookAsync();
        Assert.Equal((1, CampaignState.Completed), ((await world.FunnelAsync(campaign)).Sent, (await world.CampaignAsync(campaign)).State));
    }

    [Fact]
    public async Task A_person_decides_about_the_unresolved()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(2);
        var campaign = await world.LaunchAsync();
        world.Graph.LoseNext();
        world.Graph.LoseNext();
        await world.SendAllAsync();
        var (first, second) = (RecipientId.Of(campaign.Id, 1), RecipientId.Of(campaign.Id, 2));
        await ResolveAsync(world, RecipientSql.AssumeSent, campaign, first);
        await ResolveAsync(world, RecipientSql.SendAgain, campaign, second);
        world.Clock.Advance(Pace.PairInterval);
        Assert.Equal(1, await world.SendAllAsync());
        Assert.Equal(2, (await world.FunnelAsync(campaign)).Sent);

        // The second one goes under an id of its own: what is told of the first message is not told of it.
        Assert.Equal($"{second}.2", world.Graph.Messages[^1].Callback);
        await world.StatusAsync(second.ToString(), "failed", 131026);
        await world.LookAsync();
        Assert.Equal(2, (await world.FunnelAsync(campaign)).Sent);
    }

    [Fact]
    public async Task A_message_that_Meta_holds_for_quality_is_in_flight_and_not_sent_again()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        var campaign = await world.LaunchAsync();
        world.Graph.HoldNextForQuality();
        await world.SendAllAsync();
        Assert.Equal((1, 0), ((await world.FunnelAsync(campaign)).Sending, (await world.FunnelAsync(campaign)).Sent));
        await world.StatusAsync(world.Graph.Messages[0].Callback, "sent");
        await world.LookAsync();
        Assert.Equal(1, (await world.FunnelAsync(campaign)).Sent);
        Assert.Single(world.Graph.Messages);
    }

    private static async Task ResolveAsync(CampaignWorld world, string sql, Campaign campaign, Guid id)
    {
        await using var command = world.Get<Npgsql.NpgsqlDataSource>().CreateCommand(sql);
        command.Parameters.AddWithValue("channel", campaign.ChannelId);
        command.Parameters.AddWithValue("campaign", campaign.Id);
        command.Parameters.AddWithValue("ids", new[] { id });
        command.Parameters.AddWithValue("now", world.Clock.GetUtcNow());
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    private static Task<Campaign> DieAsync(CampaignWorld world, Task answer) => DieAsync(world, answer, out _);

    /// <summary>A replica whose clock stands still hands one message to Graph, and the answer does not come.</summary>
    private static Task<Campaign> DieAsync(CampaignWorld world, Task answer, out Task<int> dead)
    {
        var started = new TaskCompletionSource<int>();
        dead = started.Task;
        return RunAsync();

        async Task<Campaign> RunAsync()
        {
            await world.AddContactsAsync(1);
            var campaign = await world.LaunchAsync();
            var arrived = new TaskCompletionSource();
            world.Graph.HoldNextAsync(answer, arrived);
            var run = world.NewReplica(new FakeTimeProvider(CampaignWorld.Start)).GetRequiredService<RecipientSender>().RunOnceAsync(default);
            _ = run.ContinueWith(done => started.TrySetResult(done.Result), TaskScheduler.Default);
            await arrived.Task;
            return campaign;
        }
    }
}
