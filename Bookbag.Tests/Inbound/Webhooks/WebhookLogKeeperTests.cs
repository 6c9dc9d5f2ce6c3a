using Bookbag.Inbound.Webhooks;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Inbound.Webhooks;

public sealed class WebhookLogKeeperTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    private WebhookLogKeeper Keeper => Parts.Services.GetRequiredService<WebhookLogKeeper>();

    private Task<string?> PartitionsAsync(string table) => Parts.Database.ScalarAsync<string>(
        $"SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'inbound.{table}'::regclass");

    [Fact]
    public async Task Makes_days_and_months_ahead_and_drops_what_is_past_the_retention_also_with_two_replicas()
    {
        var other = new IntakeParts(Database);
        await Task.WhenAll(Keeper.RunOnceAsync(CancellationToken.None), other.Services.GetRequiredService<WebhookLogKeeper>().RunOnceAsync(CancellationToken.None));
        await other.StopAsync();
        Assert.Equal(
            "webhook_log_20261120 webhook_log_20261121 webhook_log_20261122 webhook_log_20261123 webhook_log_20261124 webhook_log_default",
            await PartitionsAsync("webhook_log"));
        Assert.Equal("messages_202610 messages_202611 messages_202612 messages_202701 messages_default", await PartitionsAsync("messages"));

        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("w1", "16505550001", "Hello", Noon), new()));
        Assert.Equal(1, await Parts.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.webhook_log_20261120"));
        Assert.Equal(1, await Parts.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.messages_202611"));
        Assert.Equal(1, await CountAsync("webhook_rejections"));

        Parts.Clock.Advance(TimeSpan.FromDays(31));
        await Keeper.RunOnceAsync(CancellationToken.None);
        Assert.DoesNotContain("20261120", await PartitionsAsync("webhook_log"));
        Assert.Contains("webhook_log_20261121", await PartitionsAsync("webhook_log"));
        Assert.Contains("webhook_log_20261225", await PartitionsAsync("webhook_log"));
        Assert.Equal(0, await CountAsync("webhook_rejections"));
        Assert.Equal(1, await CountAsync("messages"));
    }
}
