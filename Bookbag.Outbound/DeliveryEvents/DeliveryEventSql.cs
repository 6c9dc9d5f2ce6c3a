namespace Bookbag.Outbound.DeliveryEvents;

internal static class DeliveryEventSql
{
    /// <summary>
    /// Takes the oldest events out; they are gone when what they bring about is committed with it. Those that another replica has are skipped. Planned anew
    /// each time: a plan kept from when there were none reads all of many, for every one that it takes.
    /// </summary>
    public const string Take = """
        SET LOCAL plan_cache_mode = force_custom_plan;
        WITH due AS MATERIALIZED (SELECT ctid AS place FROM delivery.events ORDER BY id LIMIT @batch FOR UPDATE SKIP LOCKED)
        DELETE FROM delivery.events e USING due WHERE e.ctid = due.place
        RETURNING e.id, e.workspace_id, e.channel_id, e.agent_id, e.kind, e.field, e.at, e.received_at, e.wamid, e.callback, e.customer, e.payload::text
        """;

    /// <summary>Keeps statuses of messages that nobody here knows yet.</summary>
    public const string Park = """
        INSERT INTO outbound.parked_statuses (channel_id, wamid, at, payload, received_at, retry_at)
        SELECT * FROM unnest(@channels, @wamids, @ats, @payloads, @received, @retries)
        """;

    /// <summary>Takes parked statuses out that are to be looked at again.</summary>
    public const string TakeParked = """
        WITH due AS MATERIALIZED (SELECT id FROM outbound.parked_statuses WHERE retry_at <= @now ORDER BY retry_at LIMIT @batch FOR UPDATE SKIP LOCKED)
        DELETE FROM outbound.parked_statuses p USING due WHERE p.id = due.id
        RETURNING p.channel_id, p.wamid, p.at, p.received_at, p.payload::text
        """;

    /// <summary>Something of the number changed that only Graph tells: it is asked again at the next look.</summary>
    public const string AskAgain = "UPDATE platform.channels SET checked_at = NULL WHERE id = @channel";

    /// <summary>Meta has taken the account's right to write to customers first, until a time; a later word of Meta's replaces an earlier one.</summary>
    public const string Restrict = """
        INSERT INTO outbound.restrictions (channel_id, until, detail) VALUES (@channel, @until, @detail)
        ON CONFLICT (channel_id) DO UPDATE SET until = excluded.until, detail = excluded.detail
        """;

    /// <summary>Meta has given an account its rights back: what it was said to be wrong is so no more, and its campaigns look again at once.</summary>
    public const string Reinstate = """
        WITH free AS (DELETE FROM outbound.restrictions WHERE channel_id = @channel),
        works AS (UPDATE platform.channels SET problem = NULL WHERE id = @channel AND problem = ANY (@problems))
        UPDATE outbound.campaigns SET wait_until = @now WHERE channel_id = @channel AND state = 'waiting' AND (reason = 'restricted' OR reason = 'channel_broken' AND detail = ANY (@problems))
        """;

    /// <summary>
    /// Customers who stopped marketing in WhatsApp after a campaign wrote to them, within three days: the automatic stop counts them. Whichever of a customer's addresses
    /// Meta names, it is the person to whom any of them belongs. Served by the indexes on recipients' addresses.
    /// </summary>
    public const string OptOuts = """
        WITH stopped AS (
            SELECT v.channel_id, v.customer AS address, v.at FROM unnest(@channels, @customers, @ats) AS v (channel_id, customer, at)
            UNION
            SELECT v.channel_id, other.address, v.at FROM unnest(@channels, @customers, @ats) AS v (channel_id, customer, at)
            JOIN inbound.customer_addresses own ON own.channel_id = v.channel_id AND own.address = v.customer
            JOIN inbound.customer_addresses other ON other.channel_id = own.channel_id AND other.conversation_id = own.conversation_id),
        those AS (
            SELECT a.channel_id, a.id, min(s.at) AS at FROM stopped s JOIN outbound.recipient_addresses a ON a.channel_id = s.channel_id AND a.address = s.address
            GROUP BY a.channel_id, a.id)
        UPDATE outbound.recipients r SET opted_out_at = those.at
        FROM those
        WHERE r.channel_id = those.channel_id AND r.id = those.id AND r.opted_out_at IS NULL AND r.sent_at BETWEEN those.at - interval '72 hours' AND those.at
        """;

    /// <summary>Statuses that wait for their message to be known, the latest first. Served by <c>parked_statuses_latest</c>.</summary>
    public const string Parked = """
        SELECT wamid, at, received_at, retry_at, payload ->> 'status', payload ->> 'biz_opaque_callback_data', payload ->> 'recipient_id', payload ->> 'recipient_user_id', id
        FROM outbound.parked_statuses
        WHERE channel_id = @channel AND (@before_at IS NULL OR (received_at, id) < (@before_at, @before_id))
        ORDER BY received_at DESC, id DESC LIMIT @take
        """;
}
