using System.Globalization;
using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.DeliveryEvents;
using Bookbag.Outbound.Sending;
using Bookbag.ServiceDefaults.WhatsApp;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Outbound.Sending;

/// <summary>Every error that Meta answers a template with, or reports later: where the recipient is afterwards, where the campaign is, and that there are words for it.</summary>
public sealed class ErrorTableTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    // What becomes of the recipient and of the campaign, whichever way the error comes: every code of Meta's documentation, and one that nobody knows.
    private static readonly (string Recipient, CampaignState Campaign, string? Reason, int[] Codes)[] Table =
    [
        ("pending", CampaignState.Sending, null, [1, 2, 4, 17, 613, 80007, 130429, 131000, 131016, 131056, 131057, 133004, 134101, 2388039, 2494100]),
        ("limited", CampaignState.Sending, null, [131049]),
        ("failed", CampaignState.Completed, null,
        [
            100, 130403, 130472, 130497, 131008, 131009, 131020, 131021, 131026, 131030, 131041, 131047, 131050, 131051, 131052, 131053, 131055, 131059, 131060, 131062,
            131205, 132005, 134011, 134100, 135000, 137000, 138021, 139103, 147001, 200005, 1752041, 2388019, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299, 999999,
        ]),
        ("pending", CampaignState.Paused, CampaignReasons.TemplateRefused, [131061, 131063, 132000, 132001, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069]),
        ("pending", CampaignState.Waiting, CampaignReasons.Resting, [131048, 131064]),
        ("pending", CampaignState.Waiting, CampaignReasons.ChannelBroken,
        [
            0, 3, 10, 33, 104, 190, 200, 299, 368, 803, 1005, 131005, 131031, 131037, 131042, 131044, 131045, 133000, 133005, 133006, 133008, 133009, 133010, 133015, 133016,
            134102, 136024, 136025, 2388001, 2388012, 2388091, 2388093, 2388103, 2593107, 2593108,
        ]),
    ];

    public static TheoryData<bool> Ways => [false, true];

    [Fact]
    public void Every_code_that_is_known_has_a_row() =>
        Assert.All(GraphErrorKinds.All, kind => Assert.Contains(Table.SelectMany(row => row.Codes), code => kind.From <= code && code <= kind.To));

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Every_error_has_its_effect_and_words(bool reported)
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        foreach (var (recipient, state, reason, codes) in Table)
        {
            foreach (var code in codes)
            {
                await world.ForgetCampaignsAsync();
                var campaign = await world.LaunchAsync();
                if (!reported)
                    world.Graph.RefuseNext(code);
                await world.Get<RecipientSender>().RunOnceAsync(default);
                if (reported)
                    await world.StatusAsync(world.Graph.Messages[^1].Callback, "failed", code);
                await world.LookAsync();

                var now = await world.CampaignAsync(campaign);
                var bucket = await world.ScalarAsync<string>($"SELECT {FunnelSql.Bucket} FROM outbound.recipients r");
                Assert.Equal((code, recipient, state, reason), (code, bucket, now.State, now.Reason));
                Assert.Equal(0, await world.ScalarAsync<long>("SELECT count(*) FROM outbound.openings"));
                Assert.Equal(code == 131050 ? 1 : 0, await world.ScalarAsync<long>("SELECT count(*) FROM outbound.suppressed"));
                Assert.Equal(reason == CampaignReasons.ChannelBroken, await world.ScalarAsync<string>("SELECT problem FROM platform.channels") is not null);

                // Words for whoever looks: at the campaign where all of it stands still, at the recipient where one got nothing.
                if (reason is not null)
                    Assert.True(now.Detail?.Length > 7, $"{code}: {now.Detail}");
                var shown = await world.ReasonAsync(campaign);
                Assert.Equal((code, code > 0 ? code.ToString(CultureInfo.InvariantCulture) : RecipientReasons.NotReached), (code, shown.Code));
                Assert.True(shown.Text.Length > 15, $"{code}: {shown.Text}");
            }
        }
    }

    [Fact]
    public async Task What_Meta_held_back_is_tried_once_more_a_day_later_and_then_no_more()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        var campaign = await world.LaunchAsync();
        await world.SendAllAsync();
        await world.StatusAsync(world.Graph.Messages[0].Callback, "failed", 131049);
        await world.Get<DeliveryEventConsumer>().RunOnceAsync(default);
        world.Clock.Advance(TimeSpan.FromHours(23.9));
        Assert.Equal(0, await world.SendAllAsync());
        world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, await world.SendAllAsync());
        await world.StatusAsync(world.Graph.Messages[1].Callback, "failed", 131049);
        await world.LookAsync();
        Assert.Equal((CampaignState.Completed, 1), ((await world.FunnelAsync(campaign)).State, (await world.FunnelAsync(campaign)).Limited));
        Assert.Equal(2, world.Graph.Messages.DistinctBy(m => m.Callback).Count());
    }

    [Fact]
    public async Task A_channel_that_works_again_lets_its_campaigns_go_on_at_once()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(2);
        world.Graph.RefuseNext(190);
        world.Graph.RefuseNext(190);
        await world.LaunchAsync();
        await world.Get<RecipientSender>().RunOnceAsync(default);
        Assert.Equal(0, await world.SendAllAsync());
        await world.ExecuteAsync("UPDATE platform.channels SET problem = NULL");
        world.Clock.Advance(Pace.PairInterval);
        await world.LookAsync();
        Assert.Equal(2, await world.SendAllAsync());
    }

    [Fact]
    public async Task A_failure_whose_order_with_sent_is_swapped_ends_the_same()
    {
        await using var world = await CampaignWorld.CreateAsync(database);
        await world.AddContactsAsync(1);
        var campaign = await world.LaunchAsync();
        await world.SendAllAsync();
        var callback = world.Graph.Messages[0].Callback;
        await world.StatusAsync(callback, "failed", 131049);
        await world.LookAsync();
        await world.StatusAsync(callback, "sent");
        await world.LookAsync();
        Assert.Equal(1, (await world.FunnelAsync(campaign)).Limited);
    }
}
