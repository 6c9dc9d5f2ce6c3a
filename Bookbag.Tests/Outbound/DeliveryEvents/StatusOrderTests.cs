using Bookbag.Outbound.DeliveryEvents;
using Bookbag.Outbound.Sending;
using Bookbag.Tests.Outbound.Sending;
using Bookbag.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Bookbag.Tests.Outbound.DeliveryEvents;

public sealed class StatusOrderTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly string[] Words = ["sent", "delivered", "read", "deleted"];

    /// <summary>In whatever order, however often and in whatever batches they come: the recipient ends where the furthest of them says, never behind where it was.</summary>
    [Property(MaxTest = 15)]
    public Property Statuses_only_move_forward() =>
        Prop.ForAll(Gen.Choose(0, 7).ListOf(8).ToArbitrary(), statuses => PlayAsync([.. statuses]).GetAwaiter().GetResult());

    private async Task<bool> PlayAsync(int[] statuses)
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        var campaign = await world.LaunchAsync();
        await world.SendAllAsync();
        var (callback, furthest) = (world.Graph.Messages[0].Callback, 0);
        foreach (var status in statuses)
        {
            // Every other one is applied on its own.
            await world.StatusAsync(callback, Words[status % 4]);
            furthest = Math.Max(furthest, status % 4 == 3 ? 0 : status % 4);
            if (status < 4)
                continue;
            await world.Get<DeliveryEventConsumer>().RunOnceAsync(default);
            if (await RankAsync(world) != furthest)
                return false;
        }

        await world.Get<DeliveryEventConsumer>().RunOnceAsync(default);
        await world.FunnelAsync(campaign);
        return await RankAsync(world) == furthest && await world.ContradictionsAsync() == 0;
    }

    [Fact]
    public async Task A_status_that_is_faster_than_Graphs_answer_is_kept()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        var campaign = await world.LaunchAsync();
        var (arrived, taken) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.Graph.HoldNextAsync(taken.Task, arrived);
        var sending = world.Get<RecipientSender>().RunOnceAsync(default);
        await arrived.Task;
        await world.StatusAsync(world.Graph.Messages[0].Callback, "delivered", wamid: "wamid.early");
        await world.Get<DeliveryEventConsumer>().RunOnceAsync(default);
        Assert.Equal(1, (await world.FunnelAsync(campaign)).Delivered);
        taken.SetResult();
        await sending;
        Assert.Equal(1, (await world.FunnelAsync(campaign)).Delivered);
    }

    [Fact]
    public async Task A_status_of_nobody_we_know_is_parked_and_matched_when_its_message_is_known()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        await world.StatusAsync(null, "delivered", wamid: "wamid.later");
        await world.Get<DeliveryEventConsumer>().RunOnceAsync(default);
        Assert.Equal((1L, 0L), (await world.ScalarAsync<long>("SELECT count(*) FROM outbound.parked_statuses"), await world.ScalarAsync<long>("SELECT count(*) FROM delivery.events")));

        var campaign = await world.LaunchAsync();
        await world.SendAllAsync();
        await world.ExecuteAsync("UPDATE outbound.recipients SET wamid = 'wamid.later'");
        world.Clock.Advance(TimeSpan.FromSeconds(16));
        await world.Get<DeliveryEventConsumer>().RunOnceAsync(default);
        Assert.Equal((1, 0L), ((await world.FunnelAsync(campaign)).Delivered, await world.ScalarAsync<long>("SELECT count(*) FROM outbound.parked_statuses")));
    }

    [Fact]
    public async Task An_event_that_cannot_be_applied_does_not_hold_up_the_others()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        world.SurvivesFailures = true;
        await world.AddContactsAsync(1);
        var campaign = await world.LaunchAsync();
        await world.SendAllAsync();
        await world.EventAsync("status", """{"status":{"no":"text"}}""", callback: world.Graph.Messages[0].Callback, wamid: "wamid.x");
        await world.StatusAsync(world.Graph.Messages[0].Callback, "read");
        while (await world.Get<DeliveryEventConsumer>().RunOnceAsync(default) > 0)
        {
        }

        Assert.Equal((1, 0L), ((await world.FunnelAsync(campaign)).Read, await world.ScalarAsync<long>("SELECT count(*) FROM delivery.events")));
    }

    [Fact]
    public async Task A_reported_failure_gives_the_place_in_the_messaging_limit_back()
    {
        await using var world = await CampaignWorld.CreateAsync(database, tier: "TIER_50");
        await world.AddContactsAsync(51);
        await world.LaunchAsync();
        Assert.Equal(50, await world.SendAllAsync());
        await world.StatusAsync(world.Graph.Messages[0].Callback, "failed", 131026);
        await world.LookAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.ExecuteAsync($"UPDATE outbound.campaigns SET wait_until = '{world.Clock.GetUtcNow():O}' WHERE state = 'waiting'");
        await world.LookAsync();
        Assert.Equal(1, await world.SendAllAsync());
    }

    private static async Task<int> RankAsync(CampaignWorld world) => await world.ScalarAsync<int>(
        "SELECT CASE WHEN read_at IS NOT NULL AND delivered_at IS NOT NULL THEN 2 WHEN delivered_at IS NOT NULL THEN 1 ELSE 0 END FROM outbound.recipients WHERE state = 'sent'");
}
