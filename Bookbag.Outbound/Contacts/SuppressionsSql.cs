namespace Bookbag.Outbound.Contacts;

internal static class SuppressionsSql
{
    private const string Said = """
        unnest(@workspaces, @agents, @addresses, @lists, @outs, @ats, @sources, @reasons, @actors)
            AS s (workspace_id, agent_id, address, list, opted_out, at, source, reason, actor)
        """;

    // Keeps the latest opt-out and the latest opt-in of each address and list; what is older than what is known changes nothing. Rows are
    // locked in the order of their keys, so that two batches cannot wait for each other. The primary key serves it.
    public const string Write = $"""
        WITH latest AS (
            SELECT DISTINCT ON (workspace_id, address, list, opted_out) * FROM {Said} ORDER BY workspace_id, address, list, opted_out, at DESC
        )
        INSERT INTO outbound.suppressions AS known (workspace_id, address, list, agent_id, at, source, reason, actor, lifted_at, lifted_source, lifted_by)
        SELECT workspace_id, address, list, coalesce(o.agent_id, i.agent_id), o.at, o.source, o.reason, o.actor, i.at, i.source, i.actor
        FROM (SELECT * FROM latest WHERE opted_out) o FULL JOIN (SELECT * FROM latest WHERE NOT opted_out) i USING (workspace_id, address, list)
        ORDER BY workspace_id, address, list
        ON CONFLICT (workspace_id, address, list) DO UPDATE SET
            agent_id      = CASE WHEN excluded.at > coalesce(known.at, '-infinity') THEN excluded.agent_id ELSE known.agent_id END,
            at            = CASE WHEN excluded.at > coalesce(known.at, '-infinity') THEN excluded.at ELSE known.at END,
            source        = CASE WHEN excluded.at > coalesce(known.at, '-infinity') THEN excluded.source ELSE known.source END,
            reason        = CASE WHEN excluded.at > coalesce(known.at, '-infinity') THEN excluded.reason ELSE known.reason END,
            actor         = CASE WHEN excluded.at > coalesce(known.at, '-infinity') THEN excluded.actor ELSE known.actor END,
            lifted_at     = CASE WHEN excluded.lifted_at > coalesce(known.lifted_at, '-infinity') THEN excluded.lifted_at ELSE known.lifted_at END,
            lifted_source = CASE WHEN excluded.lifted_at > coalesce(known.lifted_at, '-infinity') THEN excluded.lifted_source ELSE known.lifted_source END,
            lifted_by     = CASE WHEN excluded.lifted_at > coalesce(known.lifted_at, '-infinity') THEN excluded.lifted_by ELSE known.lifted_by END
        """;

    // Who says yes again has agreed to marketing, and the contact of the agent that was told says so. The unique indexes of contacts serve it.
    public const string OptIn = $"""
        WITH yes AS (SELECT workspace_id, agent_id, address, max(at) AS at, min(source) AS source FROM {Said} WHERE NOT opted_out GROUP BY 1, 2, 3),
        known AS (
            SELECT c.workspace_id, c.agent_id, c.id, y.at, y.source FROM yes y
            JOIN outbound.contacts c ON c.workspace_id = y.workspace_id AND c.agent_id = y.agent_id AND c.phone = substr(y.address, 3) WHERE y.address LIKE 'p:%'
            UNION ALL
            SELECT c.workspace_id, c.agent_id, c.id, y.at, y.source FROM yes y
            JOIN outbound.contacts c ON c.workspace_id = y.workspace_id AND c.agent_id = y.agent_id AND c.user_id = substr(y.address, 3) WHERE y.address LIKE 'u:%'
        )
        UPDATE outbound.contacts c SET opted_in_at = k.at, opt_in_source = k.source, updated_at = greatest(c.updated_at, k.at)
        FROM known k
        WHERE c.workspace_id = k.workspace_id AND c.agent_id = k.agent_id AND c.id = k.id AND (c.opted_in_at IS NULL OR c.opted_in_at < k.at)
        """;
}
