namespace Bookbag.Inbound.HelpDesk;

/// <summary>Every statement that writes tickets. Whoever runs one has locked the row of the conversation before, in the same transaction.</summary>
internal static class TicketSql
{
    /// <summary>
    /// Lets tickets follow their conversations: one is opened where a person has the conversation and there is none, the open one is closed where
    /// the agent has it, and it is another's turn after what happened. Repeating it changes nothing. Takes many conversations at once; writes the
    /// timeline, and with it live updates and outgoing webhooks (by trigger). Served by <c>tickets_one_open</c>, looked up for each conversation: joined, the
    /// planner would read all open tickets for every batch.
    /// </summary>
    /// <remarks>
    /// A ticket that nobody has looked at stays new, whatever else the customer writes. Where nothing changes but when it was last written to, that is kept
    /// to the minute: a customer who writes ten messages in a row moves the ticket in the indexes of every list once.
    /// </remarks>
    public const string Follow =
        """
        WITH fact AS MATERIALIZED (
            SELECT f.ticket_id, f.happened, f.cause, c.workspace_id, c.agent_id, c.channel_id, c.id AS conversation_id, c.mode, c.escalation_reason,
                c.last_message_text, c.customer_name, c.customer_phone, c.customer_user_id,
                (SELECT m.id FROM platform.members m WHERE m.workspace_id = c.workspace_id AND m.id = @actor) AS member_id,
                old.id AS open_id, old.status AS was, old.assignee_id AS had, old.updated_at
            FROM unnest(@channels, @conversations, @tickets, @happened, @causes) AS f (channel_id, id, ticket_id, happened, cause)
            JOIN inbound.conversations c USING (channel_id, id)
            LEFT JOIN LATERAL (
                SELECT * FROM inbound.tickets t WHERE t.channel_id = c.channel_id AND t.conversation_id = c.id AND t.closed_at IS NULL LIMIT 1) AS old ON true),
        opened AS (
            INSERT INTO inbound.tickets (workspace_id, agent_id, channel_id, conversation_id, id, status, cause, reason, subject, search, summary_due_at,
                assignee_id, assigned_at, opened_at, updated_at)
            SELECT workspace_id, agent_id, channel_id, conversation_id, ticket_id,
                CASE WHEN happened = 'person' THEN 'on_customer' WHEN member_id IS NOT NULL THEN 'on_you' ELSE 'new' END,
                cause, coalesce(escalation_reason, 'A person has the conversation.'), subject, lower(concat_ws(' ', subject, customer_name, customer_phone, customer_user_id)), @now,
                member_id, CASE WHEN member_id IS NOT NULL THEN @now END, @now, @now
            FROM fact, LATERAL (SELECT coalesce(nullif(trim(left(last_message_text, 80)), ''), 'Conversation') AS subject) AS said
            WHERE mode = 'human' AND open_id IS NULL
            ON CONFLICT (channel_id, conversation_id) WHERE closed_at IS NULL DO NOTHING
            RETURNING workspace_id, agent_id, id, status, reason, assignee_id),
        moved AS (
            UPDATE inbound.tickets t
            SET status = next.status, updated_at = @now, closed_at = CASE next.status WHEN 'closed' THEN @now END,
                assignee_id = coalesce(t.assignee_id, next.taker), assigned_at = coalesce(t.assigned_at, CASE WHEN next.taker IS NOT NULL THEN @now END)
            FROM (
                SELECT workspace_id, open_id, was, had, updated_at, happened,
                    CASE WHEN mode = 'human' THEN member_id END AS taker,
                    CASE WHEN mode = 'ai' THEN 'closed'
                         WHEN happened = 'person' THEN 'on_customer'
                         WHEN happened = 'customer' AND was <> 'new' THEN 'on_you'
                         WHEN happened = 'undelivered' AND was = 'on_customer' THEN 'on_you'
                         WHEN member_id IS NOT NULL AND was = 'new' THEN 'on_you'
                         ELSE was END AS status
                FROM fact WHERE open_id IS NOT NULL) AS next
            WHERE t.workspace_id = next.workspace_id AND t.id = next.open_id
                AND (next.status <> next.was OR (next.happened IS NOT NULL AND next.updated_at < @now - interval '1 minute') OR (next.taker IS NOT NULL AND next.had IS NULL))
            RETURNING t.workspace_id, t.agent_id, t.id, t.status, t.assignee_id, next.was, next.had, next.happened)
        INSERT INTO inbound.ticket_entries (workspace_id, agent_id, ticket_id, at, kind, status, assignee_id, text, actor_id, actor_name)
        SELECT workspace_id, agent_id, id, @now, 'opened', status, NULL, reason, @actor, @actor_name FROM opened
        UNION ALL
        SELECT workspace_id, agent_id, id, @now, 'assigned', NULL, assignee_id, NULL, @actor, @actor_name
        FROM opened WHERE assignee_id IS NOT NULL
        UNION ALL
        SELECT workspace_id, agent_id, id, @now, CASE status WHEN 'closed' THEN 'closed' ELSE 'status' END, status, NULL,
            CASE WHEN status = 'closed' THEN 'The agent has the conversation again.'
                 WHEN happened = 'customer' THEN 'The customer wrote.'
                 WHEN happened = 'person' THEN 'Answered.'
                 WHEN happened = 'undelivered' THEN 'A message to the customer could not be delivered.' END, @actor, @actor_name
        FROM moved WHERE status <> was
        UNION ALL
        SELECT workspace_id, agent_id, id, @now, 'assigned', NULL, assignee_id, NULL, @actor, @actor_name
        FROM moved WHERE had IS NULL AND assignee_id IS NOT NULL
        """;

