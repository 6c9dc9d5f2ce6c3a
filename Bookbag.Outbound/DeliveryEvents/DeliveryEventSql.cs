namespace Bookbag.Outbound.DeliveryEvents;

internal static class DeliveryEventSql
{
    /// <summary>Takes the oldest events out; they are gone when what they bring about is committed with it. Those that another replica has are skipped.</summary>
    public const string Take = """
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

    /// <summary>Meta has taken the account's right to send: the card says so.</summary>
    public const string Break = "UPDATE platform.channels SET problem = @problem WHERE id = @channel";

    /// <summary>Customers who stopped marketing in WhatsApp after a campaign wrote to them, within three days: the automatic stop counts them. Served by <c>recipients_of_customer</c>.</summary>
    public const string OptOuts = """
        UPDATE outbound.recipients r SET opted_out_at = v.at
        FROM unnest(@channels, @customers, @ats) AS v (channel_id, customer, at)
        WHERE r.channel_id = v.channel_id AND r.customer = v.customer AND r.opted_out_at IS NULL AND r.sent_at BETWEEN v.at - interval '72 hours' AND v.at
        """;
}
