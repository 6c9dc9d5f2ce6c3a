using Bookbag.Outbound;
using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.MessagingLimits;
using Bookbag.Outbound.Sandbox;
using Bookbag.Outbound.Sending;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.Tests.Outbound.Sending;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Bookbag.Tests.Outbound.Campaigns;

/// <summary>Campaigns that take days, against the sandbox, on a clock that the tests move.</summary>
public sealed class SimulatedDaysTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    public static TheoryData<string, int, int, string?, int> Cases => new()
    {
        { "TIER_2K", 2_000, 5_000, null, 0 },
        { "TIER_250", 250, 600, "'10:01', '18:00'", 0 },
        { "TIER_250", 250, 600, null, 110 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_was_forecast_for_days_to_come_comes_true(string tier, int limit, int recipients, string? quiet, int taken)
    {
        await using var meta = await SimulatedMeta.StartAsync(database, tier, new NumberSettings { Reads = false });
        var world = meta.World;
        if (taken > 0)
        {
            await world.AddContactsAsync(taken, from: 900_000);
            var before = await world.LaunchAsync();
            await meta.PassUntilAsync(() => IsOverAsync(world, before), TimeSpan.FromHours(1));
            world.Clock.Advance(TimeSpan.FromHours(5));
            await world.ExecuteAsync("DELETE FROM outbound.contacts");
        }

        if (quiet is not null)
            await world.ExecuteAsync($"INSERT INTO outbound.settings (agent_id, workspace_id, time_zone, quiet_from, quiet_to, single_share, updated_at) VALUES ('{world.AgentId}', '{world.WorkspaceId}', 'UTC', {quiet}, 0, now())");
        await world.AddContactsAsync(recipients);
        var launched = world.Clock.GetUtcNow();
        var campaign = await world.LaunchAsync(prepare: false);
        var review = await ReviewAsync(world, campaign);
        while (await world.Get<AudienceSnapshot>().RunOnceAsync(default))
        {
        }

        await meta.PassUntilAsync(() => IsOverAsync(world, campaign), TimeSpan.FromDays(6));
        var ended = await world.ScalarAsync<DateTime>($"SELECT max(sent_at) FROM outbound.recipients WHERE campaign_id = '{campaign.Id}'") - launched.UtcDateTime;
        var forecast = review.EndsAt!.Value - launched;
        Assert.True(Math.Abs(ended / forecast - 1) < 0.05, $"It took {ended}, and {forecast} was forecast.");

        var days = review.Days.Select(day => day.Messages).ToArray();
        var sent = new List<long>();
        foreach (var day in review.Days)
            sent.Add(await world.ScalarAsync<long>($"SELECT count(*) FROM outbound.recipients WHERE campaign_id = '{campaign.Id}' AND (sent_at AT TIME ZONE 'UTC')::date = '{day.Date:O}'"));
        Assert.All(days.Zip(sent), day => Assert.InRange(day.Second, day.First * 0.95, day.First * 1.05));

        Assert.Equal((recipients + taken, 0), (meta.Sandbox.Control.Stats().Accepted, meta.Sandbox.Control.Stats().Duplicates));
        Assert.Empty(meta.Sandbox.Control.Stats().Refused);
        Assert.Equal(limit, meta.MostOpenedIn24Hours());
        Assert.Equal((recipients, 0L), ((await world.FunnelAsync(campaign)).Delivered, await world.ContradictionsAsync()));
    }

    [Fact]
    public async Task A_limit_that_Meta_raises_as_it_is_used_takes_effect_at_once()
    {
        await using var meta = await SimulatedMeta.StartAsync(database, "TIER_250", new NumberSettings { UpgradeAfter = TimeSpan.FromHours(6), Reads = false });
        var world = meta.World;
        await world.AddContactsAsync(2_100);
        var campaign = await world.LaunchAsync();
        var ended = await meta.PassUntilAsync(() => IsOverAsync(world, campaign), TimeSpan.FromDays(2));
        // 250 at once, up to 2,000 after six hours, all others after twelve.
        Assert.InRange(ended - CampaignWorld.Start, TimeSpan.FromHours(12), TimeSpan.FromHours(12.5));
        Assert.Equal((2_100, 0), (meta.Sandbox.Control.Stats().Accepted, meta.Sandbox.Control.Stats().Refused.Count));
        Assert.Equal("TIER_10K", await world.ScalarAsync<string>("SELECT tier FROM platform.channels"));
    }

    [Fact]
    public async Task What_Meta_holds_back_for_a_customer_goes_out_a_day_later()
    {
        await using var meta = await SimulatedMeta.StartAsync(database, "TIER_2K", new NumberSettings { MarketingPerCustomer = 1, Reads = false });
        var world = meta.World;
        await world.AddContactsAsync(40);
        var first = await world.LaunchAsync();
        await meta.PassUntilAsync(() => IsOverAsync(world, first), TimeSpan.FromHours(1));
        world.Clock.Advance(TimeSpan.FromHours(1));
        var second = await world.LaunchAsync();
        await meta.PassUntilAsync(async () => (await world.FunnelAsync(second)).Limited == 40, TimeSpan.FromHours(1));
        world.Clock.Advance(TimeSpan.FromHours(24.6));
        await meta.PassUntilAsync(async () => (await world.FunnelAsync(second)) is { Delivered: 40, State: CampaignState.Completed }, TimeSpan.FromHours(1));
    }

    private static async Task<bool> IsOverAsync(CampaignWorld world, Campaign campaign) =>
        (await world.FunnelAsync(campaign)) is { State: CampaignState.Completed } funnel && funnel.Delivered == funnel.Audience;

    private static async Task<CampaignReview.Review> ReviewAsync(CampaignWorld world, Campaign campaign)
    {
        await using var scope = world.Replica.CreateAsyncScope();
        T Get<T>() where T : notnull => scope.ServiceProvider.GetRequiredService<T>();
        var answer = await CampaignReview.Handle(
            world.AgentId, campaign.Id, Get<OutboundDb>(), Get<PlatformDb>(), Get<CampaignDesk>(), Get<TierReader>(), Get<Openings>(), Get<Pace>(), Get<NpgsqlDataSource>(), world.Clock, default);
        return Assert.IsType<Ok<CampaignReview.Review>>(answer.Result).Value!;
    }
}
