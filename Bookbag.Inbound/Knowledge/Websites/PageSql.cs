namespace Bookbag.Inbound.Knowledge.Websites;

/// <summary>Statements about the pages of a website at one training.</summary>
internal static class PageSql
{
    /// <summary>The page with which reading begins.</summary>
    public const string Begin =
        """
        INSERT INTO inbound.source_pages (workspace_id, agent_id, source_id, training, nr, url, depth, state)
        VALUES (@workspace, @agent, @source, @training, 0, @url, 0, 'waiting') ON CONFLICT DO NOTHING
        """;

    /// <summary>The page to read next: those that were not tried before, the nearest first. Served by <c>source_pages_waiting</c>.</summary>
    public const string Next =
        """
        SELECT nr, url, depth, tries FROM inbound.source_pages
        WHERE agent_id = @agent AND source_id = @source AND training = @training AND state = 'waiting'
        ORDER BY tries, depth, nr LIMIT 1
        """;

    /// <summary>Another page of this training that said the same.</summary>
    public const string SameText =
        "SELECT url FROM inbound.source_pages WHERE agent_id = @agent AND source_id = @source AND training = @training AND state = 'read' AND text_hash = md5(@text)::uuid LIMIT 1";

    /// <summary>What became of a page. Nothing, when the source is another worker's by now.</summary>
    public const string Settle =
        """
        UPDATE inbound.source_pages p SET state = @state, tries = tries + 1, title = nullif(@title, ''), text = @text, text_hash = md5(@text)::uuid, characters = length(@text),
            problem = nullif(@problem, ''), fetched_at = CASE WHEN @state <> 'waiting' THEN @now END
        FROM inbound.sources s WHERE s.agent_id = @agent AND s.id = @source AND s.lease_id = @lease
            AND p.agent_id = s.agent_id AND p.source_id = s.id AND p.training = @training AND p.nr = @nr
        """;

    /// <summary>Pages that one leads to, those that are not known yet, as many as there is room for.</summary>
    public const string Found =
        """
        INSERT INTO inbound.source_pages (workspace_id, agent_id, source_id, training, nr, url, depth, state)
        SELECT s.workspace_id, s.agent_id, s.id, @training, known.last + row_number() OVER (ORDER BY link.nr), link.url, @depth, 'waiting'
        FROM inbound.sources s
        CROSS JOIN (SELECT max(nr) AS last FROM inbound.source_pages WHERE agent_id = @agent AND source_id = @source AND training = @training) known
        CROSS JOIN unnest(@links) WITH ORDINALITY AS link (url, nr)
        WHERE s.agent_id = @agent AND s.id = @source AND s.lease_id = @lease
            AND NOT EXISTS (SELECT FROM inbound.source_pages p WHERE p.agent_id = @agent AND p.source_id = @source AND p.training = @training AND p.url = link.url)
        ORDER BY link.nr LIMIT greatest(0, @most - (SELECT count(*) FROM inbound.source_pages WHERE agent_id = @agent AND source_id = @source AND training = @training))
        """;

    /// <summary>How far the pages are, and how much text they have.</summary>
    public const string Count =
        """
        SELECT count(*) FILTER (WHERE state <> 'waiting')::integer, count(*)::integer, coalesce(sum(characters), 0)
        FROM inbound.source_pages WHERE agent_id = @agent AND source_id = @source AND training = @training
        """;

    /// <summary>All pages of a training, with the text of those that were read.</summary>
    public const string All =
        """
        SELECT state, url, coalesce(title, ''), coalesce(text, ''), problem FROM inbound.source_pages
        WHERE agent_id = @agent AND source_id = @source AND training = @training ORDER BY nr
        """;
}
