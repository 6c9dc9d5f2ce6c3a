namespace Bookbag.Inbound.Live;

internal static class LiveSql
{
    /// <summary>Tells what changed in one conversation, in the transaction that changed it.</summary>
    public const string Tell =
        """
        INSERT INTO inbound.live_events (workspace_id, agent_id, kind, entity_id, conversation_id, at)
        SELECT c.workspace_id, c.agent_id, changed.kind, changed.id, c.id, @now
        FROM inbound.conversations c, unnest(@kinds, @ids) AS changed (kind, id)
        WHERE c.channel_id = @channel AND c.id = @conversation
        """;

    /// <summary>Tells what changed in many conversations.</summary>
    public const string TellMany =
        """
        INSERT INTO inbound.live_events (workspace_id, agent_id, kind, entity_id, conversation_id, at)
        SELECT workspace_id, agent_id, kind, entity_id, conversation_id, @now
        FROM unnest(@workspaces, @agents, @kinds, @ids, @conversations) AS changed (workspace_id, agent_id, kind, entity_id, conversation_id)
        """;

    /// <summary>
    /// What was committed since a snapshot, and the snapshot that this is: the next call goes on from there, and no row is missed or read twice. Every row
    /// has the new snapshot; one with nulls comes where nothing was committed. Served by the primary key: the scan begins at the oldest transaction that
    /// was open then.
    /// </summary>
    public const string ReadSince =
        """
        SELECT pg_current_snapshot()::text, e.tx::text, e.workspace_id, e.agent_id, e.kind, e.entity_id, e.conversation_id, e.at
        FROM (SELECT) one
        LEFT JOIN (
            SELECT * FROM inbound.live_events
            WHERE tx >= pg_snapshot_xmin(@since::pg_snapshot) AND NOT pg_visible_in_snapshot(tx, @since::pg_snapshot)
                AND (@workspace IS NULL OR workspace_id = @workspace)) AS e ON true
        ORDER BY e.id
        """;

    /// <summary>The present snapshot, and up to which transaction rows were swept out.</summary>
    public const string Now = "SELECT pg_current_snapshot()::text, swept_to::text FROM inbound.live_horizon";

    /// <summary>Sweeps out the oldest rows that are older than <c>@before</c>, and remembers how far; returns how many. Served by the primary key.</summary>
    public const string Sweep =
        """
        WITH oldest AS MATERIALIZED (
            SELECT tx, id, at FROM inbound.live_events ORDER BY tx, id LIMIT @batch FOR UPDATE SKIP LOCKED),
        swept AS (
            DELETE FROM inbound.live_events e USING oldest
            WHERE e.tx = oldest.tx AND e.id = oldest.id AND oldest.at < @before
            RETURNING e.tx),
        remembered AS (
            UPDATE inbound.live_horizon SET swept_to = greatest(swept_to, last.tx)
            FROM (SELECT tx FROM swept ORDER BY tx DESC LIMIT 1) AS last)
        SELECT count(*) FROM swept
        """;
}
