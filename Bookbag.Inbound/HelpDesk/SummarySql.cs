namespace Bookbag.Inbound.HelpDesk;

internal static class SummarySql
{
    /// <summary>
    /// Takes tickets whose summary is due; until <c>@again</c> nobody else does, and where the worker dies they are due again then. Served by
    /// <c>tickets_summary_due</c>.
    /// </summary>
    public const string Claim =
        """
        WITH due AS MATERIALIZED (
            SELECT workspace_id, id FROM inbound.tickets WHERE summary_due_at <= @now ORDER BY summary_due_at LIMIT @batch FOR UPDATE SKIP LOCKED)
        UPDATE inbound.tickets t SET summary_due_at = @again, summary_attempts = summary_attempts + 1
        FROM due WHERE t.workspace_id = due.workspace_id AND t.id = due.id
        RETURNING t.workspace_id, t.id, t.channel_id, t.conversation_id, t.subject, t.reason, t.summary_attempts
        """;

    /// <summary>What was said last, latest first. Served by <c>messages_thread</c>.</summary>
    public const string Said =
        """
        SELECT direction, author, left(text, 2000) FROM inbound.messages
        WHERE channel_id = @channel AND conversation_id = @conversation AND author <> 'system' AND type <> 'reaction' AND text <> ''
            AND status NOT IN ('failed', 'discarded') AND coalesce(outcome, '') <> 'handoff'
        ORDER BY at DESC, id DESC LIMIT @batch
        """;

    /// <summary>Writes subject and summary, and whether it is looked at again.</summary>
    public const string Write =
        """
        WITH written AS (
            UPDATE inbound.tickets t SET subject = @subject, summary = @summary, summary_due_at = @due,
                search = lower(concat_ws(' ', @subject, c.customer_name, c.customer_phone, c.customer_user_id))
            FROM inbound.conversations c
            WHERE t.workspace_id = @workspace AND t.id = @id AND c.channel_id = t.channel_id AND c.id = t.conversation_id
            RETURNING t.workspace_id, t.agent_id, t.id)
        INSERT INTO inbound.ticket_entries (workspace_id, agent_id, ticket_id, at, kind)
        SELECT workspace_id, agent_id, id, @now, 'summary' FROM written
        """;
}
