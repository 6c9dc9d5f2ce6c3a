namespace Bookbag.Inbound.Webhooks;

/// <summary>Statements of the webhook log and its queue.</summary>
internal static class WebhookLogSql
{
    /// <summary>
    /// Writes a stretch of the log, webhooks whose ids follow each other, and queues it. <c>@channel_ids</c> are those of all of them, one after the other.
    /// </summary>
    public const string Store =
        """
        WITH stretch AS (
            INSERT INTO inbound.webhook_log (id, received_at, deliveries, channel_ids, channels_from, channels_to, signatures, headers, traceparents, bodies)
            VALUES (nextval('inbound.webhook_delivery_ids') << 10, @received, @deliveries, @channel_ids, @channels_from, @channels_to, @signatures, @headers, @traceparents, @bodies)
            RETURNING id, received_at, deliveries)
        INSERT INTO inbound.webhook_stretches (delivery_id, received_at, deliveries, due_at) SELECT id, received_at, deliveries, received_at FROM stretch
        """;

    /// <summary>The most webhooks of a stretch: so many ids are between one and the next.</summary>
    public const int LargestStretch = 1 << 10;

    /// <summary>
    /// Takes stretches out of the queue, oldest first, until they hold <c>@batch</c> deliveries, with what the log has of them: gone for good when the
    /// transaction that applies them commits, back in the queue when it does not. They go by the place where they were locked: looked for by key again, the
    /// planner would read the whole queue. The row of the log that holds one began less than <see cref="LargestStretch"/> ids before. Planned anew each time: a plan kept
    /// from when the queue was empty reads all of a long one, for every row that it takes.
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
            RETURNING q.delivery_id, q.deliveries, q.received_at, q.attempts, q.replay)
        SELECT d.id, d.received_at, c.attempts, c.replay, d.channel_ids, d.signature, d.traceparent, d.body, c.delivery_id
        FROM claimed c
        CROSS JOIN LATERAL (
            SELECT * FROM inbound.webhook_deliveries d
            WHERE d.stretch <= c.delivery_id AND d.stretch > c.delivery_id - 1024 AND d.received_at = c.received_at
              AND d.id >= c.delivery_id AND d.id < c.delivery_id + c.deliveries) AS d
        ORDER BY d.id
        """;

    /// <summary>Makes two of a stretch of which something cannot be applied, to find out what.</summary>
    public const string Split =
        """
        WITH whole AS MATERIALIZED (SELECT * FROM inbound.webhook_stretches WHERE delivery_id = @id AND deliveries > 1 FOR UPDATE SKIP LOCKED),
        half AS (
            UPDATE inbound.webhook_stretches s SET deliveries = whole.deliveries / 2 FROM whole WHERE s.delivery_id = whole.delivery_id)
        INSERT INTO inbound.webhook_stretches (delivery_id, deliveries, received_at, due_at, replay)
        SELECT delivery_id + deliveries / 2, deliveries - deliveries / 2, received_at, due_at, replay FROM whole
        """;

    /// <summary>Leaves a delivery that could not be applied for later.</summary>
    public const string Postpone =
        "UPDATE inbound.webhook_stretches SET attempts = attempts + 1, due_at = @due WHERE delivery_id = @id";

    public const string Dequeue = "DELETE FROM inbound.webhook_stretches WHERE delivery_id = @id";

    /// <summary>Puts a delivery back in the queue; nothing where it still is in it.</summary>
    public const string Requeue =
        """
        INSERT INTO inbound.webhook_stretches (delivery_id, received_at, due_at, replay)
        SELECT @id, @received, @now, true WHERE NOT inbound.is_queued(@id)
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
        SELECT received_at, channel_ids, headers, body, inbound.is_queued(id)
        FROM inbound.webhook_deliveries WHERE id = @id AND stretch <= @id AND stretch > greatest(@id, 1024) - 1024
        """;

    /// <summary>The messages of Meta's ids. Served by the key of <c>wamids</c>.</summary>
    public const string FindMessages =
        "SELECT wamid, message_id, conversation_id FROM inbound.wamids WHERE channel_id = ANY (@channels) AND wamid = ANY (@wamids)";

    /// <summary>
    /// Looks through the next <c>@most</c> webhooks of the log, latest first, or some more: stretches are looked through as a whole. In the end a row that says how
    /// far it went and how many it saw. Served by the key of each day, and by the days themselves; planned for the span that is asked for.
    /// </summary>
    public const string Search =
        """
        SET LOCAL plan_cache_mode = force_custom_plan;
        WITH latest AS MATERIALIZED (
            SELECT *, sum(deliveries) OVER (ORDER BY id DESC ROWS UNBOUNDED PRECEDING) - deliveries AS after FROM inbound.webhook_log
            WHERE id < @before AND received_at >= @from AND received_at < @to
            ORDER BY id DESC LIMIT @most),
        found AS (
            SELECT w.*, (SELECT count(*)::integer FROM inbound.webhook_rejections r WHERE r.delivery_id = w.id AND r.channel_id = ANY (@channels)) AS rejections, inbound.is_queued(w.id) AS queued
            FROM (
                SELECT l.id + d.place - 1 AS id, l.received_at, octet_length(d.body) AS size, l.channel_ids[d.channels_from : d.channels_to] AS channel_ids
                FROM latest l CROSS JOIN LATERAL unnest(l.channels_from, l.channels_to, l.bodies) WITH ORDINALITY AS d (channels_from, channels_to, body, place)
                WHERE l.after < @most AND l.channel_ids && @channels
                  AND NOT EXISTS (SELECT FROM unnest(@words, @escaped) AS word (plain, escaped) WHERE position(word.plain IN d.body) = 0 AND position(word.escaped IN d.body) = 0)) AS w
            WHERE w.id < @before AND w.channel_ids && @channels),
        judged AS (
            SELECT id, received_at, CASE WHEN queued THEN 'queued' WHEN rejections > 0 THEN 'rejected' ELSE 'applied' END AS state, size, channel_ids, rejections FROM found)
        (SELECT id, received_at, state, size, channel_ids, rejections, NULL::bigint AS seen FROM judged WHERE @state IS NULL OR state = @state ORDER BY id DESC LIMIT @limit)
        UNION ALL
        SELECT min(id), NULL, NULL, NULL, NULL, NULL, sum(deliveries)::bigint FROM latest WHERE after < @most HAVING count(*) > 0
        """;

    /// <summary>Takes a replay whose next step is due, for as long as the transaction lasts.</summary>
    public const string TakeReplay =
        """
        WITH due AS MATERIALIZED (SELECT * FROM inbound.webhook_replays WHERE due_at <= @now ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        SELECT workspace_id, id, channel_ids, from_at, to_at, rejected_only, last_id FROM due
        """;

    /// <summary>Whether webhooks of a replay are in the queue.</summary>
    public const string ReplaysWait = "SELECT EXISTS (SELECT FROM inbound.webhook_stretches WHERE replay)";

    /// <summary>Counts what a replay is about, once.</summary>
    public const string CountReplay =
        $"""
        UPDATE inbound.webhook_replays
        SET total = (SELECT count(*) FROM inbound.webhook_log l CROSS JOIN LATERAL {Deliveries} WHERE {StretchOfReplay} AND {DeliveryOfReplay})
        WHERE workspace_id = @workspace AND id = @id AND total IS NULL
        """;

    /// <summary>
    /// Puts the next webhooks of a replay in the queue, <c>@step</c> or some more: stretches are gone through as a whole. Where there are none left, it is over.
    /// Planned for the span it is about: for one that could be any, the planner would read it to the end at every step.
    /// </summary>
    public const string StepReplay =
        $"""
        SET LOCAL plan_cache_mode = force_custom_plan;
        WITH stretches AS MATERIALIZED (
            SELECT *, sum(deliveries) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) - deliveries AS before FROM (
                SELECT l.id, l.received_at, l.deliveries, l.channel_ids, l.channels_from, l.channels_to FROM inbound.webhook_log l
                WHERE l.id > @last AND {StretchOfReplay}
                ORDER BY l.id LIMIT @step) AS next),
        next AS MATERIALIZED (SELECT d.id, l.received_at FROM stretches l CROSS JOIN LATERAL {Deliveries} WHERE l.before < @step AND {DeliveryOfReplay}),
        queued AS (
            INSERT INTO inbound.webhook_stretches (delivery_id, received_at, due_at, replay)
            SELECT id, received_at, @now, true FROM next WHERE NOT inbound.is_queued(id) ON CONFLICT DO NOTHING),
        seen AS (SELECT max(id + deliveries - 1) AS to_id FROM stretches WHERE before < @step)
        UPDATE inbound.webhook_replays
        SET queued = queued + (SELECT count(*) FROM next), last_id = coalesce(seen.to_id, last_id),
            due_at = CASE WHEN seen.to_id IS NOT NULL THEN @now END, finished_at = CASE WHEN seen.to_id IS NULL THEN @now END
        FROM seen WHERE workspace_id = @workspace AND id = @id
        """;

    // The webhooks of a stretch, with nothing of what is in them.
    private const string Deliveries =
        """
        (SELECT l.id + place - 1 AS id, l.channel_ids[channels_from : channels_to] AS channel_ids
         FROM unnest(l.channels_from, l.channels_to) WITH ORDINALITY AS d (channels_from, channels_to, place)) AS d
        """;

    private const string StretchOfReplay =
        """
        l.received_at >= @from AND l.received_at < @to AND l.channel_ids && @channels
        AND (NOT @rejected_only OR EXISTS (
            SELECT FROM inbound.webhook_rejections x WHERE x.delivery_id >= l.id AND x.delivery_id < l.id + l.deliveries AND x.workspace_id = @workspace))
        """;

    private const string DeliveryOfReplay =
        """
        d.channel_ids && @channels
        AND (NOT @rejected_only OR EXISTS (SELECT FROM inbound.webhook_rejections x WHERE x.delivery_id = d.id AND x.workspace_id = @workspace))
        """;

    /// <summary>Messages that Meta took and of which no status ever came. Served by <c>messages_without_status</c>.</summary>
    public static FormattableString WithoutStatus(Guid workspaceId) =>
        $"""
        SELECT * FROM inbound.messages
        WHERE workspace_id = {workspaceId} AND direction = 'out' AND status = 'sent' AND first_status_at IS NULL AND delivery_id IS NULL
        """;
}
