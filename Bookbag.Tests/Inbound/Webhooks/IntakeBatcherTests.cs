using Bookbag.Inbound.Webhooks;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Bookbag.Tests.Inbound.Webhooks;

public sealed class IntakeBatcherTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    private IntakeBatcher Batcher => Parts.Services.GetRequiredService<IntakeBatcher>();

    private IntakeOptions Options => Parts.Services.GetRequiredService<IOptions<IntakeOptions>>().Value;

    private WebhookArrival Arrival(int size = 100) => new(Noon, [Channel.Id], "sha256=0", "{}", null, new byte[size]);

    private Task<long> StoredAsync() => Parts.Database.ScalarAsync<long>($"SELECT count(*) FROM inbound.webhook_deliveries WHERE '{Channel.Id}' = ANY (channel_ids)");

    [Fact]
    public async Task What_was_taken_before_the_stop_is_written_before_the_end()
    {
        var answers = Enumerable.Range(0, 2_000).Select(i => Batcher.StoreAsync(Arrival(i))).ToList();
        await Batcher.StartAsync(CancellationToken.None);
        await Batcher.StopAsync(CancellationToken.None);

        Assert.All(await Task.WhenAll(answers), Assert.True);
        Assert.Equal(2_000, await StoredAsync());
        Assert.False(await Batcher.StoreAsync(Arrival()));
    }

    [Fact]
    public async Task A_crowd_shares_commits_and_a_webhook_larger_than_a_batch_goes_alone()
    {
        Options.MaxBatchBytes = 1_000;
        var answers = new[] { 400, 400, 400, 5_000, 100 }.Select(size => Batcher.StoreAsync(Arrival(size))).ToList();
        await Batcher.StartAsync(CancellationToken.None);
        Assert.All(await Task.WhenAll(answers), Assert.True);
        await Batcher.StopAsync(CancellationToken.None);

        var commits = await Parts.Database.ScalarAsync<string>($"SELECT string_agg(deliveries::text, ' ' ORDER BY id) FROM inbound.webhook_log WHERE '{Channel.Id}' = ANY (channel_ids)");
        Assert.Equal("2 1 1 1", commits);
    }

    [Theory]
    [InlineData(3, 1_000_000)]
    [InlineData(1_000, 300)]
    public async Task What_waits_is_bounded_by_number_and_by_bytes(int count, int bytes)
    {
        Options.MaxWaiting = count;
        Options.MaxWaitingBytes = bytes;
        var answers = Enumerable.Range(0, 4).Select(_ => Batcher.StoreAsync(Arrival())).ToList();
        Assert.False(await answers[3]);

        await Batcher.StartAsync(CancellationToken.None);
        Assert.All(await Task.WhenAll(answers[..3]), Assert.True);
        await Batcher.StopAsync(CancellationToken.None);
    }
}
