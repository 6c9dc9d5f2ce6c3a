namespace Bookbag.Outbound.Attribution;

/// <summary>Statements over batches of customers' messages.</summary>
internal static class ReplySql
{
    /// <summary>Those of the messages that are known already.</summary>
    public const string Known = """
        SELECT p.channel_id, p.wamid FROM outbound.replies p JOIN unnest(@channels, @wamids) AS v (channel_id, wamid) ON p.channel_id = v.channel_id AND p.wamid = v.wamid
        """;

    /// <summary>Takes replies about which something may be known by now; locked until the end of the transaction. Served by <c>replies_due</c>.</summary>
    public const string TakeDue = """
        WITH due AS MATERIALIZED (SELECT channel_id, wamid FROM outbound.replies WHERE look_at <= @now ORDER BY look_at LIMIT @batch FOR UPDATE SKIP LOCKED)
        SELECT p.workspace_id, p.channel_id, p.wamid, p.conversation_id, p.message_id, p.at, p.received_at, p.quoted, p.token, p.opt_out, p.recipient_id
        FROM outbound.replies p JOIN due USING (channel_id, wamid)
        """;

    /// <summary>
    /// What campaigns sent to the customers: to every address that the customer is known by within the window, and what is quoted or was tapped, however
    /// old. Returns the place of the reply. Served by the indexes on recipients' addresses.
    /// </summary>
    public const string Candidates = """
        SELECT w.place, r.id, r.campaign_id, r.wamid, least(r.sent_at, r.begun_at), r.state
        FROM unnest(@channels, @conversations, @ats, @quoted, @tokens) WITH ORDINALITY AS w (channel_id, conversation_id, at, quoted, token, place)
        CROSS JOIN LATERAL (
            SELECT x.id FROM inbound.customer_addresses a JOIN outbound.recipient_addresses x ON x.channel_id = a.channel_id AND x.address = a.address
            WHERE a.channel_id = w.channel_id AND a.conversation_id = w.conversation_id
            UNION SELECT q.id FROM outbound.recipients q WHERE q.channel_id = w.channel_id AND q.wamid = w.quoted
            UNION SELECT w.token WHERE w.token IS NOT NULL) found
        JOIN outbound.recipients r ON r.channel_id = w.channel_id AND r.id = found.id
        WHERE r.campaign_id IS NOT NULL AND least(r.sent_at, r.begun_at) IS NOT NULL
            AND (r.wamid = w.quoted OR r.id = w.token
                OR (r.state IN ('sent', 'sending', 'unresolved') OR r.reason = 'outcome_unknown')
                    AND least(r.sent_at, r.begun_at) BETWEEN w.at - interval '73 hours' AND w.at + interval '1 second')
        """;

    /// <summary>
    /// The places of replies about which something that matters may not be known yet: what is on its way to Meta, or of unknown outcome, may turn out to be
    /// this customer's; a quoted message may be one whose id is not known yet; who shows no number may be named by a status. Served by
    /// <c>recipients_unsettled</c>.
    /// </summary>
    public const string Open = """
        SELECT w.place
        FROM unnest(@channels, @conversations, @ats, @quoted) WITH ORDINALITY AS w (channel_id, conversation_id, at, quoted, place)
        WHERE EXISTS (SELECT FROM outbound.recipients u WHERE u.channel_id = w.channel_id AND u.state IN ('sending', 'unresolved') AND u.begun_at < w.at + interval '1 second')
           OR w.quoted IS NOT NULL AND NOT EXISTS (SELECT FROM outbound.recipients q WHERE q.channel_id = w.channel_id AND q.wamid = w.quoted)
              AND NOT EXISTS (SELECT FROM inbound.message_ids k WHERE k.channel_id = w.channel_id AND k.wamid = w.quoted)
           OR NOT EXISTS (SELECT FROM inbound.customer_addresses a WHERE a.channel_id = w.channel_id AND a.conversation_id = w.conversation_id AND a.address LIKE 'p:%')
        """;

    /// <summary>Keeps replies with what is known of them now.</summary>
    public const string Keep = """
        INSERT INTO outbound.replies AS known (workspace_id, channel_id, wamid, conversation_id, message_id, at, received_at, quoted, token, opt_out,
            campaign_id, recipient_id, rule, late, others, look_at)
        SELECT * FROM unnest(@workspaces, @channels, @wamids, @conversations, @messages, @ats, @received, @quoted, @tokens, @opt_outs,
            @campaigns, @recipients, @rules, @lates, @others, @looks)
        ON CONFLICT (channel_id, wamid) DO UPDATE SET
            campaign_id = excluded.campaign_id, recipient_id = excluded.recipient_id, rule = excluded.rule, late = excluded.late, others = excluded.others, look_at = excluded.look_at
        """;

