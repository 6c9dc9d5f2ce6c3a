using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Webhooks;

/// <summary>The webhook log: what Meta sent, and the queue of what is still to be applied.</summary>
public sealed class WebhookLog(NpgsqlDataSource dataSource)
{
    /// <summary>Writes webhooks and queues them, all with one statement and one commit.</summary>
    public async Task StoreAsync(IReadOnlyCollection<WebhookArrival> arrivals, CancellationToken cancellationToken)
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
            .Column("received", arrivals, NpgsqlDbType.TimestampTz, a => a.ReceivedAt)
            .Column("signatures", arrivals, NpgsqlDbType.Text, a => a.Signature)
            .Column("headers", arrivals, NpgsqlDbType.Jsonb, a => a.Headers)
            .Column("traces", arrivals, NpgsqlDbType.Text, a => a.Traceparent)
            .Column("bodies", arrivals, NpgsqlDbType.Bytea, a => a.Body);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