    /// <summary>Says whose turn it is, or that it is done; no row where that is so already, or the ticket is done.</summary>
    public static FormattableString SetStatus(Ticket ticket, string status, Guid actorId, string actorName, DateTimeOffset now) =>
        $"""
        WITH changed AS (
            UPDATE inbound.tickets
            SET status = {status}, updated_at = {now}, closed_at = CASE WHEN {status} IN ('closed', 'cancelled') THEN {now} END
            WHERE workspace_id = {ticket.WorkspaceId} AND id = {ticket.Id} AND closed_at IS NULL AND status <> {status}
            RETURNING workspace_id, agent_id, id, status)
        INSERT INTO inbound.ticket_entries (workspace_id, agent_id, ticket_id, at, kind, status, actor_id, actor_name)
        SELECT workspace_id, agent_id, id, {now}, CASE WHEN status IN ('closed', 'cancelled') THEN status ELSE 'status' END, status, {actorId}, {actorName}
        FROM changed
        """;

    /// <summary>
    /// Gives the ticket to a member: only where nobody has it, or the one has it who is to be replaced. No row where somebody else was faster. Taking a new
    /// ticket by hand makes it the team's turn.
    /// </summary>
    public static FormattableString Assign(Ticket ticket, Guid assigneeId, Guid? replaces, Guid actorId, string actorName, DateTimeOffset now) =>
        $"""
        WITH changed AS (
            UPDATE inbound.tickets
            SET assignee_id = {assigneeId}, assigned_at = {now}, updated_at = {now}, left_free = false, status = CASE status WHEN 'new' THEN 'on_you' ELSE status END
            WHERE workspace_id = {ticket.WorkspaceId} AND id = {ticket.Id} AND closed_at IS NULL AND (assignee_id IS NULL OR assignee_id = {replaces})
            RETURNING workspace_id, agent_id, id)
        INSERT INTO inbound.ticket_entries (workspace_id, agent_id, ticket_id, at, kind, assignee_id, actor_id, actor_name)
        SELECT workspace_id, agent_id, id, {now}, 'assigned', {assigneeId}, {actorId}, {actorName} FROM changed
        """;

    /// <summary>Gives the ticket back: it waits for a person to take it.</summary>
    public static FormattableString Unassign(Ticket ticket, Guid actorId, string actorName, DateTimeOffset now) =>
        $"""
        WITH changed AS (
            UPDATE inbound.tickets SET assignee_id = NULL, assigned_at = NULL, updated_at = {now}, left_free = true
            WHERE workspace_id = {ticket.WorkspaceId} AND id = {ticket.Id} AND closed_at IS NULL AND assignee_id IS NOT NULL
            RETURNING workspace_id, agent_id, id)
        INSERT INTO inbound.ticket_entries (workspace_id, agent_id, ticket_id, at, kind, actor_id, actor_name)
        SELECT workspace_id, agent_id, id, {now}, 'unassigned', {actorId}, {actorName} FROM changed
        """;

    /// <summary>Writes a note on a ticket, done or not.</summary>
    public static FormattableString AddNote(Ticket ticket, Guid noteId, string text, Guid actorId, string actorName, DateTimeOffset now) =>
        $"""
        INSERT INTO inbound.ticket_entries (workspace_id, agent_id, ticket_id, id, at, kind, text, actor_id, actor_name)
        VALUES ({ticket.WorkspaceId}, {ticket.AgentId}, {ticket.Id}, {noteId}, {now}, 'note', {text}, {actorId}, {actorName})
        """;
}
