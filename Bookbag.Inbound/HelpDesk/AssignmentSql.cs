namespace Bookbag.Inbound.HelpDesk;

internal static class AssignmentSql
{
    /// <summary>Writes a workspace's settings, whether it had some or not.</summary>
    public static FormattableString Save(Guid workspaceId, string assignment, int? cap, Guid[]? members, DateTimeOffset now) =>
        $"""
        INSERT INTO inbound.help_desks (workspace_id, assignment, cap, member_ids, updated_at) VALUES ({workspaceId}, {assignment}, {cap}, {members}, {now})
        ON CONFLICT (workspace_id) DO UPDATE SET assignment = excluded.assignment, cap = excluded.cap, member_ids = excluded.member_ids, updated_at = excluded.updated_at
        """;

    /// <summary>Takes tickets from people who are no members any more. Served by <c>tickets_open</c>.</summary>
    public const string ReleaseOfTheGone =
        """
        WITH freed AS (
            UPDATE inbound.tickets t SET assignee_id = NULL, assigned_at = NULL, updated_at = @now
            WHERE t.closed_at IS NULL AND t.assignee_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM platform.members m WHERE m.id = t.assignee_id AND m.workspace_id = t.workspace_id)
            RETURNING workspace_id, agent_id, id)
        INSERT INTO inbound.ticket_entries (workspace_id, agent_id, ticket_id, at, kind, text)
        SELECT workspace_id, agent_id, id, @now, 'unassigned', 'Who had it is no member any more.' FROM freed
        """;

    /// <summary>Workspaces that give out tickets by themselves and in which some wait.</summary>
    public const string Waiting =
        """
        SELECT d.workspace_id FROM inbound.help_desks d
        WHERE d.assignment <> 'by_hand'
            AND EXISTS (SELECT FROM inbound.tickets t WHERE t.workspace_id = d.workspace_id AND t.closed_at IS NULL AND t.assignee_id IS NULL AND NOT t.left_free)
        """;

    /// <summary>Locks a workspace's desk: one gives out at a time, or caps would be passed. No row while another does.</summary>
    public const string Lock =
        """
        WITH desk AS MATERIALIZED (SELECT * FROM inbound.help_desks WHERE workspace_id = @workspace FOR UPDATE SKIP LOCKED)
        SELECT assignment, cap, member_ids, last_member_id FROM desk
        """;

    /// <summary>Who is given tickets, with how many open ones each has.</summary>
    public const string Team =
        """
        SELECT m.id, (SELECT count(*) FROM inbound.tickets t WHERE t.workspace_id = m.workspace_id AND t.assignee_id = m.id AND t.closed_at IS NULL)::integer
        FROM platform.members m
        WHERE m.workspace_id = @workspace AND m.role IN ('editor', 'admin', 'owner') AND (@members IS NULL OR m.id = ANY (@members))
        """;

    /// <summary>What waits, the oldest first.</summary>
    public const string Tickets =
        """
        SELECT id FROM inbound.tickets
        WHERE workspace_id = @workspace AND closed_at IS NULL AND assignee_id IS NULL AND NOT left_free
        ORDER BY opened_at, id LIMIT @batch
        """;

    /// <summary>Gives tickets to members, where nobody took them meanwhile.</summary>
    public const string Assign =
        """
        WITH given AS (
            UPDATE inbound.tickets t SET assignee_id = g.member, assigned_at = @now, updated_at = @now
            FROM unnest(@tickets, @given) AS g (ticket, member)
            WHERE t.workspace_id = @workspace AND t.id = g.ticket AND t.closed_at IS NULL AND t.assignee_id IS NULL
            RETURNING t.workspace_id, t.agent_id, t.id, t.assignee_id),
        remembered AS (UPDATE inbound.help_desks SET last_member_id = @last WHERE workspace_id = @workspace)
        INSERT INTO inbound.ticket_entries (workspace_id, agent_id, ticket_id, at, kind, assignee_id)
        SELECT workspace_id, agent_id, id, @now, 'assigned', assignee_id FROM given
        """;
}
