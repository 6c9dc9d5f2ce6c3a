using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Security;

namespace Bookbag.Inbound.Conversations;

/// <summary>What people do to conversations. The row of a conversation is locked before its messages', as turns do.</summary>
internal static class ConversationSql
{
    /// <summary>Locks the conversation, so that nobody changes it or its ticket before the transaction ends.</summary>
    public static FormattableString Lock(Guid channelId, Guid id) =>
        $"SELECT 1 FROM inbound.conversations WHERE channel_id = {channelId} AND id = {id} FOR UPDATE";

    /// <summary>
    /// The latest conversations of agents before a place, as many of each agent and mode: the first of all of them together are the page. So one index,
    /// <c>conversations_latest</c>, serves every list; it is written with every message.
    /// </summary>
    /// <remarks>A search goes by no index: reading all of an agent's conversations, latest first, takes a tenth of a second for 100,000.</remarks>
    public static FormattableString Latest(Guid[] agents, string[] modes, Cursor before, string? pattern, int count) =>
        $"""
        SELECT c.*
        FROM unnest({agents}) AS agent (id) CROSS JOIN unnest({modes}) AS asked (mode)
        CROSS JOIN LATERAL (
            SELECT * FROM inbound.conversations c
            WHERE c.agent_id = agent.id AND c.mode = asked.mode AND (c.last_message_at, c.id) < ({before.At}, {before.Id})
                AND ({pattern}::text IS NULL OR c.customer_name ILIKE {pattern} OR c.customer_username ILIKE {pattern} OR c.customer_phone LIKE {pattern} OR c.customer_user_id ILIKE {pattern})
            ORDER BY c.last_message_at DESC, c.id DESC
            LIMIT {count}) AS c
        """;

    /// <summary>
    /// A person takes over: the agent is paused, and an answer in the making is dropped, because its epoch and its lease are gone.
    /// Replies that wait are looked at again at once. Nothing is changed where a person has the conversation already.
    /// </summary>
    public static FormattableString TakeOver(Conversation conversation, string reason, DateTimeOffset now) =>
        $"""
        UPDATE inbound.conversations
        SET mode = 'human', escalated_at = {now}, escalation_reason = {reason}, epoch = epoch + 1, lease_id = NULL, lease_until = NULL,
            turn_due_at = CASE WHEN turn_due_at IS NOT NULL THEN least(turn_due_at, {now}) END
        WHERE channel_id = {conversation.ChannelId} AND id = {conversation.Id} AND mode = 'ai'
        """;

    /// <summary>
    /// The agent goes on with what the customer writes from now on: what they wrote while a person had the conversation counts as answered.
    /// Nothing is changed where the agent has it already.
    /// </summary>
    public static FormattableString Resume(Conversation conversation) =>
        $"""
        WITH resumed AS (
            UPDATE inbound.conversations
            SET mode = 'ai', escalated_at = NULL, escalation_reason = NULL, epoch = epoch + 1, unanswered_since = NULL, turn_attempts = 0
            WHERE channel_id = {conversation.ChannelId} AND id = {conversation.Id} AND mode = 'human'
            RETURNING channel_id, id)
        UPDATE inbound.messages m SET awaiting = false FROM resumed
        WHERE m.channel_id = resumed.channel_id AND m.conversation_id = resumed.id AND m.awaiting
        """;

    /// <summary>Commits a person's message to be sent, due at once, and takes the conversation over where the agent has it.</summary>
    public static FormattableString WriteByHand(
        Conversation conversation, Guid messageId, string? text, string reason, DateTimeOffset now, string type = "text", string? quoted = null) =>
        $"""
        WITH conversation AS (
            UPDATE inbound.conversations
            SET mode = 'human', epoch = epoch + 1,
                escalated_at = CASE mode WHEN 'ai' THEN {now} ELSE escalated_at END,
                escalation_reason = CASE mode WHEN 'ai' THEN {reason} ELSE escalation_reason END,
                lease_id = CASE mode WHEN 'ai' THEN NULL ELSE lease_id END,
                lease_until = CASE mode WHEN 'ai' THEN NULL ELSE lease_until END,
                last_message_at = greatest({now}, last_message_at + interval '1 microsecond'), last_message_text = left({text}::text, 200),
                unanswered_since = NULL, turn_attempts = 0, turn_due_at = {now}
            WHERE channel_id = {conversation.ChannelId} AND id = {conversation.Id}
            RETURNING workspace_id, channel_id, id, last_message_at),
        answered AS (
            UPDATE inbound.messages m SET awaiting = false FROM conversation c
            WHERE m.channel_id = c.channel_id AND m.conversation_id = c.id AND m.awaiting)
        INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, text, context_wamid, status, status_rank, send_due_at)
        SELECT c.workspace_id, c.channel_id, c.id, {messageId}, c.last_message_at, 'out', 'human', {type}, {text}::text, {quoted}::text, 'sending', 0, {now}
        FROM conversation c
        """;

