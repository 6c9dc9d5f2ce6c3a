namespace Bookbag.Inbound.Media;

/// <summary>Statements about files. <c>@attempts</c> is the fence of a task: whoever took it later has a higher number.</summary>
internal static class MediaSql
{
    /// <summary>Takes tasks that are due, longest due first; they come up again when the lease ends. Served by <c>media_due</c>.</summary>
    public const string Claim =
        """
        WITH due AS MATERIALIZED (
            SELECT channel_id, id FROM inbound.media WHERE due_at <= @now
            ORDER BY due_at LIMIT @batch FOR UPDATE SKIP LOCKED)
        UPDATE inbound.media m SET attempts = m.attempts + 1, due_at = @lease_until
        FROM due WHERE m.channel_id = due.channel_id AND m.id = due.id
        RETURNING m.channel_id, m.id, m.conversation_id, m.task, m.kind, m.mime_type, m.filename, m.meta_id, m.url, m.sha256, m.size, m.attempts, m.received_at
        """;

    public const string ForgetPieces = "DELETE FROM inbound.media_pieces WHERE channel_id = @channel AND media_id = @id";

    public const string AddPiece = "INSERT INTO inbound.media_pieces (channel_id, media_id, nr, bytes) VALUES (@channel, @id, @nr, @bytes)";

    public const string CopyPieces =
        "INSERT INTO inbound.media_pieces (channel_id, media_id, nr, bytes) SELECT channel_id, @id, nr, bytes FROM inbound.media_pieces WHERE channel_id = @channel AND media_id = @source";

    public const string ReadPiece = "SELECT bytes FROM inbound.media_pieces WHERE channel_id = @channel AND media_id = @id AND nr = @nr";

    /// <summary>A file is here, whole.</summary>
    public const string Fetched =
        """
        UPDATE inbound.media SET state = 'stored', mime_type = coalesce(mime_type, @mime), sha256 = @sha256, size = @size, problem = NULL, attempts = 0,
            task = @next, due_at = CASE WHEN @next IS NOT NULL THEN @now END
        WHERE channel_id = @channel AND id = @id AND task = 'fetch' AND attempts = @attempts
        """;

    /// <summary>A file is at Meta, and its message can be sent: the conversation's turn is due.</summary>
    public const string Uploaded =
        """
        WITH uploaded AS (
            UPDATE inbound.media SET meta_id = @meta, task = NULL, due_at = NULL, problem = NULL
            WHERE channel_id = @channel AND id = @id AND task = 'upload' AND attempts = @attempts
            RETURNING channel_id, conversation_id)
        UPDATE inbound.conversations c SET turn_due_at = least(c.turn_due_at, @now)
        FROM uploaded WHERE c.channel_id = uploaded.channel_id AND c.id = uploaded.conversation_id
        """;

    /// <summary>A model has read a file.</summary>
    public const string Read =
        "UPDATE inbound.media SET transcript = @transcript, task = NULL, due_at = NULL, problem = NULL WHERE channel_id = @channel AND id = @id AND task = 'read' AND attempts = @attempts";

    public const string Postpone =
        "UPDATE inbound.media SET due_at = @due, problem = @problem WHERE channel_id = @channel AND id = @id AND attempts = @attempts";

    /// <summary>Gives a task up. A file that was to be fetched will never be here; one that was to be read or uploaded stays.</summary>
    public const string GiveUp =
        """
        WITH given_up AS (
            UPDATE inbound.media SET state = CASE task WHEN 'fetch' THEN 'failed' ELSE state END, task = NULL, due_at = NULL, problem = @problem
            WHERE channel_id = @channel AND id = @id AND attempts = @attempts
            RETURNING channel_id, conversation_id)
        UPDATE inbound.conversations c SET turn_due_at = least(c.turn_due_at, @now)
        FROM given_up WHERE c.channel_id = given_up.channel_id AND c.id = given_up.conversation_id
        """;

    /// <summary>Lets files go that were kept long enough, a few at a time. Returns how many.</summary>
    public const string Expire =
        """
        WITH old AS MATERIALIZED (
            SELECT channel_id, id FROM inbound.media WHERE state = 'stored' AND received_at < @before
            ORDER BY received_at LIMIT 50 FOR UPDATE SKIP LOCKED),
        gone AS (
            DELETE FROM inbound.media_pieces p USING old WHERE p.channel_id = old.channel_id AND p.media_id = old.id)
        UPDATE inbound.media m SET state = 'expired', task = NULL, due_at = NULL, transcript = NULL FROM old WHERE m.channel_id = old.channel_id AND m.id = old.id
        """;

    /// <summary>Enters a file that goes out.</summary>
    public const string Outgoing =
        """
        INSERT INTO inbound.media (workspace_id, channel_id, agent_id, conversation_id, id, at, direction, kind, mime_type, filename, sha256, size, state, task, due_at, received_at)
        SELECT m.workspace_id, m.channel_id, @agent, m.conversation_id, m.id, m.at, 'out', @kind, @mime, @filename, @sha256, @size, 'stored', 'upload', @now, @now
        FROM inbound.messages m WHERE m.channel_id = @channel AND m.conversation_id = @conversation AND m.id = @id
        """;

    /// <summary>The files that a turn needs to know of: of messages that wait for an answer or to be sent. Served by <c>media_of_conversation</c>.</summary>
    public const string OfTurn =
        """
        SELECT f.id, f.kind, f.mime_type, f.filename, f.meta_id, f.task, f.problem, f.transcript, f.received_at
        FROM inbound.media f
        JOIN inbound.messages m ON m.channel_id = f.channel_id AND m.at = f.at AND m.id = f.id
        WHERE f.conversation_id = @conversation AND f.channel_id = @channel AND (m.awaiting OR m.status = 'sending')
        """;
}
