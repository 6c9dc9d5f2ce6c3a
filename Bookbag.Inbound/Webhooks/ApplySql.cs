namespace Bookbag.Inbound.Webhooks;

/// <summary>Statements that apply a batch of webhook items; each takes the whole batch as arrays.</summary>
internal static class ApplySql
{
    /// <summary>The conversations of addresses. Served by the key of <c>conversation_addresses</c>.</summary>
    public const string FindConversations =
        """
        SELECT a.channel_id, a.address, a.conversation_id
        FROM unnest(@channels, @addresses) AS wanted (channel_id, address)
        JOIN inbound.conversation_addresses a USING (channel_id, address)
        """;

    /// <summary>Claims addresses for conversations; returns those that were free. In order, so that two processors wait for each other instead of deadlocking.</summary>
    public const string ClaimAddresses =
        """
        INSERT INTO inbound.conversation_addresses (channel_id, address, conversation_id)
        SELECT * FROM unnest(@channels, @addresses, @conversations) AS claim (channel_id, address, conversation_id)
        ORDER BY channel_id, address
        ON CONFLICT DO NOTHING
        RETURNING channel_id, address
        """;

    /// <summary>Gives addresses to other conversations.</summary>
    public const string MoveAddresses =
        """
        UPDATE inbound.conversation_addresses a SET conversation_id = moved.conversation_id
        FROM unnest(@channels, @addresses, @conversations) AS moved (channel_id, address, conversation_id)
        WHERE a.channel_id = moved.channel_id AND a.address = moved.address
        """;

    /// <summary>Locks conversations, always in the same order, and returns what is decided on.</summary>
    public const string LockConversations =
        """
        SELECT c.channel_id, c.id, customer_phone, customer_user_id, customer_parent_user_id, customer_name, customer_username, mode, escalated_at, escalation_reason, epoch,
               last_inbound_at, window_refused_at, last_message_at, last_message_text, unanswered_since, turn_due_at, turn_attempts, traceparent
        FROM unnest(@channels, @ids) AS wanted (channel_id, id)
        JOIN inbound.conversations c USING (channel_id, id)
        ORDER BY c.channel_id, c.id
        FOR UPDATE OF c
        """;

    /// <summary>Enters Meta's message ids in the ledger; returns those that are new. What is not returned has been applied before.</summary>
    public const string EnterWamids =
        """
        INSERT INTO inbound.wamids (channel_id, wamid, conversation_id, message_id, at)
        SELECT * FROM unnest(@channels, @wamids, @conversations, @messages, @ats) AS entry (channel_id, wamid, conversation_id, message_id, at)
        ORDER BY channel_id, wamid
        ON CONFLICT DO NOTHING
        RETURNING channel_id, wamid
        """;

    public const string InsertMessages =
        """
        INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, text, content,
            wamid, context_wamid, context, referral, status, status_rank, awaiting, sent_at, delivery_id)
        SELECT workspace_id, channel_id, conversation_id, id, at, CASE author WHEN 'human' THEN 'out' ELSE 'in' END, author, type, text, content,
            wamid, context_wamid, context, referral, CASE author WHEN 'human' THEN 'sent' ELSE 'received' END, CASE author WHEN 'human' THEN 1 ELSE 9 END,
            awaiting, CASE author WHEN 'human' THEN at END, delivery_id
        FROM unnest(@workspaces, @channels, @conversations, @ids, @ats, @authors, @types, @texts, @contents, @wamids, @quoted, @contexts, @referrals, @awaiting, @deliveries)
            AS message (workspace_id, channel_id, conversation_id, id, at, author, type, text, content, wamid, context_wamid, context, referral, awaiting, delivery_id)
        """;

    /// <summary>Files that are to be fetched, at once: Meta's links live five minutes.</summary>
    public const string WantMedia =
        """
        INSERT INTO inbound.media (workspace_id, channel_id, agent_id, conversation_id, id, at, direction, kind, mime_type, filename, meta_id, url, sha256, state, task, due_at, received_at)
        SELECT workspace_id, channel_id, agent_id, conversation_id, id, at, direction, kind, mime_type, filename, meta_id, url, sha256, 'wanted', 'fetch', @now, received_at
        FROM unnest(@workspaces, @channels, @agents, @conversations, @ids, @ats, @directions, @kinds, @mimes, @filenames, @metas, @urls, @hashes, @received)
            AS file (workspace_id, channel_id, agent_id, conversation_id, id, at, direction, kind, mime_type, filename, meta_id, url, sha256, received_at)
        """;

    public const string InsertConversations =
        $"""
        INSERT INTO inbound.conversations (workspace_id, agent_id, created_at, {States})
        SELECT workspace_id, agent_id, @now, {StateValues}
        FROM unnest(@workspaces, @agents, {StateArrays}) AS c (workspace_id, agent_id, {States})
        """;

    public const string UpdateConversations =
        $"""
        UPDATE inbound.conversations k
        SET ({States}) = ROW ({StateValues})
        FROM unnest({StateArrays}) AS c ({States})
        WHERE k.channel_id = c.channel_id AND k.id = c.id
        """;

    private const string States =
        "channel_id, id, customer_phone, customer_user_id, customer_parent_user_id, customer_name, customer_username, mode, escalated_at, escalation_reason, epoch, last_inbound_at, window_refused_at, "
        + "last_message_at, last_message_text, unanswered_since, turn_due_at, turn_attempts, traceparent";

