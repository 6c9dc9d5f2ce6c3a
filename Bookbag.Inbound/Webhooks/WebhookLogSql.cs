namespace Bookbag.Inbound.Webhooks;

/// <summary>Statements of the webhook log and its queue.</summary>
internal static class WebhookLogSql
{
    /// <summary>
    /// Writes many webhooks and queues them, as one stretch: their ids follow each other. <c>@channel_ids</c> are those of all of them, one after the other.
    /// </summary>
    public const string Store =
        """
        WITH stretch AS MATERIALIZED (SELECT nextval('inbound.webhook_delivery_ids') << 10 AS first),
        stored AS (
            INSERT INTO inbound.webhook_deliveries (id, received_at, channel_ids, signature, headers, traceparent, body)
            SELECT stretch.first + arrival.place - 1, received_at, @channel_ids[channels_from : channels_to], signature, headers, traceparent, body
            FROM stretch, unnest(@received, @channels_from, @channels_to, @signatures, @headers, @traces, @bodies) WITH ORDINALITY
                AS arrival (received_at, channels_from, channels_to, signature, headers, traceparent, body, place))
        INSERT INTO inbound.webhook_stretches (delivery_id, deliveries, received_at, received_to, due_at)
        SELECT first, cardinality(@received), @received_from, @received_to, @received_from FROM stretch
        """;

    /// <summary>The most webhooks of a stretch: so many ids are between one and the next.</summary>
    public const int LargestStretch = 1 << 10;

    /// <summary>
    /// Takes stretches out of the queue, oldest first, until they hold <c>@batch</c> deliveries, with what the log has of them: gone for good when the
    /// transaction that applies them commits, back in the queue when it does not. They go by the place where they were locked: looked for by key again, the
    /// planner would read the whole queue. Planned anew each time: a plan kept from when the queue was empty reads all of a long one, for every row that it takes.
    /// </summary>
    public const string Claim =
        """
        SET LOCAL plan_cache_mode = force_custom_plan;
        WITH locked AS MATERIALIZED (
            SELECT ctid AS place, delivery_id, deliveries FROM inbound.webhook_stretches
            WHERE due_at <= @now
            ORDER BY delivery_id
            LIMIT @stretches
            FOR UPDATE SKIP LOCKED),
        due AS MATERIALIZED (
            SELECT place FROM (SELECT place, sum(deliveries) OVER (ORDER BY delivery_id) - deliveries AS before FROM locked) AS counted WHERE before < @batch),
        claimed AS (
            DELETE FROM inbound.webhook_stretches q USING due WHERE q.ctid = due.place
            RETURNING q.delivery_id, q.deliveries, q.received_at, q.received_to, q.attempts, q.replay)
        SELECT d.id, d.received_at, c.attempts, c.replay, d.channel_ids, d.signature, d.traceparent, d.body, c.delivery_id
        FROM claimed c
        CROSS JOIN LATERAL (
            SELECT * FROM inbound.webhook_deliveries d
            WHERE d.id >= c.delivery_id AND d.id < c.delivery_id + c.deliveries AND d.received_at >= c.received_at AND d.received_at <= c.received_to) AS d
        ORDER BY d.id
        """;

    /// <summary>Makes two of a stretch of which something cannot be applied, to find out what.</summary>
    public const string Split =
        """
        WITH whole AS MATERIALIZED (SELECT * FROM inbound.webhook_stretches WHERE delivery_id = @id AND deliveries > 1 FOR UPDATE SKIP LOCKED),
        half AS (
            UPDATE inbound.webhook_stretches s SET deliveries = whole.deliveries / 2 FROM whole WHERE s.delivery_id = whole.delivery_id)
        INSERT INTO inbound.webhook_stretches (delivery_id, deliveries, received_at, received_to, due_at, replay)
        SELECT delivery_id + deliveries / 2, deliveries - deliveries / 2, received_at, received_to, due_at, replay FROM whole
        """;

    /// <summary>Leaves a delivery that could not be applied for later.</summary>
    public const string Postpone =
        "UPDATE inbound.webhook_stretches SET attempts = attempts + 1, due_at = @due WHERE delivery_id = @id";

    public const string Dequeue = "DELETE FROM inbound.webhook_stretches WHERE delivery_id = @id";

