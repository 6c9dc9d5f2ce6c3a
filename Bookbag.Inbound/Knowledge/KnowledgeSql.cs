namespace Bookbag.Inbound.Knowledge;

internal static class KnowledgeSql
{
    /// <summary>
    /// One writer of an agent's knowledge at a time, to the end of the transaction: its limits are counted before they are used, and the
    /// counts of its words would deadlock. Postgres has no lock on "an agent" that readers do not feel, so the lock is on its id.
    /// </summary>
    public const string LockAgent = "SELECT pg_advisory_xact_lock(hashtextextended('knowledge', ('x' || right(@agent::text, 12))::bit(48)::bigint))";

    /// <summary>Takes a source's chunks out of the index (its words are counted down by trigger).</summary>
    public const string RemoveChunks = "DELETE FROM inbound.chunks WHERE agent_id = @agent AND source_id = @source";

    /// <summary>Puts a source's chunks into the index, all in one statement. @words are each chunk's words, joined by spaces.</summary>
    public const string AddChunks = """
        INSERT INTO inbound.chunks (workspace_id, agent_id, source_id, ordinal, heading, text, terms)
        SELECT @workspace, @agent, @source, ordinal, heading, text, array_to_tsvector(string_to_array(words, ' '))
        FROM unnest(@headings, @texts, @words) WITH ORDINALITY AS chunk (heading, text, words, ordinal)
        """;

    /// <summary>How many sources and chunks an agent has.</summary>
    public const string Count = """
        SELECT (SELECT count(*) FROM inbound.sources WHERE agent_id = @agent) AS sources,
               coalesce((SELECT chunks FROM inbound.terms WHERE agent_id = @agent AND term = ''), 0) AS chunks
        """;
}
