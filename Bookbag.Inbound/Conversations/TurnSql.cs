namespace Bookbag.Inbound.Conversations;

/// <summary>Every statement of a turn. <c>@lease</c> is the fence: without it nothing of a conversation is changed but the outcome of a call already made.</summary>
internal static class TurnSql
{
    /// <summary>Takes conversations that have something to do, longest due first. Served by <c>conversations_due</c>.</summary>
    public const string Claim =
        """
        WITH due AS MATERIALIZED (
            SELECT channel_id, id FROM inbound.conversations
            WHERE turn_due_at <= @now AND (lease_until IS NULL OR lease_until <= @now)
            ORDER BY turn_due_at
            LIMIT @batch
            FOR UPDATE SKIP LOCKED)
        UPDATE inbound.conversations c
        SET lease_id = @lease, lease_until = @lease_until
        FROM due WHERE c.channel_id = due.channel_id AND c.id = due.id
        RETURNING c.channel_id, c.id, c.turn_due_at, c.traceparent
        """;

    /// <summary>When the next conversation that is not due yet will be.</summary>
    public const string NextDue = "SELECT min(turn_due_at) FROM inbound.conversations WHERE turn_due_at > @now";

    /// <summary>The conversation as it is now; no row when the lease is lost.</summary>
    /// <remarks>
    /// Read before its messages: one that comes in between makes the epoch read here an old one, and what is made of it is dropped.
    /// The other way round a message could be missed and its turn be taken for done.
    /// </remarks>
    public const string LoadConversation =
        """
        SELECT workspace_id, agent_id, mode, epoch, customer_phone, customer_user_id, last_inbound_at, window_refused_at,
               unanswered_since, turn_attempts,
               (SELECT max(t.closed_at) FROM inbound.tickets t WHERE t.conversation_id = c.id)
        FROM inbound.conversations c
        WHERE channel_id = @channel AND id = @conversation AND lease_id = @lease
        """;

    /// <summary>Replies not settled yet, customer messages that wait (the latest, if there are very many) and what was said before. Served by the partial indexes and <c>messages_thread</c>.</summary>
    public const string LoadMessages =
        """
        (SELECT 'sending', id, at, direction, author, type, text, wamid, outcome, attempts, unconfirmed, send_due_at, error_code, context_wamid
         FROM inbound.messages WHERE channel_id = @channel AND conversation_id = @conversation AND status = 'sending'
         ORDER BY at, id LIMIT 50)
        UNION ALL
        (SELECT 'awaiting', m.id, m.at, m.direction, m.author, CASE mark.type WHEN 'revoke' THEN mark.type ELSE m.type END,
            CASE WHEN mark.type IS NULL THEN left(m.text, 4096) WHEN mark.type = 'edit' THEN left(mark.said, 4096) END, m.wamid,
            CASE m.type WHEN 'button' THEN m.content ->> 'payload' END, NULL, NULL, NULL, NULL, m.context_wamid
         FROM inbound.messages m
         LEFT JOIN LATERAL (
            SELECT k.type, k.text AS said FROM inbound.messages k
            WHERE k.conversation_id = m.conversation_id AND k.context_wamid = m.wamid AND k.type IN ('reaction', 'edit', 'revoke') AND k.type <> 'reaction' AND k.direction = 'in'
            ORDER BY k.type DESC, k.at DESC LIMIT 1) mark ON true
         WHERE m.channel_id = @channel AND m.conversation_id = @conversation AND m.awaiting
         ORDER BY m.at DESC, m.id DESC LIMIT 50)
        UNION ALL
        (SELECT 'history', id, at, direction, author, type, left(text, 2000), wamid, NULL, NULL, NULL, NULL, NULL, NULL
         FROM inbound.messages WHERE channel_id = @channel AND conversation_id = @conversation AND NOT awaiting
             AND author <> 'system' AND type NOT IN ('reaction', 'edit', 'revoke') AND text <> '' AND status NOT IN ('sending', 'failed', 'discarded')
         ORDER BY at DESC, id DESC LIMIT @history)
        ORDER BY at, id
        """;

    /// <summary>Keeps the conversation a while longer; no row when it is lost or what is being made of it is stale.</summary>
    public const string Renew =
        """
        UPDATE inbound.conversations SET lease_until = @lease_until
        WHERE channel_id = @channel AND id = @conversation AND lease_id = @lease AND epoch = @epoch
        """;

