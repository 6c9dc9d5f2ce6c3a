namespace Bookbag.Inbound.Webhooks;

/// <summary>Statements of the webhook log and its queue.</summary>
internal static class WebhookLogSql
{
    /// <summary>Writes many webhooks and queues them. <c>@channel_ids</c> are those of all of them, one after the other.</summary>
    public const string Store =
        """
        WITH stored AS (
            INSERT INTO inbound.webhook_deliveries (received_at, channel_ids, signature, headers, traceparent, body)
            SELECT received_at, @channel_ids[channels_from : channels_to], signature, headers, traceparent, body
            FROM unnest(@received, @channels_from, @channels_to, @signatures, @headers, @traces, @bodies)
                AS arrival (received_at, channels_from, channels_to, signature, headers, traceparent, body)
            RETURNING id, received_at)
        INSERT INTO inbound.webhook_queue (delivery_id, received_at, due_at)
        SELECT id, received_at, received_at FROM stored
        """;

    /// <summary>
    /// Takes deliveries out of the queue, oldest first, with what the log has of them: gone for good when the transaction that applies them
    /// commits, back in the queue when it does not. Each is found by its key in the one day that has it.
    /// </summary>
    public const string Claim =
        """
        WITH due AS MATERIALIZED (
            SELECT delivery_id FROM inbound.webhook_queue
            WHERE due_at <= @now
            ORDER BY delivery_id
            LIMIT @batch
            FOR UPDATE SKIP LOCKED),
        claimed AS (
            DELETE FROM inbound.webhook_queue q USING due WHERE q.delivery_id = due.delivery_id
            RETURNING q.delivery_id, q.received_at, q.attempts, q.replay)
        SELECT d.id, d.received_at, c.attempts, c.replay, d.channel_ids, d.signature, d.traceparent, d.body
        FROM claimed c
        CROSS JOIN LATERAL (
            SELECT * FROM inbound.webhook_deliveries d WHERE d.id = c.delivery_id AND d.received_at = c.received_at LIMIT 1) AS d
        ORDER BY d.id
        """;

    /// <summary>Leaves a delivery that could not be applied for later.</summary>
    public const string Postpone =
        "UPDATE inbound.webhook_queue SET attempts = attempts + 1, due_at = @due WHERE delivery_id = @id";

    public const string Dequeue = "DELETE FROM inbound.webhook_queue WHERE delivery_id = @id";

    /// <summary>Puts a delivery back in the queue; nothing where it still is in it.</summary>
    public const string Requeue =
        """
        INSERT INTO inbound.webhook_queue (delivery_id, received_at, due_at, replay)
        VALUES (@id, @received, @now, true)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Forgets what was rejected of deliveries that are applied once more.</summary>
    public const string ForgetRejections = "DELETE FROM inbound.webhook_rejections WHERE delivery_id = ANY (@deliveries)";

    public const string Reject =
        """
        INSERT INTO inbound.webhook_rejections (workspace_id, channel_id, agent_id, id, delivery_id, received_at, path, code, reason, rejected_at)
        SELECT workspace_id, channel_id, agent_id, id, delivery_id, received_at, path, code, reason, @now
        FROM unnest(@workspaces, @channels, @agents, @ids, @deliveries, @received, @paths, @codes, @reasons)
            AS rejected (workspace_id, channel_id, agent_id, id, delivery_id, received_at, path, code, reason)
        """;

    /// <summary>How much waits, and since when.</summary>
    public const string Depth = "SELECT count(*), min(received_at) FROM inbound.webhook_queue";

    /// <summary>One webhook. Its day is not known: a look into the key of each.</summary>
    public const string Find =
        """
        SELECT received_at, channel_ids, headers::text, body, EXISTS (SELECT FROM inbound.webhook_queue WHERE delivery_id = @id)
        FROM inbound.webhook_deliveries WHERE id = @id
        """;

    /// <summary>The messages of Meta's ids. Served by the key of <c>wamids</c>.</summary>
    public const string FindMessages =
        "SELECT wamid, message_id, conversation_id FROM inbound.wamids WHERE channel_id = ANY (@channels) AND wamid = ANY (@wamids)";
}
