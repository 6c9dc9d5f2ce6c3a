namespace Bookbag.Inbound.OutgoingWebhooks;

internal static class OutgoingWebhookSql
{
    /// <summary>
    /// Tells that the business answered, for messages of which Meta's id is about to be written down, or that came as echoes: each is told once.
    /// To come before that is written. Where nobody listens nothing is read; else each by its key: joined as wholes, the planner would read all messages for a few.
    /// </summary>
    public const string Replied =
        """
        SELECT inbound.publish(c.workspace_id, c.agent_id, 'conversation.replied', jsonb_build_object(
            'conversationId', c.id, 'messageId', m.id, 'author', m.author,
            'customer', jsonb_build_object('phone', c.customer_phone, 'userId', c.customer_user_id, 'name', c.customer_name)), @now)
        FROM unnest(@channels, @ats, @ids) AS told (channel_id, at, id)
        CROSS JOIN LATERAL (SELECT * FROM inbound.messages m WHERE m.channel_id = told.channel_id AND m.at = told.at AND m.id = told.id LIMIT 1) AS m
        CROSS JOIN LATERAL (SELECT * FROM inbound.conversations c WHERE c.channel_id = m.channel_id AND c.id = m.conversation_id LIMIT 1) AS c
        WHERE (SELECT EXISTS (SELECT FROM inbound.outgoing_webhooks WHERE enabled)) AND (m.wamid IS NULL OR m.delivery_id IS NOT NULL)
            AND EXISTS (SELECT FROM inbound.outgoing_webhooks w WHERE w.workspace_id = c.workspace_id AND w.enabled)
        """;

    /// <summary>Takes webhooks for which something is due; one worker a webhook. Served by <c>outgoing_deliveries_due</c>.</summary>
    public const string Claim =
        """
        WITH due AS MATERIALIZED (
            SELECT w.workspace_id, w.id FROM inbound.outgoing_webhooks w
            WHERE w.enabled AND w.resume_at <= @now AND (w.lease_until IS NULL OR w.lease_until <= @now)
                AND EXISTS (SELECT FROM inbound.outgoing_deliveries d WHERE d.webhook_id = w.id AND d.status = 'waiting' AND d.due_at <= @now)
            ORDER BY w.resume_at, w.id
            LIMIT @batch
            FOR UPDATE SKIP LOCKED)
        UPDATE inbound.outgoing_webhooks w SET lease_id = @lease, lease_until = @lease_until
        FROM due WHERE w.workspace_id = due.workspace_id AND w.id = due.id
        RETURNING w.workspace_id, w.id, w.url, w.secret_cipher, w.failures
        """;

    /// <summary>What a webhook is told next, in the order in which it happened.</summary>
    public const string Due =
        """
        SELECT id, event_id, type, body, attempts, give_up_at FROM inbound.outgoing_deliveries
        WHERE webhook_id = @webhook AND status = 'waiting' AND due_at <= @now
        ORDER BY due_at, id LIMIT @batch
        """;

    /// <summary>Writes down what became of a try, whether or not the webhook is still ours, and keeps it a while longer; true where it is.</summary>
    public const string Settle =
        """
        WITH own AS (
            UPDATE inbound.outgoing_webhooks SET lease_until = @lease_until, failures = @failures, resume_at = @resume_at
            WHERE workspace_id = @workspace AND id = @webhook AND lease_id = @lease
            RETURNING id)
        UPDATE inbound.outgoing_deliveries
        SET status = @status, attempts = attempts + 1, due_at = @due, response_status = @response, error = @error, attempted_at = @now
        WHERE workspace_id = @workspace AND webhook_id = @webhook AND id = @id AND status = 'waiting'
        RETURNING EXISTS (SELECT FROM own)
        """;

    /// <summary>Lets a webhook go.</summary>
    public const string Release =
        """
        UPDATE inbound.outgoing_webhooks SET lease_id = NULL, lease_until = NULL WHERE workspace_id = @workspace AND id = @webhook AND lease_id = @lease
        """;

    /// <summary>Forgets what is long done; returns how much. Served by <c>outgoing_deliveries_oldest</c>.</summary>
    public const string Sweep =
        """
        WITH old AS MATERIALIZED (
            SELECT workspace_id, webhook_id, id FROM inbound.outgoing_deliveries
            WHERE status <> 'waiting' AND at < @before ORDER BY at LIMIT @batch FOR UPDATE SKIP LOCKED)
        DELETE FROM inbound.outgoing_deliveries d USING old
        WHERE d.workspace_id = old.workspace_id AND d.webhook_id = old.webhook_id AND d.id = old.id
        """;

    /// <summary>An event for one webhook only: its test. Returns the delivery's id.</summary>
    public static FormattableString Test(OutgoingWebhook webhook, Guid eventId, string body, DateTimeOffset now) =>
        $"""
        INSERT INTO inbound.outgoing_deliveries (workspace_id, webhook_id, event_id, type, body, at, due_at, give_up_at)
        VALUES ({webhook.WorkspaceId}, {webhook.Id}, {eventId}, {OutgoingEvents.Test}, {body}, {now}, {now}, {now + TimeSpan.FromDays(1)})
        RETURNING id AS "Value"
        """;

    /// <summary>Tries an event again from the beginning, whatever became of it.</summary>
    public static FormattableString Redeliver(Guid workspaceId, Guid webhookId, long id, DateTimeOffset now) =>
        $"""
        UPDATE inbound.outgoing_deliveries SET status = 'waiting', attempts = 0, due_at = {now}, give_up_at = {now + TimeSpan.FromDays(1)}
        WHERE workspace_id = {workspaceId} AND webhook_id = {webhookId} AND id = {id}
        """;
}
