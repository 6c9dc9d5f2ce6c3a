using Bookbag.Tests.Support;

namespace Bookbag.Tests.Chaos;

/// <summary>What no other system proves: nobody gets a campaign's message twice, nobody is forgotten, no messaging limit is exceeded, whatever dies when. The long form is <c>bench proof</c>.</summary>
[Collection(nameof(WholeProduct))]
public sealed class CampaignChaosTests
{
    [Fact]
    public async Task Three_campaigns_over_one_limit_survive_what_can_go_wrong()
    {
        var report = await CampaignStorm.RunAsync(new StormPlan(Recipients: 400, Kills: 4, PostgresKills: 1, RedisFlushes: 1, RedisKills: 1, RedisHangs: 0, Throttles: 1, Seed: 4));
        Assert.True(report.Problems.Count == 0, report.ToString());
        Assert.True(report.Looks > 5, report.ToString());
    }
}
