using Bookbag.Tests.Support;

namespace Bookbag.Tests.Chaos;

/// <summary>What must never break, broken on purpose: no customer is forgotten, none is answered twice, whatever dies when. The long form is <c>bench storm</c>.</summary>
[Collection(nameof(WholeProduct))]
public sealed class InboundChaosTests
{
    [Fact]
    public async Task Kill_9_of_Inbound_in_the_middle_of_5000_webhooks_loses_none_and_answers_every_customer_once()
    {
        await using var flood = await WebhookFlood.StartAsync();

        await flood.WriteAsync(customers: 5_000, delivered =>
        {
            if (delivered is 1_500 or 3_500)
                flood.Product.Kill("inbound");
        });
        await flood.SettledAsync();

        Assert.Equal(5_000, await flood.Product.Database.ScalarAsync<long>("SELECT count(DISTINCT wamid) FROM inbound.messages WHERE direction = 'in'"));
        Assert.Equal(5_000, await flood.Product.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.messages WHERE direction = 'in'"));
        Assert.Equal(5_000, flood.Answers.Count);
        Assert.All(flood.Answers, answer => Assert.Equal(1, answer.Value));
        Assert.Equal(0, await flood.Product.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.messages WHERE direction = 'out' AND status = 'failed'"));
    }

    [Fact]
    public async Task Every_message_of_a_storm_comes_to_one_end_and_no_answer_is_sent_twice()
    {
        var report = await CustomerStorm.RunAsync(new CustomerStormPlan(PerSecond: 10, TimeSpan.Zero, Seed: 1));
        Assert.True(report.Problems.Count == 0, report.ToString());
        Assert.True(report.Outcomes.Count == 3, report.ToString());
    }
}