    /// <summary>Puts a delivery back in the queue; nothing where it still is in it.</summary>
    public const string Requeue =
        """
        INSERT INTO inbound.webhook_stretches (delivery_id, received_at, received_to, due_at, replay)
        SELECT @id, @received, @received, @now, true WHERE NOT inbound.is_queued(@id)
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
    public const string Depth = "SELECT coalesce(sum(deliveries), 0)::bigint, min(received_at) FROM inbound.webhook_stretches";

    /// <summary>One webhook. Its day is not known: a look into the key of each.</summary>
    public const string Find =
        """
        SELECT received_at, channel_ids, headers::text, body, inbound.is_queued(id)
        FROM inbound.webhook_deliveries WHERE id = @id
        """;

    /// <summary>The messages of Meta's ids. Served by the key of <c>wamids</c>.</summary>
    public const string FindMessages =
        "SELECT wamid, message_id, conversation_id FROM inbound.wamids WHERE channel_id = ANY (@channels) AND wamid = ANY (@wamids)";

    /// <summary>
    /// Looks through the next stretch of the log, latest first; in the end a row that says how far it went and how many it saw. Served by the
    /// key of each day, and by the days themselves.
    /// </summary>
    public const string Search =
        """
        WITH stretch AS MATERIALIZED (
            SELECT id, received_at, channel_ids, body FROM inbound.webhook_deliveries
            WHERE id < @before AND received_at >= @from AND received_at < @to
            ORDER BY id DESC LIMIT @stretch),
        found AS (
            SELECT s.id, s.received_at, octet_length(s.body) AS size, s.channel_ids,
                (SELECT count(*)::integer FROM inbound.webhook_rejections r WHERE r.delivery_id = s.id AND r.channel_id = ANY (@channels)) AS rejections,
                inbound.is_queued(s.id) AS queued
            FROM stretch s
            WHERE s.channel_ids && @channels
              AND NOT EXISTS (SELECT FROM unnest(@words, @escaped) AS word (plain, escaped) WHERE position(word.plain IN s.body) = 0 AND position(word.escaped IN s.body) = 0)),
        judged AS (
            SELECT id, received_at, CASE WHEN queued THEN 'queued' WHEN rejections > 0 THEN 'rejected' ELSE 'applied' END AS state, size, channel_ids, rejections FROM found)
        (SELECT id, received_at, state, size, channel_ids, rejections, NULL::bigint AS seen FROM judged WHERE @state IS NULL OR state = @state ORDER BY id DESC LIMIT @limit)
        UNION ALL
        SELECT min(id), NULL, NULL, NULL, NULL, NULL, count(*) FROM stretch HAVING count(*) > 0
        """;

    /// <summary>Takes a replay whose next step is due, for as long as the transaction lasts.</summary>
    public const string TakeReplay =
        """
        WITH due AS MATERIALIZED (SELECT id FROM inbound.webhook_replays WHERE due_at <= @now ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        SELECT id FROM due
        """;

    /// <summary>Whether webhooks of a replay are in the queue.</summary>
    public const string ReplaysWait = "SELECT EXISTS (SELECT FROM inbound.webhook_stretches WHERE replay)";

    /// <summary>Counts what a replay is about, once.</summary>
    public const string CountReplay =
        $"""
        UPDATE inbound.webhook_replays r
        SET total = (SELECT count(*) FROM inbound.webhook_deliveries d WHERE {OfReplay})
        WHERE r.id = @id AND r.total IS NULL
        """;

    /// <summary>Puts the next webhooks of a replay in the queue; where there are none left, it is over.</summary>
    public const string StepReplay =
        $"""
        WITH next AS MATERIALIZED (
            SELECT d.id, d.received_at FROM inbound.webhook_replays r, inbound.webhook_deliveries d
            WHERE r.id = @id AND d.id > r.last_id AND {OfReplay}
            ORDER BY d.id LIMIT @step),
        queued AS (
            INSERT INTO inbound.webhook_stretches (delivery_id, received_at, received_to, due_at, replay)
            SELECT id, received_at, received_at, @now, true FROM next WHERE NOT inbound.is_queued(id) ON CONFLICT DO NOTHING)
        UPDATE inbound.webhook_replays
        SET queued = queued + (SELECT count(*) FROM next), last_id = coalesce((SELECT max(id) FROM next), last_id),
            due_at = CASE WHEN EXISTS (SELECT FROM next) THEN @now END, finished_at = CASE WHEN NOT EXISTS (SELECT FROM next) THEN @now END
        WHERE id = @id
        """;

    private const string OfReplay =
        """
        d.received_at >= r.from_at AND d.received_at < r.to_at AND d.channel_ids && r.channel_ids
        AND (NOT r.rejected_only OR EXISTS (SELECT FROM inbound.webhook_rejections x WHERE x.delivery_id = d.id AND x.workspace_id = r.workspace_id))
        """;

    /// <summary>Messages that Meta took and of which no status ever came. Served by <c>messages_without_status</c>.</summary>
    public static FormattableString WithoutStatus(Guid workspaceId) =>
        $"""
        SELECT * FROM inbound.messages
        WHERE workspace_id = {workspaceId} AND direction = 'out' AND status = 'sent' AND first_status_at IS NULL AND delivery_id IS NULL
        """;
}
