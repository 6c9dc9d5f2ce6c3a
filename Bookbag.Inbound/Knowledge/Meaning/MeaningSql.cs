namespace Bookbag.Inbound.Knowledge.Meaning;

/// <summary>Statements about what chunks mean.</summary>
internal static class MeaningSql
{
    /// <summary>Of some texts, those of which is not known what they mean.</summary>
    public const string Unknown =
        """
        SELECT DISTINCT ON (hash) hash, heading, text
        FROM unnest(@headings, @texts) AS chunk (heading, text), LATERAL (SELECT md5(heading || E'\n' || text)::uuid AS hash) said
        WHERE NOT EXISTS (SELECT FROM inbound.chunk_vectors v WHERE v.agent_id = @agent AND v.model = @model AND v.hash = said.hash)
        """;

    /// <summary>Of a source's chunks, those of which is not known what they mean.</summary>
    public const string UnknownOfSource =
        """
        SELECT DISTINCT ON (hash) hash, heading, text FROM inbound.chunks c
        WHERE c.agent_id = @agent AND c.source_id = @source
            AND NOT EXISTS (SELECT FROM inbound.chunk_vectors v WHERE v.agent_id = c.agent_id AND v.model = @model AND v.hash = c.hash)
        """;

    /// <summary>Keeps what a text means.</summary>
    public const string Put =
        """
        INSERT INTO inbound.chunk_vectors (workspace_id, agent_id, model, hash, code, vector)
        VALUES (@workspace, @agent, @model, @hash, @code, @vector) ON CONFLICT DO NOTHING
        """;

    /// <summary>Forgets what another model said of texts of which this one has said it too.</summary>
    public const string ForgetOthers =
        """
        DELETE FROM inbound.chunk_vectors other USING inbound.chunk_vectors v
        WHERE other.agent_id = @agent AND other.model <> @model AND v.agent_id = other.agent_id AND v.model = @model AND v.hash = other.hash
        """;

    /// <summary>Forgets what texts mean that the agent does not know any more.</summary>
    public const string Forget =
        """
        DELETE FROM inbound.chunk_vectors v
        WHERE v.agent_id = @agent AND NOT EXISTS (SELECT FROM inbound.chunks c WHERE c.agent_id = v.agent_id AND c.hash = v.hash)
        """;

    /// <summary>
    /// Has the meaning worked out of what is known and was not yet, since the endpoint was configured or its model changed. Returns how many sources that are.
    /// </summary>
    public const string QueueUnknown =
        """
        UPDATE inbound.sources s SET task = 'embed', due_at = @now, attempts = 0, lease_id = NULL
        WHERE s.status = 'trained' AND (s.task IS NULL OR (s.task = 'train' AND s.due_at > @now)) AND EXISTS (
            SELECT FROM inbound.chunks c WHERE c.agent_id = s.agent_id AND c.source_id = s.id
                AND NOT EXISTS (SELECT FROM inbound.chunk_vectors v WHERE v.agent_id = c.agent_id AND v.model = @model AND v.hash = c.hash))
        """;

    /// <summary>Says how far a source is, and keeps it; true while it is ours.</summary>
    public const string Progress =
        """
        UPDATE inbound.sources s SET due_at = @lease_until, attempts = 0, chunks_done = own.ready, chunks_all = own.chunks
        FROM (SELECT count(*)::integer AS chunks, count(v.hash)::integer AS ready FROM inbound.chunks c
              LEFT JOIN inbound.chunk_vectors v ON v.agent_id = c.agent_id AND v.model = @model AND v.hash = c.hash
              WHERE c.agent_id = @agent AND c.source_id = @source) own
        WHERE s.agent_id = @agent AND s.id = @source AND s.lease_id = @lease
        RETURNING true
        """;

    /// <summary>All of a source's meaning is known.</summary>
    public const string Done =
        """
        UPDATE inbound.sources SET chunks_done = chunks_all, attempts = 0,
            problem = CASE WHEN problem NOT LIKE 'Questions find it by its words%' THEN problem END, lease_id = NULL,
            task = CASE WHEN refresh_days IS NOT NULL THEN 'train' END, due_at = trained_at + make_interval(days => refresh_days)
        WHERE agent_id = @agent AND id = @source AND lease_id = @lease
        """;

    /// <summary>Tries later.</summary>
    public const string Postpone =
        """
        UPDATE inbound.sources SET due_at = @due, problem = @problem, lease_id = NULL WHERE agent_id = @agent AND id = @source AND lease_id = @lease
        """;

    // An agent's codes are read in the order of the primary key; only the vectors of the nearest are unpacked.
    private const string Near =
        """
        WITH near AS MATERIALIZED (
            SELECT hash, vector FROM inbound.chunk_vectors
            WHERE agent_id = @agent AND model = @model AND length(code) = length(@code)
            ORDER BY bit_count(code # @code), hash LIMIT @pool)
        """;

    /// <summary>The vectors whose codes are nearest to a question's, for the program to compare.</summary>
    public const string Nearest = Near + "\nSELECT hash, vector FROM near";

    /// <summary>The nearest of them, compared where they are: by pgvector.</summary>
    public const string NearestByPgvector = Near +
        "\nSELECT hash, 1 - (vector::vector <=> @vector::real[]::vector) AS closeness FROM near ORDER BY closeness DESC, hash LIMIT @most";

    /// <summary>The chunks of some meanings. Served by <c>chunks_hash</c>.</summary>
    public const string Passages =
        """
        SELECT chunk.source_id, source.name, source.type = 'qa', chunk.heading, chunk.text, tsvector_to_array(chunk.terms), chunk.url, chunk.ordinal, chunk.hash
        FROM inbound.chunks chunk
        JOIN inbound.sources source ON source.agent_id = chunk.agent_id AND source.id = chunk.source_id
        WHERE chunk.workspace_id = @workspace AND chunk.agent_id = @agent AND chunk.hash = ANY (@hashes)
        """;
}
