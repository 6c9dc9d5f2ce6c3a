namespace Bookbag.Inbound.Gaps;

internal static class GapSql
{
    /// <summary>Keeps a question that an answer of a turn did not cover, where that answer was committed.</summary>
    public const string Ask =
        """
        INSERT INTO inbound.gap_questions (workspace_id, agent_id, id, conversation_id, text, score, asked_at)
        SELECT c.workspace_id, c.agent_id, @id, c.id, @text, @score, @now
        FROM inbound.conversations c
        WHERE c.channel_id = @channel AND c.id = @conversation AND EXISTS (SELECT FROM inbound.messages m WHERE m.id = @reply AND m.direction = 'out' AND m.wamid IS NULL)
        """;

    /// <summary>The agent whose question waits longest. Served by <c>gap_questions_waiting</c>.</summary>
    public const string Waiting = "SELECT agent_id FROM inbound.gap_questions WHERE gap_id IS NULL ORDER BY id LIMIT 1";

    /// <summary>One groups an agent's questions at a time, or one topic would be begun twice; false where another does.</summary>
    public const string Lock = "SELECT pg_try_advisory_xact_lock(hashtextextended('gaps', ('x' || right(@agent::text, 12))::bit(48)::bigint))";

    /// <summary>The agent's questions that wait, the oldest first.</summary>
    public const string Questions =
        "SELECT id, workspace_id, text, asked_at FROM inbound.gap_questions WHERE agent_id = @agent AND gap_id IS NULL ORDER BY id LIMIT @batch";

    /// <summary>The topics that a question may belong to; one that was answered and is asked again begins anew. Served by <c>gaps_latest</c>.</summary>
    public const string Topics = "SELECT id, words FROM inbound.gaps WHERE agent_id = @agent AND status <> 'answered' ORDER BY last_at DESC LIMIT @most";

    /// <summary>Begins topics, their words joined by spaces, each with one question to be counted.</summary>
    public const string Begin =
        """
        INSERT INTO inbound.gaps (workspace_id, agent_id, id, question, words, questions, first_at, last_at, status)
        SELECT workspace_id, @agent, id, question, string_to_array(words, ' '), 1, at, at, 'open'
        FROM unnest(@workspaces, @ids, @questions, @words, @ats) AS topic (workspace_id, id, question, words, at)
        """;

    /// <summary>Counts questions of topics.</summary>
    public const string Count =
        """
        UPDATE inbound.gaps g SET questions = g.questions + more.questions, last_at = greatest(g.last_at, more.last_at)
        FROM unnest(@ids, @counts, @ats) AS more (id, questions, last_at)
        WHERE g.agent_id = @agent AND g.id = more.id
        """;

    /// <summary>Puts questions to their topics.</summary>
    public const string Place =
        """
        UPDATE inbound.gap_questions q SET gap_id = placed.gap_id
        FROM unnest(@questions, @gaps) AS placed (id, gap_id)
        WHERE q.agent_id = @agent AND q.id = placed.id
        """;

    /// <summary>Keeps the latest examples of topics. Served by <c>gap_questions_of_gap</c>.</summary>
    public const string Trim =
        """
        DELETE FROM inbound.gap_questions q
        USING unnest(@gaps) AS topic (id)
        CROSS JOIN LATERAL (
            SELECT asked_at, id FROM inbound.gap_questions WHERE gap_id = topic.id ORDER BY asked_at DESC, id DESC OFFSET @keep LIMIT 1) AS last
        WHERE q.gap_id = topic.id AND (q.asked_at, q.id) <= (last.asked_at, last.id)
        """;
}