    private const string StateValues =
        "c.channel_id, c.id, c.customer_phone, c.customer_user_id, c.customer_parent_user_id, c.customer_name, c.customer_username, c.mode, c.escalated_at, c.escalation_reason, c.epoch, c.last_inbound_at, "
        + "c.window_refused_at, c.last_message_at, left(c.last_message_text, 200), c.unanswered_since, c.turn_due_at, c.turn_attempts, c.traceparent";

    private const string StateArrays =
        "@channels, @ids, @phones, @users, @parents, @names, @usernames, @modes, @escalated, @reasons, @epochs, @inbound, @refused, "
        + "@latest, @latest_texts, @unanswered, @due, @attempts, @traces";

    /// <summary>What a person answered elsewhere waits for no answer of ours. Served by <c>messages_awaiting</c>.</summary>
    public const string Answered =
        """
        UPDATE inbound.messages m SET awaiting = false
        FROM unnest(@channels, @conversations, @ats) AS answered (channel_id, conversation_id, at)
        WHERE m.channel_id = answered.channel_id AND m.conversation_id = answered.conversation_id AND m.awaiting AND m.at <= answered.at
        """;

    /// <summary>
    /// Our messages that statuses are about: by Meta's id where the ledger has it, else by our own, which comes back as callback data: a status
    /// may be faster than Graph's answer. Returns the place in the arrays; no row for what nobody knows.
    /// </summary>
    public const string FindMessages =
        """
        SELECT wanted.place, known.conversation_id, known.message_id, known.at, known.settled
        FROM unnest(@channels, @wamids, @tokens) WITH ORDINALITY AS wanted (channel_id, wamid, token, place)
        CROSS JOIN LATERAL (
            (SELECT w.conversation_id, w.message_id, w.at, true AS settled
             FROM inbound.wamids w WHERE w.channel_id = wanted.channel_id AND w.wamid = wanted.wamid)
            UNION ALL
            (SELECT m.conversation_id, m.id, m.at, false
             FROM inbound.messages m WHERE m.id = wanted.token AND m.direction = 'out' AND m.wamid IS NULL AND m.channel_id = wanted.channel_id)
            LIMIT 1) AS known
        """;

    /// <summary>The channels with campaigns that a customer's message may answer: of the others Outbound needs no message.</summary>
    public const string Campaigning = "SELECT inbound.campaigning(@channels)";

    /// <summary>Writes what is Outbound's to act on.</summary>
    public const string WriteEvents =
        """
        INSERT INTO delivery.events (workspace_id, channel_id, agent_id, kind, field, at, received_at, wamid, callback, customer, payload)
        SELECT * FROM unnest(@workspaces, @channels, @agents, @kinds, @fields, @ats, @received, @wamids, @callbacks, @customers, @payloads)
            AS event (workspace_id, channel_id, agent_id, kind, field, at, received_at, wamid, callback, customer, payload)
        """;

    /// <summary>Keeps what Meta reports of numbers: the latest of each kind.</summary>
    public const string Report =
        """
        INSERT INTO inbound.channel_reports (channel_id, code, text, reported_at)
        SELECT DISTINCT ON (channel_id, code) * FROM unnest(@channels, @codes, @texts, @ats) AS report (channel_id, code, text, reported_at)
        ORDER BY channel_id, code, reported_at DESC
        ON CONFLICT (channel_id, code) DO UPDATE SET text = excluded.text, reported_at = excluded.reported_at
        WHERE channel_reports.reported_at < excluded.reported_at
        """;

    /// <summary>Enters changes that carry no id of Meta's; returns those that are new.</summary>
    public const string SeeChanges =
        """
        INSERT INTO inbound.seen_changes (channel_id, digest, received_at)
        SELECT DISTINCT ON (channel_id, digest) * FROM unnest(@channels, @digests, @received) AS change (channel_id, digest, received_at)
        ORDER BY channel_id, digest
        ON CONFLICT DO NOTHING
        RETURNING channel_id, digest
        """;

    /// <summary>Locks our messages, always in the same order, and returns what is decided on.</summary>
    public const string LockMessages =
        """
        SELECT m.channel_id, m.conversation_id, m.id, m.at, m.wamid, m.status, m.status_rank, m.sent_at, m.delivered_at, m.read_at, m.failed_at, m.error_code, m.error_text, m.first_status_at, m.author
        FROM unnest(@channels, @ats, @ids) AS wanted (channel_id, at, id)
        JOIN inbound.messages m USING (channel_id, at, id)
        WHERE m.direction = 'out'
        ORDER BY m.channel_id, m.at, m.id
        FOR UPDATE OF m
        """;

    public const string UpdateMessages =
        """
        UPDATE inbound.messages m
        SET wamid = s.wamid, status = s.status, status_rank = s.status_rank, sent_at = s.sent_at, delivered_at = s.delivered_at, read_at = s.read_at,
            failed_at = s.failed_at, error_code = s.error_code, error_text = s.error_text, first_status_at = s.first_status_at, unconfirmed = 0
        FROM unnest(@channels, @ats, @ids, @wamids, @statuses, @ranks, @sent, @delivered, @read, @failed, @codes, @texts, @first)
            AS s (channel_id, at, id, wamid, status, status_rank, sent_at, delivered_at, read_at, failed_at, error_code, error_text, first_status_at)
        WHERE m.channel_id = s.channel_id AND m.at = s.at AND m.id = s.id
        """;
}
