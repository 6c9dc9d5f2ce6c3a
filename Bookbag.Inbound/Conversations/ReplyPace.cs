using Bookbag.ServiceDefaults.Redis;
using StackExchange.Redis;

namespace Bookbag.Inbound.Conversations;

/// <summary>Lets the campaigns of a number know of its replies: both share what Meta lets through, and a reply never waits for a campaign.</summary>
internal sealed class ReplyPace(IServiceProvider services)
{
    /// <summary>A reply goes out now. Nothing is waited for: where Redis is away, the headroom that campaigns leave has to do.</summary>
    public void Take(string phoneNumberId)
    {
        try
        {
            if (services.GetService<IConnectionMultiplexer>() is { IsConnected: true } redis)
                redis.GetDatabase().ScriptEvaluate(NumberPace.TakeFirst, [NumberPace.Bucket(phoneNumberId)], flags: CommandFlags.FireAndForget);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or InvalidOperationException)
        {
            // Away, or there is none.
        }
    }
}
