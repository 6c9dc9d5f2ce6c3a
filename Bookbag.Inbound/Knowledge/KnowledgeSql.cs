namespace Bookbag.Inbound.Knowledge;

internal static class KnowledgeSql
{
    /// <summary>
    /// One writer of an agent's knowledge at a time, to the end of the transaction: its limits are counted before they are used, and the
    /// counts of its words would deadlock. Postgres has no lock on "an agent" that readers do not feel, so the lock is on its id.
    /// </summary>
    public const string LockAgent = "SELECT pg_advisory_xact_lock(hashtextextended('knowledge', ('x' || right(@agent::text, 12))::bit(48)::bigint))";

    /// <summary>Takes a source's chunks out of the index (its words are counted down by trigger), all but those of the pages to @keep.</summary>
    public const string RemoveChunks = "DELETE FROM inbound.chunks WHERE agent_id = @agent AND source_id = @source AND (url IS NULL OR url <> ALL (@keep))";

    /// <summary>Puts chunks of a source into the index behind those that it has, all in one statement. @words are each chunk's words, joined by spaces.</summary>
    public const string AddChunks = """
        INSERT INTO inbound.chunks (workspace_id, agent_id, source_id, ordinal, heading, text, url, terms)
        SELECT @workspace, @agent, @source, ordinal + (SELECT coalesce(max(ordinal), 0) FROM inbound.chunks WHERE agent_id = @agent AND source_id = @source),
            heading, text, url, array_to_tsvector(string_to_array(words, ' '))
        FROM unnest(@headings, @texts, @urls, @words) WITH ORDINALITY AS chunk (heading, text, url, words, ordinal)
        """;

    /// <summary>How many sources and chunks an agent has.</summary>
    public const string Count = """
        SELECT (SELECT count(*) FROM inbound.sources WHERE agent_id = @agent) AS sources,
               coalesce((SELECT chunks FROM inbound.terms WHERE agent_id = @agent AND term = ''), 0) AS chunks
        """;
}