    /// <summary>Drops messages that answer no campaign.</summary>
    public const string Drop = """
        DELETE FROM outbound.replies p USING unnest(@channels, @wamids) AS v (channel_id, wamid) WHERE p.channel_id = v.channel_id AND p.wamid = v.wamid
        """;

    /// <summary>
    /// Locks recipients, always in the same order, before their replies are counted by the next statement: what another replica has linked meanwhile is
    /// committed by then, and counted.
    /// </summary>
    public const string LockRecipients = """
        SELECT 1 FROM outbound.recipients r JOIN unnest(@channels, @recipients) AS v (channel_id, id) ON r.channel_id = v.channel_id AND r.id = v.id
        ORDER BY r.channel_id, r.id FOR UPDATE OF r
        """;

    /// <summary>
    /// Writes down since when recipients have replied, and that they opted out; a reply implies read. What the phone itself says it answers was sent,
    /// whatever Meta's answer was. An opt-out that came by a STOP word goes when the word turns out to answer another campaign (<c>lost</c>); one that came from WhatsApp itself stays.
    /// Returns those that replied and had not before.
    /// </summary>
    public const string Count = """
        WITH said AS MATERIALIZED (
            SELECT v.channel_id, v.id, min(p.at) FILTER (WHERE NOT p.opt_out) AS replied_at, min(p.at) FILTER (WHERE p.opt_out) AS opted_out_at, min(p.at) AS at,
                coalesce(bool_or(p.rule <> 'latest'), false) AS exact, v.lost
            FROM (SELECT channel_id, id, array_agg(lost) AS lost FROM unnest(@channels, @recipients, @lost) AS v (channel_id, id, lost) GROUP BY channel_id, id) v
            LEFT JOIN outbound.replies p ON p.channel_id = v.channel_id AND p.recipient_id = v.id
            GROUP BY v.channel_id, v.id, v.lost),
        known AS (
            SELECT said.*, coalesce(CASE WHEN NOT coalesce(old.opted_out_at = ANY (said.lost), false) THEN old.opted_out_at END, said.opted_out_at) AS opts_out_at, old.replied_at IS NULL AS had_not
            FROM said JOIN outbound.recipients old ON old.channel_id = said.channel_id AND old.id = said.id),
        counted AS (
            UPDATE outbound.recipients r
            SET state = 'sent', settle_at = NULL, ended_at = NULL, held = false,
                reason = CASE WHEN r.state = 'sent' THEN r.reason END, detail = CASE WHEN r.state = 'sent' THEN r.detail END,
                sent_at = coalesce(r.sent_at, r.begun_at, said.at), delivered_at = coalesce(r.delivered_at, said.at), read_at = coalesce(r.read_at, said.at),
                replied_at = said.replied_at, opted_out_at = said.opts_out_at
            FROM known said
            WHERE r.channel_id = said.channel_id AND r.id = said.id
                AND (r.state = 'sent' OR said.exact AND (r.state IN ('sending', 'unresolved') OR r.state = 'failed' AND r.reason = 'outcome_unknown'))
                AND (r.replied_at IS DISTINCT FROM said.replied_at OR r.opted_out_at IS DISTINCT FROM said.opts_out_at OR r.state <> 'sent')
            RETURNING r.channel_id, r.id, said.had_not AND r.replied_at IS NOT NULL AS first)
        SELECT channel_id, id FROM counted WHERE first
        """;

    /// <summary>Tells other systems that recipients replied: with the first of their replies.</summary>
    public const string TellReplied = """
        SELECT inbound.publish(r.workspace_id, c.agent_id, 'campaign.replied', jsonb_build_object(
            'campaignId', c.id, 'name', c.name, 'recipientId', r.id, 'contactId', r.contact_id, 'conversationId', p.conversation_id, 'messageId', p.message_id,
            'wamid', p.wamid, 'repliedAt', p.at, 'rule', p.rule, 'late', p.late, 'replyMode', c.reply_mode), @now)
        FROM unnest(@channels, @recipients) AS v (channel_id, id)
        JOIN outbound.recipients r ON r.channel_id = v.channel_id AND r.id = v.id
        JOIN outbound.campaigns c ON c.channel_id = r.channel_id AND c.id = r.campaign_id
        CROSS JOIN LATERAL (
            SELECT * FROM outbound.replies p WHERE p.channel_id = r.channel_id AND p.recipient_id = r.id AND NOT p.opt_out ORDER BY p.at, p.message_id LIMIT 1) p
        """;
}