    /// <summary>
    /// Commits an answer as replies to be sent, the first of them as handed to Graph, and takes the customer's messages for answered.
    /// Returns the replies; none, and nothing is changed, when the lease is lost or the epoch moved.
    /// </summary>
    /// <remarks>A reply's time is after the latest message's, so that it stands below what it answers whatever Meta's clock says.</remarks>
    public const string CommitAnswer =
        """
        WITH turn AS (
            UPDATE inbound.conversations
            SET mode = CASE WHEN @hand_over THEN 'human' ELSE mode END,
                escalated_at = CASE WHEN @hand_over THEN @now ELSE escalated_at END,
                escalation_reason = CASE WHEN @hand_over THEN @why ELSE escalation_reason END,
                last_message_at = greatest(@now, last_message_at + interval '1 microsecond') + (cardinality(@ids) - 1) * interval '1 microsecond',
                last_message_text = left(@texts[cardinality(@texts)], 200),
                unanswered_since = NULL, turn_attempts = 0, turn_due_at = @settle_at, lease_until = @lease_until
            WHERE channel_id = @channel AND id = @conversation AND lease_id = @lease AND epoch = @epoch
            RETURNING workspace_id, channel_id, id, last_message_at),
        answered AS (
            UPDATE inbound.messages m SET awaiting = false FROM turn
            WHERE m.channel_id = turn.channel_id AND m.conversation_id = turn.id AND m.awaiting)
        INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, text, status, status_rank,
            attempts, unconfirmed, send_due_at, outcome, why, score, citations)
        SELECT turn.workspace_id, turn.channel_id, turn.id, part.id, turn.last_message_at - (cardinality(@ids) - part.nr) * interval '1 microsecond',
            'out', 'ai', 'text', part.text, 'sending', 0,
            CASE part.nr WHEN 1 THEN 1 ELSE 0 END, CASE part.nr WHEN 1 THEN 1 ELSE 0 END, CASE part.nr WHEN 1 THEN @settle_at ELSE @now END,
            @outcome, @why, @score, @citations
        FROM turn, unnest(@ids, @texts) WITH ORDINALITY AS part (id, text, nr)
        RETURNING id, at
        """;

    /// <summary>Leaves the customer's messages without an answer, and writes down why. Nothing is changed when the lease is lost or the epoch moved.</summary>
    public const string LeaveUnanswered =
        """
        WITH turn AS (
            UPDATE inbound.conversations
            SET unanswered_since = NULL, turn_attempts = 0, turn_due_at = NULL, lease_id = NULL, lease_until = NULL
            WHERE channel_id = @channel AND id = @conversation AND lease_id = @lease AND epoch = @epoch
            RETURNING workspace_id, channel_id, id, last_message_at),
        left_out AS (
            UPDATE inbound.messages m SET awaiting = false FROM turn
            WHERE m.channel_id = turn.channel_id AND m.conversation_id = turn.id AND m.awaiting)
        INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, status, status_rank, error_text)
        SELECT turn.workspace_id, turn.channel_id, turn.id, @id, greatest(@now, turn.last_message_at + interval '1 microsecond'), 'out', 'ai', 'text', 'discarded', 9, @why
        FROM turn
        """;

    /// <summary>Lets the conversation go after an answer could not be made; it is tried again unless something happened that makes it due anyway.</summary>
    public const string AnswerFailed =
        """
        UPDATE inbound.conversations
        SET turn_attempts = CASE WHEN epoch = @epoch THEN turn_attempts + 1 ELSE turn_attempts END,
            turn_due_at = CASE WHEN epoch = @epoch THEN @due ELSE turn_due_at END,
            lease_id = NULL, lease_until = NULL
        WHERE channel_id = @channel AND id = @conversation AND lease_id = @lease
        """;

    /// <summary>Whether a webhook waits to be applied that may tell what became of a reply.</summary>
    public const string IsLogBehind = "SELECT EXISTS (SELECT FROM inbound.webhook_stretches WHERE received_at <= @until AND due_at <= @now)";

    /// <summary>
    /// Writes down that a reply is handed to Graph, before it is: from here on it may have been sent. No row when the lease is lost or a status
    /// webhook settled it meanwhile.
    /// </summary>
    public const string BeginSend =
        """
        WITH turn AS (
            UPDATE inbound.conversations
            SET turn_due_at = CASE WHEN epoch = @epoch THEN @settle_at ELSE turn_due_at END, lease_until = @lease_until
            WHERE channel_id = @channel AND id = @conversation AND lease_id = @lease
            RETURNING id)
        UPDATE inbound.messages m SET attempts = attempts + 1, unconfirmed = unconfirmed + 1, send_due_at = @settle_at
        FROM turn
        WHERE m.channel_id = @channel AND m.at = @at AND m.id = @id AND m.status = 'sending'
        """;