    /// <summary>A person sent a template, which Outbound has: takes the conversation over where the agent has it, and what the customer wrote counts as answered.</summary>
    public static FormattableString FollowTemplate(Conversation conversation, string? text, DateTimeOffset at, string reason, DateTimeOffset now) =>
        $"""
        WITH conversation AS (
            UPDATE inbound.conversations
            SET mode = 'human', epoch = epoch + 1,
                escalated_at = CASE mode WHEN 'ai' THEN {now} ELSE escalated_at END,
                escalation_reason = CASE mode WHEN 'ai' THEN {reason} ELSE escalation_reason END,
                lease_id = CASE mode WHEN 'ai' THEN NULL ELSE lease_id END,
                lease_until = CASE mode WHEN 'ai' THEN NULL ELSE lease_until END,
                last_message_text = CASE WHEN {at} >= last_message_at THEN left({text}::text, 200) ELSE last_message_text END, last_message_at = greatest({at}, last_message_at),
                unanswered_since = NULL, turn_attempts = 0, turn_due_at = CASE WHEN turn_due_at IS NOT NULL THEN {now} END
            WHERE channel_id = {conversation.ChannelId} AND id = {conversation.Id}
            RETURNING channel_id, id)
        UPDATE inbound.messages m SET awaiting = false FROM conversation c
        WHERE m.channel_id = c.channel_id AND m.conversation_id = c.id AND m.awaiting
        """;

    /// <summary>Says who of the team wrote a message or a template.</summary>
    public static FormattableString Sign(Conversation conversation, Guid messageId, Caller caller) =>
        $"""
        INSERT INTO inbound.writers (workspace_id, channel_id, message_id, actor_id, actor_name)
        VALUES ({conversation.WorkspaceId}, {conversation.ChannelId}, {messageId}, {caller.ActorId}, {caller.Name}) ON CONFLICT DO NOTHING
        """;

    /// <summary>Who of the team wrote which of these.</summary>
    public static FormattableString WritersOf(Conversation conversation, Guid[] messageIds) =>
        $"SELECT message_id, actor_name FROM inbound.writers WHERE channel_id = {conversation.ChannelId} AND message_id = ANY ({messageIds})";

    /// <summary>The messages of Meta's ids. Served by the key of <c>wamids</c>, and by it that of the messages.</summary>
    public static FormattableString OfWamids(Conversation conversation, string[] wamids) =>
        $"""
        SELECT m.* FROM unnest({wamids}) AS wanted (wamid)
        JOIN inbound.wamids w ON w.channel_id = {conversation.ChannelId} AND w.wamid = wanted.wamid AND w.conversation_id = {conversation.Id}
        JOIN inbound.messages m ON m.channel_id = w.channel_id AND m.at = w.at AND m.id = w.message_id
        """;

    /// <summary>Takes a key for a message; no row when it is taken. A second request with the same key waits here until the first is committed.</summary>
    public static FormattableString TakeKey(Guid workspaceId, string key, byte[] requestHash, Guid messageId, DateTimeOffset now) =>
        $"""
        INSERT INTO inbound.idempotency_keys (workspace_id, key, request_hash, message_id, created_at)
        VALUES ({workspaceId}, {key}, {requestHash}, {messageId}, {now}) ON CONFLICT DO NOTHING
        """;

    /// <summary>What a key was taken for.</summary>
    public static FormattableString FindKey(Guid workspaceId, string key) =>
        $"SELECT request_hash, message_id FROM inbound.idempotency_keys WHERE workspace_id = {workspaceId} AND key = {key}";

    /// <summary>Forgets a few of the keys that nobody repeats any more: more than one for each new one, so the table stays small by itself.</summary>
    public static FormattableString SweepKeys(DateTimeOffset before) =>
        $"""
        WITH old AS MATERIALIZED (
            SELECT workspace_id, key FROM inbound.idempotency_keys WHERE created_at < {before}
            ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED)
        DELETE FROM inbound.idempotency_keys k USING old WHERE k.workspace_id = old.workspace_id AND k.key = old.key
        """;
}
