namespace Bookbag.Outbound.Sending;

/// <summary>Every statement that moves recipients, all of a batch at once. <c>round</c> is the fence: what is told of an earlier one changes nothing, except good news.</summary>
internal static class RecipientSql
{
    /// <summary>
    /// Whether a recipient that is due wants no marketing: under the address it goes to, or under another one of the same person. Who shows no
    /// number says STOP under a user id, and the campaign goes to the number.
    /// </summary>
    private const string OptedOut = """
        (EXISTS (SELECT FROM outbound.suppressions s WHERE s.workspace_id = @workspace AND s.address = due.customer AND s.active)
             OR EXISTS (SELECT FROM outbound.contacts p, LATERAL (VALUES ('u:' || p.user_id), ('p:' || p.phone)) a (address)
                        JOIN outbound.suppressions s ON s.workspace_id = @workspace AND s.address = a.address AND s.active
                        WHERE p.workspace_id = @workspace AND p.agent_id = @agent AND p.id = due.contact_id))
        """;

    /// <summary>
    /// Recipients of a campaign that are due, locked until the end of the transaction, with what forbids to write to them now. Served by
    /// <c>recipients_pending</c>; those that another replica has are skipped.
    /// </summary>
    public const string ClaimOfCampaign = $"""
        WITH due AS MATERIALIZED (
            SELECT r.id, r.customer, r.parameters::text, r.attempts, r.round, r.contact_id
            FROM outbound.recipients r
            WHERE r.channel_id = @channel AND r.campaign_id = @campaign AND r.state = 'pending' AND r.due_at <= @now AND r.id <= @released_to
              AND EXISTS (SELECT FROM outbound.campaigns c WHERE c.channel_id = @channel AND c.id = @campaign AND c.state = 'sending')
            ORDER BY r.due_at, r.id
            LIMIT @batch
            FOR UPDATE OF r SKIP LOCKED)
        SELECT due.id, due.customer, due.parameters, due.attempts, due.round,
            @marketing AND {OptedOut},
            EXISTS (SELECT FROM inbound.customer_windows w WHERE w.channel_id = @channel AND w.customer = due.customer AND w.closes_at > @now + interval '5 minutes'),
            @cap IS NOT NULL AND (
                SELECT count(*) FROM outbound.recipients o JOIN outbound.campaigns c ON c.channel_id = o.channel_id AND c.id = o.campaign_id
                WHERE o.channel_id = @channel AND o.customer = due.customer AND o.begun_at IS NOT NULL AND o.id <> due.id AND c.category = 'marketing'
                  AND o.state IN ('sending', 'unresolved', 'sent') AND coalesce(o.sent_at, @now) > @now - @cap_window) >= @cap
        FROM due
        """;

    /// <summary>The frequency cap counts what others have committed: those of an agent who claim go one after the other.</summary>
    public const string OneAtATime = "SELECT pg_advisory_xact_lock(hashtextextended(@agent::text, 1))"; // imports lock with 0

    /// <summary>Single sends of a channel that are due.</summary>
    public const string ClaimSingles = $"""
        WITH due AS MATERIALIZED (
            SELECT r.id, r.customer, r.parameters::text, r.attempts, r.round, r.contact_id
            FROM outbound.recipients r
            WHERE r.channel_id = @channel AND r.campaign_id IS NULL AND r.state = 'pending' AND r.due_at <= @now
            ORDER BY r.due_at, r.id
            LIMIT @batch
            FOR UPDATE OF r SKIP LOCKED)
        SELECT due.id, due.customer, due.parameters, due.attempts, due.round,
            {OptedOut},
            EXISTS (SELECT FROM inbound.customer_windows w WHERE w.channel_id = @channel AND w.customer = due.customer AND w.closes_at > @now + interval '5 minutes'),
            s.template_id, s.not_after
        FROM due JOIN outbound.single_sends s ON s.channel_id = @channel AND s.id = due.id
        """;

    /// <summary>What is handed to Graph, before it is: from here on it may have been sent.</summary>
    public const string Begin = """
        UPDATE outbound.recipients r
        SET state = 'sending', due_at = NULL, settle_at = @settle_at, attempts = r.attempts + 1,
            opened_at = CASE WHEN b.opens THEN @now END, begun_at = @now, reason = NULL, error_code = NULL, detail = NULL
        FROM unnest(@ids, @opens) AS b (id, opens)
        WHERE r.channel_id = @channel AND r.id = b.id
        """;