    /// <summary>Meta took the reply. Its status webhook may have been faster, so the status only moves up.</summary>
    public const string SettleSent =
        """
        UPDATE inbound.messages
        SET wamid = coalesce(wamid, @wamid), sent_at = coalesce(sent_at, @now),
            error_code = CASE status WHEN 'sending' THEN NULL ELSE error_code END,
            error_text = CASE status WHEN 'sending' THEN NULL ELSE error_text END,
            status = CASE status WHEN 'sending' THEN 'sent' ELSE status END,
            status_rank = greatest(status_rank, 1), unconfirmed = 0
        WHERE channel_id = @channel AND at = @at AND id = @id
        """;

    /// <summary>Every message id that Meta gave a reply finds it, the second of one that was sent twice as well.</summary>
    public const string KeepWamid =
        """
        INSERT INTO inbound.wamids (channel_id, wamid, conversation_id, message_id, at)
        VALUES (@channel, @wamid, @conversation, @id, @at) ON CONFLICT DO NOTHING
        """;

    /// <summary>Meta's own spelling of the customer's number, and the user id that it named: their messages may come under these.</summary>
    public const string KeepAddresses =
        """
        INSERT INTO inbound.conversation_addresses (channel_id, address, conversation_id)
        SELECT @channel, address, @conversation FROM unnest(@addresses) AS address ON CONFLICT DO NOTHING
        """;

    /// <summary>Meta refused the reply for now: nothing was sent, and it waits.</summary>
    public const string SettleWaiting =
        """
        UPDATE inbound.messages SET unconfirmed = @unconfirmed, send_due_at = @due, error_code = @code, error_text = @text
        WHERE channel_id = @channel AND at = @at AND id = @id AND status = 'sending'
        """;

    /// <summary>The reply may have been sent: its status webhook has until then to say so.</summary>
    public const string SettleUnconfirmed =
        """
        UPDATE inbound.messages SET send_due_at = @due, error_text = @text
        WHERE channel_id = @channel AND at = @at AND id = @id AND status = 'sending'
        """;

    /// <summary>The reply will not arrive.</summary>
    public const string SettleFailed =
        """
        UPDATE inbound.messages
        SET status = 'failed', status_rank = 9, failed_at = @now, error_code = @code, error_text = @text
        WHERE channel_id = @channel AND at = @at AND id = @id AND status = 'sending'
        """;

    /// <summary>The reply is deliberately not sent.</summary>
    public const string SettleDiscarded =
        """
        UPDATE inbound.messages SET status = 'discarded', status_rank = 9, error_text = @text
        WHERE channel_id = @channel AND at = @at AND id = @id AND status = 'sending'
        """;

    /// <summary>
    /// Lets the conversation go, due again at <c>@due</c> (null: when something happens) unless something happened already. One that was lost on the way
    /// is looked at again at once: its new owner may be waiting for what was settled here. Returns whether it was lost.
    /// </summary>
    public const string Release =
        """
        UPDATE inbound.conversations
        SET turn_due_at = CASE WHEN lease_id IS DISTINCT FROM @lease THEN least(turn_due_at, @now)
                               WHEN epoch = @epoch THEN @due
                               ELSE turn_due_at END,
            lease_until = CASE WHEN lease_id = @lease THEN NULL ELSE lease_until END,
            lease_id = CASE WHEN lease_id = @lease THEN NULL ELSE lease_id END
        WHERE channel_id = @channel AND id = @conversation
        """;

    /// <summary>Asks a person to go on where the agent cannot.</summary>
    public const string HandOver =
        """
        UPDATE inbound.conversations SET mode = 'human', escalated_at = @now, escalation_reason = @why, epoch = epoch + 1
        WHERE channel_id = @channel AND id = @conversation AND mode = 'ai'
        """;

    /// <summary>Meta says that the window is closed, whatever we computed.</summary>
    public const string RefuseWindow =
        """
        UPDATE inbound.conversations SET window_refused_at = @now WHERE channel_id = @channel AND id = @conversation
        """;

    /// <summary>Brings forward the replies of a channel that Meta refused, because it works again. Served by <c>messages_sending_of_conversation</c>.</summary>
    public const string RetryWaiting =
        """
        WITH waiting AS MATERIALIZED (
            SELECT DISTINCT conversation_id FROM inbound.messages
            WHERE channel_id = @channel AND status = 'sending' AND unconfirmed = 0),
        due AS (
            UPDATE inbound.conversations c SET turn_due_at = least(c.turn_due_at, @now)
            FROM waiting WHERE c.channel_id = @channel AND c.id = waiting.conversation_id
            RETURNING c.id)
        UPDATE inbound.messages m SET send_due_at = @now
        FROM due WHERE m.channel_id = @channel AND m.conversation_id = due.id AND m.status = 'sending' AND m.unconfirmed = 0
        """;
}
