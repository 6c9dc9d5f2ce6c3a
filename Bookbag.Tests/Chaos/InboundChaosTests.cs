using Bookbag.Tests.Support;

namespace Bookbag.Tests.Chaos;

/// <summary>What must never break, broken on purpose: Inbound is killed in mid-flight, and runs twice.</summary>
[Collection(nameof(WholeProduct))]
public sealed class InboundChaosTests
{
    [Fact]
    public async Task Kill_9_of_Inbound_in_the_middle_of_5000_webhooks_loses_none_and_answers_every_customer_once()
    {
        await using var storm = await Storm.StartAsync(inboundReplicas: 1);

        await storm.WriteAsync(customers: 5_000, messages: 1, delivered =>
        {
            if (delivered is 1_500 or 3_500)
                storm.Product.Kill("inbound");
        });
        await storm.SettledAsync();

        Assert.Equal(5_000, await storm.Product.Database.ScalarAsync<long>("SELECT count(DISTINCT wamid) FROM inbound.messages WHERE direction = 'in'"));
        Assert.Equal(5_000, await storm.Product.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.messages WHERE direction = 'in'"));
        Assert.Equal(5_000, storm.Answers.Count);
        Assert.All(storm.Answers, answer => Assert.Equal(1, answer.Value));
        Assert.Equal(0, await storm.Product.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.messages WHERE direction = 'out' AND status = 'failed'"));
    }

    [Fact]
    public async Task Two_replicas_give_one_answer_a_turn_in_order_even_when_one_is_killed()
    {
        await using var storm = await Storm.StartAsync(inboundReplicas: 2);

        // Three in a row from each: a burst gets one answer. A kill in the middle may make two turns of a burst, but no message is answered twice.
        await storm.WriteAsync(customers: 300, messages: 3, delivered =>
        {
            if (delivered == 450)
                storm.Product.Kill("inbound", replica: 1);
        });
        await storm.SettledAsync();

        Assert.Equal(900, await storm.Product.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.messages WHERE direction = 'in'"));
        Assert.Equal(300, storm.Answers.Count);
        Assert.Equal(storm.Answers.Values.Sum(), await storm.Product.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.messages WHERE direction = 'out' AND status <> 'failed'"));
    }
}
