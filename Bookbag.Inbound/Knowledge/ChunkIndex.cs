using System.Globalization;
using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.Knowledge.Meaning;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Knowledge;

/// <summary>Writes the index in which an agent's sources are found, inside the caller's transaction.</summary>
internal static class ChunkIndex
{
    /// <summary>Makes the caller the one writer of an agent's knowledge, to the end of its transaction.</summary>
    public static Task LockAsync(NpgsqlConnection connection, Guid agentId, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, KnowledgeSql.LockAgent, cancellationToken, new NpgsqlParameter<Guid>("agent", agentId));

    /// <summary>Puts chunks in place of those that a source has; the old ones of the pages to <paramref name="keep"/> stay.</summary>
    public static async Task ReplaceAsync(NpgsqlConnection connection, Guid workspaceId, Guid agentId, Guid sourceId, IReadOnlyList<Chunk> chunks, IReadOnlyCollection<string> keep,
        CancellationToken cancellationToken)
    {
        NpgsqlParameter[] Key() => [new NpgsqlParameter<Guid>("agent", agentId), new NpgsqlParameter<Guid>("source", sourceId)];
        await ExecuteAsync(connection, KnowledgeSql.RemoveChunks, cancellationToken, [.. Key(), new NpgsqlParameter<string[]>("keep", [.. keep])]);
        await ExecuteAsync(connection, KnowledgeSql.AddChunks, cancellationToken,
        [
            .. Key(), new NpgsqlParameter<Guid>("workspace", workspaceId),
            new NpgsqlParameter<string[]>("headings", [.. chunks.Select(chunk => chunk.Heading)]),
            new NpgsqlParameter<string[]>("texts", [.. chunks.Select(chunk => chunk.Text)]),
            new NpgsqlParameter<string?[]>("urls", NpgsqlDbType.Array | NpgsqlDbType.Text) { TypedValue = [.. chunks.Select(chunk => chunk.Url)] },
            new NpgsqlParameter<string[]>("words", [.. chunks.Select(chunk => string.Join(' ', Words.Content(chunk.Heading).Union(Words.Content(chunk.Text))))]),
        ]);
        await ForgetMeaningAsync(connection, agentId, cancellationToken);
    }

    /// <summary>Forgets what only chunks meant that are gone.</summary>
    public static Task ForgetMeaningAsync(NpgsqlConnection connection, Guid agentId, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, MeaningSql.Forget, cancellationToken, new NpgsqlParameter<Guid>("agent", agentId));

    /// <summary>What is wrong where an agent knows more than it may: counted after the fact, the caller rolls it back.</summary>
    public static async Task<SourceProblem?> CheckAsync(NpgsqlConnection connection, Guid agentId, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.Add(KnowledgeSql.Count, ("agent", agentId));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var (sources, chunks) = (row.GetInt64(0), row.GetInt32(1));
        if (sources > KnowledgeBase.MostSources)
            return new("too_many_sources", Full($"An agent has at most {KnowledgeBase.MostSources:N0} sources. Remove one, or put several into one text."));
        return chunks > KnowledgeBase.MostChunks
            ? new("too_much_knowledge", Full($"An agent's sources may make up {KnowledgeBase.MostChunks:N0} passages of about a thousand characters; with this one they would make up {chunks:N0}."))
            : null;
    }

    private static string Full(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
