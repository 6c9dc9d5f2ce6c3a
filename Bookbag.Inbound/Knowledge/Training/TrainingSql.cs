namespace Bookbag.Inbound.Knowledge.Training;

/// <summary>Statements about the training of sources. <c>@lease</c> is the fence: who took a source later has another.</summary>
internal static class TrainingSql
{
    /// <summary>
    /// Takes sources whose task is due, longest due first; they come up again when the lease ends. A training that begins gets the next number, one that
    /// another worker left keeps its own. Served by <c>sources_due</c>.
    /// </summary>
    public const string Claim =
        """
        WITH due AS MATERIALIZED (
            SELECT agent_id, id, task = 'train' AND status <> 'training' AS begins FROM inbound.sources WHERE due_at <= @now
            ORDER BY due_at LIMIT @batch FOR UPDATE SKIP LOCKED)
        UPDATE inbound.sources s SET lease_id = @lease, due_at = @lease_until, attempts = s.attempts + 1,
            status = CASE s.task WHEN 'train' THEN 'training' ELSE s.status END,
            training = CASE WHEN begins THEN s.training + 1 ELSE s.training END,
            training_since = CASE WHEN begins THEN @now ELSE s.training_since END,
            pages_done = CASE WHEN begins THEN 0 ELSE s.pages_done END,
            pages_all = CASE WHEN begins THEN 0 ELSE s.pages_all END
        FROM due WHERE s.agent_id = due.agent_id AND s.id = due.id
        RETURNING s.workspace_id, s.agent_id, s.id, s.type, s.task, s.name, s.content, s.url, s.refresh_days, s.training, s.training_since, s.attempts
        """;

    /// <summary>Keeps a source for a while longer, because its reading came on; true while it is ours.</summary>
    public const string Progress =
        """
        UPDATE inbound.sources SET due_at = @lease_until, attempts = 0, pages_done = @pages_done, pages_all = @pages_all
        WHERE agent_id = @agent AND id = @source AND lease_id = @lease
        RETURNING true
        """;

    /// <summary>Keeps a source for a while longer; true while it is ours.</summary>
    public const string Keep = "UPDATE inbound.sources SET due_at = @lease_until, attempts = 0 WHERE agent_id = @agent AND id = @source AND lease_id = @lease RETURNING true";

    /// <summary>Lets a source go unread: to the next worker, at once.</summary>
    public const string Release =
        """
        UPDATE inbound.sources SET due_at = @now, attempts = greatest(0, attempts - 1), lease_id = NULL
        WHERE agent_id = @agent AND id = @source AND lease_id = @lease
        """;

    /// <summary>A source could not be read. Its chunks stay as they were; a website is tried again when it would be read again.</summary>
    public const string Fail =
        """
        UPDATE inbound.sources SET status = 'failed', problem = @problem, attempts = 0, lease_id = NULL,
            task = CASE WHEN refresh_days IS NOT NULL THEN 'train' END, due_at = @now + make_interval(days => refresh_days)
        WHERE agent_id = @agent AND id = @source AND lease_id = @lease
        """;

    /// <summary>Whether a source is still ours, held until the transaction ends.</summary>
    public const string Hold = "SELECT true FROM inbound.sources WHERE agent_id = @agent AND id = @source AND lease_id = @lease FOR UPDATE";

    /// <summary>A source's new chunks are in place. Of which it is not known what they mean (@model, where there is one), that is worked out next.</summary>
    public const string Trained =
        """
        UPDATE inbound.sources s SET status = 'trained', problem = nullif(@problem, ''), trained_at = @now, attempts = 0, lease_id = NULL,
            chunks_done = own.ready, chunks_all = own.chunks,
            task = CASE WHEN own.ready < own.chunks THEN 'embed' WHEN s.refresh_days IS NOT NULL THEN 'train' END,
            due_at = CASE WHEN own.ready < own.chunks THEN @now ELSE @now + make_interval(days => s.refresh_days) END
        FROM (SELECT count(*)::integer AS chunks, (count(*) FILTER (WHERE @model = '' OR v.hash IS NOT NULL))::integer AS ready FROM inbound.chunks c
              LEFT JOIN inbound.chunk_vectors v ON v.agent_id = c.agent_id AND v.model = @model AND v.hash = c.hash
              WHERE c.agent_id = @agent AND c.source_id = @source) own
        WHERE s.agent_id = @agent AND s.id = @source AND s.lease_id = @lease
        """;

    /// <summary>Forgets the pages of trainings before.</summary>
    public const string ForgetPages = "DELETE FROM inbound.source_pages WHERE agent_id = @agent AND source_id = @source AND training < @training";

    /// <summary>Forgets the text of the pages: the chunks have it.</summary>
    public const string ForgetTexts =
        "UPDATE inbound.source_pages SET text = NULL WHERE agent_id = @agent AND source_id = @source AND training = @training AND text IS NOT NULL";

    public const string File = "SELECT kind, bytes FROM inbound.source_files WHERE agent_id = @agent AND source_id = @source";
}
