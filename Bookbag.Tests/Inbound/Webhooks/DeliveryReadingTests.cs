using Bookbag.Inbound.Webhooks;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bookbag.Tests.Inbound.Webhooks;

public sealed class DeliveryReadingTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_channel_out_of_service_is_looked_for_once_in_a_batch_however_many_webhooks_of_it_there_are()
    {
        using var log = new CapturedLog();
        using var logging = LoggerFactory.Create(builder => builder.AddProvider(log));
        using var directory = new ChannelDirectory(
            Parts.Database, new SecretProtector(new EphemeralDataProtectionProvider()), Parts.Services.GetRequiredService<WakeUps>(), Parts.Clock, logging.CreateLogger<ChannelDirectory>());
        var body = Meta.Messages(Channel.PhoneNumberId, Meta.Text("w1", "16505550001", "Hello", Noon));
        var deliveries = Enumerable.Range(1, 50).Select(id => new QueuedDelivery(id, Noon, 0, false, [Channel.Id], "sha256=0", null, body, id));

        var reading = await DeliveryReading.ReadAsync(deliveries, directory, CancellationToken.None);

        Assert.Empty(reading.Items);
        Assert.Single(log.Lines, line => line.Contains(Channel.Id.ToString(), StringComparison.Ordinal)); // each reading of the channels says that its secrets cannot be read
    }
}
