using Bookbag.ServiceDefaults.Postgres;
using Npgsql;

namespace Bookbag.Inbound.Conversations;

/// <summary>Replies that Meta refused for now.</summary>
public sealed class WaitingReplies(NpgsqlDataSource dataSource, WakeUps wakeUps, TimeProvider clock)
{
    /// <summary>Tries those of a channel again at once: to be called when the channel was repaired.</summary>
    public async Task RetryAsync(Guid channelId, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(TurnSql.RetryWaiting, ("channel", channelId), ("now", clock.GetUtcNow()));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        wakeUps.Signal(TurnWorker.Topic);
    }
}
