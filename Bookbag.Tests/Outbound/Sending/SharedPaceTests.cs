extern alias inbound;
using Bookbag.Outbound.Sending;
using Bookbag.Tests.Support;
using inbound::Bookbag.Inbound.Conversations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace Bookbag.Tests.Outbound.Sending;

/// <summary>Campaigns and replies share what a number may send.</summary>
public sealed class SharedPaceTests
{
    private const int PerSecond = 60;

    [Fact]
    public async Task What_replies_take_campaigns_wait_for_and_not_for_long()
    {
        await using var services = new ServiceCollection()
            .AddSingleton<IConnectionMultiplexer>(await ConnectionMultiplexer.ConnectAsync(await TestServers.RedisAsync())).BuildServiceProvider();
        var clock = new FakeTimeProvider();
        var (campaigns, replies) = (new Pace(services, clock, Options.Create(new SendingOptions())), new ReplyPace(services));
        var number = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();

        // Where no campaign sends, there is nothing to take from.
        replies.Take(number);
        Assert.Equal(10, (await campaigns.TakeAsync(number, PerSecond, 10)).Taken);
        for (var i = 0; i < 15; i++)
            replies.Take(number);
        Assert.Equal((5, TimeSpan.Zero), await campaigns.TakeAsync(number, PerSecond, 100));

        replies.Take(number);
        Assert.Equal((0, TimeSpan.FromMilliseconds(34)), await campaigns.TakeAsync(number, PerSecond, 100));

        // A crowd of replies holds campaigns up for as long as the bucket takes to fill, no longer.
        for (var i = 0; i < 1_000; i++)
            replies.Take(number);
        Assert.Equal((0, TimeSpan.FromMilliseconds(517)), await campaigns.TakeAsync(number, PerSecond, 100));
        clock.Advance(TimeSpan.FromMilliseconds(517));
        Assert.Equal(1, (await campaigns.TakeAsync(number, PerSecond, 100)).Taken);
    }

    [Fact]
    public async Task A_reply_goes_out_where_Redis_is_away()
    {
        await using var none = new ServiceCollection().BuildServiceProvider();
        new ReplyPace(none).Take("1");
        await using var away = new ServiceCollection()
            .AddSingleton<IConnectionMultiplexer>(await ConnectionMultiplexer.ConnectAsync("127.0.0.1:1,abortConnect=false,connectTimeout=50,connectRetry=0")).BuildServiceProvider();
        new ReplyPace(away).Take("1");
    }
}
