using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Conversations;

/// <summary>What sending tells of a channel, kept for its card.</summary>
internal sealed partial class ChannelFaults(IServiceScopeFactory scopes, WaitingReplies waiting, ILogger<ChannelFaults> logger)
{
    /// <summary>Meta says that nothing can be sent until somebody repairs the channel.</summary>
    public async Task BreakAsync(Guid channelId, GraphError error, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PlatformDb>();
        if (await db.Channels.SingleOrDefaultAsync(c => c.Id == channelId, cancellationToken) is not { } channel || channel.Problem == error.Advice)
            return;
        Log.Broken(logger, channelId, error.Code);
        channel.Break(error.Advice);
        await db.SaveChangesAsync(cancellationToken);
    }

    /// <summary>A reply that had been refused was taken: nothing is wrong any more, and the others need not wait.</summary>
    public async Task WorksAsync(Guid channelId, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PlatformDb>();
        if (await db.Channels.SingleOrDefaultAsync(c => c.Id == channelId, cancellationToken) is not { Problem: not null } channel)
            return;
        Log.Repaired(logger, channelId);
        channel.Works();
        await db.SaveChangesAsync(cancellationToken);
        await waiting.RetryAsync(channelId, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Channel {ChannelId} cannot send (error {Code}): its replies wait until it is repaired")]
        public static partial void Broken(ILogger logger, Guid channelId, int code);

        [LoggerMessage(2, LogLevel.Information, "Channel {ChannelId} can send again")]
        public static partial void Repaired(ILogger logger, Guid channelId);
    }
}
