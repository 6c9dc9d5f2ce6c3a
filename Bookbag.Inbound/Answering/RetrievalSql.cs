namespace Bookbag.Inbound.Answering;

internal static class RetrievalSql
{
    /// <summary>
    /// For each word asked the agent's own words that may be it, with the number of chunks they stand in; the empty word counts all chunks.
    /// @words are looked up as they are. @spoken also in their other forms, which begin with the same three letters, and where the sources do
    /// not know the word, as a slip: what begins with the same two or ends with the same three, the likest by trigrams.
    /// Served by the primary key of terms and terms_from_their_end, from the indexes alone.
    /// </summary>
    public const string Vocabulary = """
        SELECT term AS asked, term, chunks FROM inbound.terms WHERE agent_id = @agent AND term = ANY (@words)
        UNION ALL
        SELECT word, near.term, near.chunks
        FROM (SELECT word, EXISTS (SELECT FROM inbound.terms WHERE agent_id = @agent AND term = word) AS known FROM unnest(@spoken) AS word) asked
        CROSS JOIN LATERAL (SELECT left(word, CASE WHEN known THEN 3 ELSE 2 END) AS beginning, left(reverse(word), 3) AS ending) part
        CROSS JOIN LATERAL (
            (SELECT term, chunks FROM inbound.terms
             WHERE agent_id = @agent AND term >= beginning AND term < beginning || chr(1114111)
             ORDER BY similarity(term, word) DESC, term LIMIT 16)
            UNION
            (SELECT term, chunks FROM inbound.terms
             WHERE NOT known AND agent_id = @agent AND reverse(term) >= ending AND reverse(term) < ending || chr(1114111)
             ORDER BY similarity(term, word) DESC, term LIMIT 6)
        ) near
        WHERE near.term <> word
        """;

    /// <summary>
    /// The chunks that say most of what was asked. The pool is bounded twice: chunks with any of the rarest words, and chunks with all
    /// words that the sources know; a chunk that has neither could not score. Ranked by the weight of the words each has.
    /// Served by chunks_terms; only the best are read whole.
    /// </summary>
    public const string Passages = """
        WITH asked AS MATERIALIZED (
            SELECT word::tsquery AS word, weight FROM unnest(@words, @weights) AS asked (word, weight)
        ), pool AS (
            (SELECT source_id, ordinal, (SELECT sum(weight) FROM asked WHERE terms @@ word) AS rank
             FROM inbound.chunks WHERE workspace_id = @workspace AND agent_id = @agent AND terms @@ @any::tsquery LIMIT @pool)
            UNION
            (SELECT source_id, ordinal, (SELECT sum(weight) FROM asked WHERE terms @@ word) AS rank
             FROM inbound.chunks WHERE workspace_id = @workspace AND agent_id = @agent AND terms @@ @all::tsquery LIMIT @pool)
        ), best AS MATERIALIZED (
            SELECT source_id, ordinal, rank FROM pool ORDER BY rank DESC, source_id, ordinal LIMIT @most
        )
        SELECT chunk.source_id, source.name, source.type = 'qa', chunk.heading, chunk.text, tsvector_to_array(chunk.terms), chunk.url, chunk.ordinal
        FROM best
        JOIN inbound.chunks chunk ON chunk.agent_id = @agent AND chunk.source_id = best.source_id AND chunk.ordinal = best.ordinal
        JOIN inbound.sources source ON source.agent_id = @agent AND source.id = best.source_id
        ORDER BY best.rank DESC, best.source_id, best.ordinal
        """;
}