    /// <summary>Recipients who are not written to.</summary>
    public const string End = """
        UPDATE outbound.recipients r SET state = e.state, due_at = NULL, ended_at = @now, reason = e.reason, error_code = NULL, detail = NULL
        FROM unnest(@ids, @states, @reasons) AS e (id, state, reason)
        WHERE r.channel_id = @channel AND r.id = e.id
        """;

    /// <summary>Recipients who are written to later.</summary>
    public const string PutOff = "UPDATE outbound.recipients SET due_at = @due, reason = @reason WHERE channel_id = @channel AND id = ANY (@ids) AND state = 'pending'";

    /// <summary>Meta took them. A status may have been faster, or have told more.</summary>
    public const string SettleSent = """
        UPDATE outbound.recipients r
        SET state = CASE WHEN r.state = 'failed' AND r.reason <> 'outcome_unknown' THEN r.state ELSE 'sent' END,
            ended_at = CASE WHEN r.state = 'failed' AND r.reason <> 'outcome_unknown' THEN r.ended_at END,
            reason = CASE WHEN r.state = 'failed' AND r.reason <> 'outcome_unknown' THEN r.reason END,
            settle_at = NULL, detail = CASE WHEN r.state = 'failed' THEN r.detail END,
            sent_at = coalesce(r.sent_at, v.at), held = r.sent_at IS NULL AND v.held, wamid = coalesce(r.wamid, v.wamid), wa_id = v.wa_id,
            user_id = coalesce(v.user_id, r.user_id)
        FROM unnest(@channels, @ids, @rounds, @ats, @wamids, @wa_ids, @user_ids, @helds) AS v (channel_id, id, round, at, wamid, wa_id, user_id, held)
        WHERE r.channel_id = v.channel_id AND r.id = v.id AND r.round = v.round AND r.state IN ('sending', 'unresolved', 'sent', 'failed')
        """;

    /// <summary>They may or may not have been sent: their statuses tell, or nothing does.</summary>
    public const string SettleUnknown = """
        UPDATE outbound.recipients r SET state = 'unresolved', settle_at = @settle_at, reason = 'answer_lost', detail = v.detail
        FROM unnest(@channels, @ids, @rounds, @details) AS v (channel_id, id, round, detail)
        WHERE r.channel_id = v.channel_id AND r.id = v.id AND r.round = v.round AND r.state = 'sending'
        """;

    /// <summary>
    /// Meta refused them (only what is not settled), or reported later that they failed (what it had taken, too). Trying again is a new round:
    /// written down twice, because nobody knows whether the first commit went through, it changes nothing.
    /// Returns those that were changed, with the place in the messaging limit that each gives back.
    /// </summary>
    public const string SettleFailed = """
        WITH v AS (
            SELECT * FROM unnest(@channels, @ids, @rounds, @reported, @dues, @counts, @reasons, @codes, @details)
                AS v (channel_id, id, round, reported, due_at, counts, reason, code, detail)),
        old AS (
            SELECT r.channel_id, r.id, r.customer, r.opened_at
            FROM outbound.recipients r JOIN v ON r.channel_id = v.channel_id AND r.id = v.id AND r.round = v.round
            WHERE r.state IN ('sending', 'unresolved')
               OR v.reported AND r.delivered_at IS NULL AND (r.state = 'sent' OR r.state = 'failed' AND r.reason = 'outcome_unknown')
            ORDER BY r.channel_id, r.id
            FOR UPDATE OF r),
        changed AS (
            UPDATE outbound.recipients r
            SET state = CASE WHEN v.due_at IS NULL THEN 'failed' ELSE 'pending' END, due_at = v.due_at, settle_at = NULL, opened_at = NULL, held = false,
                ended_at = CASE WHEN v.due_at IS NULL THEN @now END, reason = v.reason, error_code = v.code, detail = v.detail,
                attempts = r.attempts - CASE WHEN v.counts THEN 0 ELSE 1 END,
                round = CASE WHEN v.due_at IS NULL THEN r.round ELSE r.round % 32767 + 1 END,
                sent_at = CASE WHEN v.due_at IS NULL THEN r.sent_at END,
                wamid = CASE WHEN v.due_at IS NULL THEN r.wamid END
            FROM v, old
            WHERE r.channel_id = v.channel_id AND r.id = v.id AND old.channel_id = v.channel_id AND old.id = v.id
            RETURNING r.id)
        SELECT old.channel_id, old.id, old.customer, old.opened_at FROM old
        """;

