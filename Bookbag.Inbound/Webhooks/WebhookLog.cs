using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Webhooks;

/// <summary>The webhook log: what Meta sent, and the queue of what is still to be applied.</summary>
public class WebhookLog(NpgsqlDataSource dataSource)
{
    /// <summary>Writes webhooks, <see cref="WebhookLogSql.LargestStretch"/> at most, and queues them, with one statement and one commit: a stretch.</summary>
    public virtual async Task StoreAsync(IReadOnlyCollection<WebhookArrival> arrivals, CancellationToken cancellationToken)
    {
        // Postgres has no array of arrays of different lengths: the channels of all are one array, cut up by position.
        var channelIds = new List<Guid>(arrivals.Count);
        var first = new List<(int From, int To)>(arrivals.Count);
        foreach (var arrival in arrivals)
        {
            first.Add((channelIds.Count + 1, channelIds.Count + arrival.ChannelIds.Length));
            channelIds.AddRange(arrival.ChannelIds);
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = connection.Statement(WebhookLogSql.Store)
            .Column("channel_ids", channelIds, NpgsqlDbType.Uuid, id => id)
            .Column("channels_from", first, NpgsqlDbType.Integer, f => f.From)
            .Column("channels_to", first, NpgsqlDbType.Integer, f => f.To)
            .Column("signatures", arrivals, NpgsqlDbType.Text, a => a.Signature)
            .Column("headers", arrivals, NpgsqlDbType.Text, a => a.Headers)
            .Column("traceparents", arrivals, NpgsqlDbType.Text, a => a.Traceparent)
            .Column("bodies", arrivals, NpgsqlDbType.Bytea, a => a.Body);
        command.Parameters.AddWithValue("received", arrivals.Min(a => a.ReceivedAt));
        command.Parameters.AddWithValue("deliveries", arrivals.Count);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A webhook of the log; null when there is none, or none any more.</summary>
    public async Task<LoggedWebhook?> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(WebhookLogSql.Find);
        command.Parameters.AddWithValue("id", id);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? new(row.GetFieldValue<DateTimeOffset>(0), row.GetFieldValue<Guid[]>(1), row.GetString(2), row.GetFieldValue<byte[]>(3), row.GetBoolean(4))
            : null;
    }

    /// <summary>Queues a webhook of the log for another time. One that still is in the queue stays as it is.</summary>
    public async Task RequeueAsync(long id, DateTimeOffset receivedAt, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(WebhookLogSql.Requeue);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("received", receivedAt);
        command.Parameters.AddWithValue("now", now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The messages of Meta's ids on some channels.</summary>
    public async Task<Dictionary<string, (Guid MessageId, Guid ConversationId)>> FindMessagesAsync(
        Guid[] channelIds, string[] wamids, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(WebhookLogSql.FindMessages);
        command.Parameters.AddWithValue("channels", channelIds);
        command.Parameters.AddWithValue("wamids", wamids);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var found = new Dictionary<string, (Guid, Guid)>(StringComparer.Ordinal);
        while (await row.ReadAsync(cancellationToken))
            found[row.GetString(0)] = (row.GetGuid(1), row.GetGuid(2));
        return found;
    }
}

/// <summary>A webhook of the log.</summary>
/// <param name="ReceivedAt">When the first of its stretch came.</param>
/// <param name="ChannelIds">The channels whose app secret signed it.</param>
/// <param name="Headers">The headers that were kept.</param>
/// <param name="Body">The raw bytes.</param>
/// <param name="IsQueued">Whether it is still to be applied.</param>
public sealed record LoggedWebhook(DateTimeOffset ReceivedAt, Guid[] ChannelIds, string Headers, byte[] Body, bool IsQueued);
