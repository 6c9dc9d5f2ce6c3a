using System.Globalization;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Webhooks;

/// <summary>What is looked for in the webhook log.</summary>
/// <param name="ChannelIds">The numbers it came for; only what these signed is seen.</param>
/// <param name="From">Not before.</param>
/// <param name="To">Before.</param>
/// <param name="Words">Texts that stand in it: a message id, a customer's number or user id.</param>
/// <param name="State">queued, applied or rejected; null for all.</param>
/// <param name="Before">Only what has a lower id.</param>
/// <param name="Limit">How many at most.</param>
public sealed record WebhookQuery(Guid[] ChannelIds, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<string> Words, string? State, long Before, int Limit);

/// <summary>A webhook that was found.</summary>
public sealed record FoundWebhook(long Id, DateTimeOffset ReceivedAt, string State, int Size, Guid[] ChannelIds, int Rejections);

/// <summary>Searches the webhook log, latest first.</summary>
/// <remarks>
/// What is said in webhooks is in no index: writing one for thousands a second would cost more than the few searches. A search reads a
/// bounded part of the log instead and says where the next one goes on, so that none takes long, however much there is.
/// </remarks>
public sealed class WebhookSearch(NpgsqlDataSource dataSource)
{
    private const int Most = 20_000;

    /// <summary>What was found in the next part of the log, and where the one after it begins; null at the end.</summary>
    public async Task<(IReadOnlyList<FoundWebhook> Found, long? Next)> FindAsync(WebhookQuery query, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken); // the statement has a setting of its own
        await using var command = connection.Statement(WebhookLogSql.Search);
        command.Parameters.AddWithValue("channels", query.ChannelIds);
        command.Parameters.AddWithValue("from", query.From);
        command.Parameters.AddWithValue("to", query.To);
        command.Parameters.AddWithValue("words", NpgsqlDbType.Array | NpgsqlDbType.Bytea, query.Words.Select(Encoding.UTF8.GetBytes).ToArray());
        // Meta writes a slash in two ways.
        command.Parameters.AddWithValue("escaped", NpgsqlDbType.Array | NpgsqlDbType.Bytea, query.Words.Select(word => Encoding.UTF8.GetBytes(word.Replace("/", @"\/", StringComparison.Ordinal))).ToArray());
        command.Parameters.AddWithValue("state", NpgsqlDbType.Text, (object?)query.State ?? DBNull.Value);
        command.Parameters.AddWithValue("before", query.Before);
        command.Parameters.AddWithValue("limit", query.Limit + 1);
        command.Parameters.AddWithValue("most", Most);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<FoundWebhook>();
        long? searchedTo = null;
        while (await row.ReadAsync(cancellationToken))
        {
            // The last row tells how far the search went.
            if (row.IsDBNull(1))
                searchedTo = row.GetInt64(6) >= Most ? row.GetInt64(0) : null;
            else
                found.Add(new(row.GetInt64(0), row.GetFieldValue<DateTimeOffset>(1), row.GetString(2), row.GetInt32(3), row.GetFieldValue<Guid[]>(4), row.GetInt32(5)));
        }

        return found.Count > query.Limit ? (found[..query.Limit], found[query.Limit - 1].Id) : (found, searchedTo);
    }

    /// <summary>A cursor as it was given; null for one that was not.</summary>
    public static long? CursorOf(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