    /// <summary>What statuses tell: forward only, read implies delivered. Rows that would not change are not touched.</summary>
    public const string Advance = """
        UPDATE outbound.recipients r
        SET state = CASE WHEN r.state IN ('sending', 'unresolved', 'pending') OR r.reason = 'outcome_unknown' THEN 'sent' ELSE r.state END,
            due_at = NULL, settle_at = NULL,
            ended_at = CASE WHEN r.reason = 'outcome_unknown' THEN NULL ELSE r.ended_at END,
            reason = CASE WHEN r.state = 'failed' AND r.reason <> 'outcome_unknown' THEN r.reason END,
            detail = CASE WHEN r.state = 'failed' AND r.reason <> 'outcome_unknown' THEN r.detail END,
            held = false, wamid = coalesce(r.wamid, v.wamid), user_id = coalesce(r.user_id, v.user_id),
            sent_at = coalesce(r.sent_at, v.sent_at), delivered_at = coalesce(r.delivered_at, v.delivered_at), read_at = coalesce(r.read_at, v.read_at)
        FROM unnest(@channels, @ids, @wamids, @user_ids, @sent, @delivered, @read) AS v (channel_id, id, wamid, user_id, sent_at, delivered_at, read_at)
        WHERE r.channel_id = v.channel_id AND r.id = v.id AND r.state <> 'skipped'
          AND (r.state <> 'pending' OR v.delivered_at IS NOT NULL)
          AND (r.state IN ('sending', 'unresolved', 'pending') OR r.reason = 'outcome_unknown' OR r.held OR r.wamid IS NULL OR r.sent_at IS NULL OR r.user_id IS NULL AND v.user_id IS NOT NULL
               OR v.delivered_at IS NOT NULL AND r.delivered_at IS NULL OR v.read_at IS NOT NULL AND r.read_at IS NULL)
        """;

    /// <summary>Recipients by Meta's ids of their messages.</summary>
    public const string FindByWamid = """
        SELECT r.channel_id, r.wamid, r.id, r.round FROM outbound.recipients r
        JOIN unnest(@channels, @wamids) AS v (channel_id, wamid) ON r.channel_id = v.channel_id AND r.wamid = v.wamid
        """;

    /// <summary>What deciding about a reported failure needs.</summary>
    public const string Describe = """
        SELECT r.channel_id, r.id, r.workspace_id, r.campaign_id, r.customer, r.round, r.attempts, coalesce(c.retry_until, s.not_after), ch.phone_number_id, ch.portfolio_id, ch.agent_id
        FROM outbound.recipients r
        JOIN unnest(@channels, @ids) AS v (channel_id, id) ON r.channel_id = v.channel_id AND r.id = v.id
        JOIN platform.channels ch ON ch.id = r.channel_id
        LEFT JOIN outbound.campaigns c ON c.channel_id = r.channel_id AND c.id = r.campaign_id
        LEFT JOIN outbound.single_sends s ON s.channel_id = r.channel_id AND s.id = r.id
        """;

    /// <summary>Claims that a dead worker left: they may have been sent, and are never sent again by themselves.</summary>
    public const string Rescue = """
        UPDATE outbound.recipients SET state = 'unresolved', settle_at = @settle_at, reason = 'worker_died'
        WHERE state = 'sending' AND settle_at <= @now
        """;

    /// <summary>Those that no status told of in time have failed, "outcome unknown". Not while an event that may tell waits to be applied.</summary>
    public const string GiveUp = """
        UPDATE outbound.recipients r SET state = 'failed', settle_at = NULL, ended_at = @now, reason = 'outcome_unknown'
        WHERE r.state = 'unresolved' AND r.settle_at <= @now
          AND NOT EXISTS (SELECT FROM delivery.events e WHERE e.kind = 'status' AND e.received_at <= r.settle_at)
        """;

    /// <summary>A person knows that it arrived.</summary>
    public const string AssumeSent = """
        UPDATE outbound.recipients SET state = 'sent', settle_at = NULL, ended_at = NULL, reason = NULL, detail = NULL, sent_at = coalesce(sent_at, @now)
        WHERE channel_id = @channel AND campaign_id = @campaign AND id = ANY (@ids) AND (state = 'unresolved' OR state = 'failed' AND reason = 'outcome_unknown')
        """;

    /// <summary>A person wants it sent again, and takes the risk that it arrives twice.</summary>
    public const string SendAgain = """
        UPDATE outbound.recipients SET state = 'pending', settle_at = NULL, ended_at = NULL, due_at = @now, round = round + 1, attempts = 0, reason = NULL, detail = NULL
        WHERE channel_id = @channel AND campaign_id = @campaign AND id = ANY (@ids) AND (state = 'unresolved' OR state = 'failed' AND reason = 'outcome_unknown')
        """;
}
