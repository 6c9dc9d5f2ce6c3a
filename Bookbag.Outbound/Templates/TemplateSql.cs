namespace Bookbag.Outbound.Templates;

internal static class TemplateSql
{
    // Takes a template for submission. A new one is submitted by one caller at a time, and again after a minute where the one before died; an edit
    // that goes out twice is the same edit.
    public const string Claim = """
        UPDATE outbound.templates SET submitted_at = @now, problem = NULL, updated_at = @now
        WHERE workspace_id = @workspace AND agent_id = @agent AND id = @id AND deleted_at IS NULL
          AND (status = 'DRAFT' OR pending_components IS NOT NULL)
          AND (status <> 'DRAFT' OR submitted_at IS NULL OR problem IS NOT NULL OR submitted_at < @now - interval '1 minute')
        """;

    // What a page of Meta's list says, into the agent's templates: by Meta's id, else by name and language, which is how a template whose submission was
    // lost on the way is found again. A status that a webhook told after the list was asked for stays. Returns the ids that were seen. The
    // unique index of names serves it.
    public const string Sync = """
        WITH listed AS (
            SELECT DISTINCT ON (name, language) * FROM unnest(@ids, @names, @languages, @statuses, @categories, @formats, @components, @reasons, @qualities, @previous, @ttls)
                AS t (meta_id, name, language, status, category, format, components, reason, quality, previous_category, ttl)
        )
        INSERT INTO outbound.templates AS known
            (workspace_id, agent_id, id, channel_id, business_account_id, meta_id, name, language, category, status, status_at, quality, parameter_format, components,
             ttl_seconds, rejection_reason, previous_category, synced_at, created_at, updated_at)
        SELECT @workspace, @agent, gen_random_uuid(), @channel, @account, meta_id, name, language, category, status, @asked_at, quality, format, components::jsonb,
               ttl, reason, previous_category, @now, @now, @now
        FROM listed ORDER BY name, language
        ON CONFLICT (workspace_id, agent_id, name, language) WHERE deleted_at IS NULL DO UPDATE SET
            meta_id = excluded.meta_id, channel_id = excluded.channel_id, business_account_id = excluded.business_account_id,
            status = CASE WHEN known.status_at <= @asked_at OR known.status = 'DRAFT' THEN excluded.status ELSE known.status END,
            status_at = CASE WHEN known.status <> excluded.status AND (known.status_at <= @asked_at OR known.status = 'DRAFT') THEN @asked_at ELSE known.status_at END,
            previous_category = CASE WHEN known.category <> excluded.category AND known.status <> 'DRAFT' THEN known.category ELSE coalesce(excluded.previous_category, known.previous_category) END,
            category_changed_at = CASE WHEN known.category <> excluded.category AND known.status <> 'DRAFT' THEN @now ELSE known.category_changed_at END,
            category = excluded.category, quality = coalesce(excluded.quality, known.quality), parameter_format = excluded.parameter_format,
            components = excluded.components, ttl_seconds = excluded.ttl_seconds,
            rejection_reason = excluded.rejection_reason, synced_at = @now, problem = NULL, updated_at = @now
        """;

    // What Meta no longer lists is gone there. Only after every page was read; what was submitted meanwhile is left alone.
    public const string Vanish = """
        UPDATE outbound.templates SET status = 'DELETED', status_at = @now, deleted_at = @now, updated_at = @now
        WHERE workspace_id = @workspace AND agent_id = @agent AND deleted_at IS NULL AND meta_id IS NOT NULL
          AND NOT meta_id = ANY (@seen) AND created_at < @asked_at AND (submitted_at IS NULL OR submitted_at < @asked_at)
        """;

    public const string SyncBegins = """
        INSERT INTO outbound.template_syncs AS s (workspace_id, agent_id, started_at) VALUES (@workspace, @agent, @now)
        ON CONFLICT (workspace_id, agent_id) DO UPDATE SET started_at = @now, finished_at = NULL, found = 0, problems = '{}', complete = false, wanted = false
        WHERE s.finished_at IS NOT NULL OR s.started_at < @now - interval '2 minutes'
        """;

    public const string SyncEnds = """
        UPDATE outbound.template_syncs SET finished_at = @now, found = @found, problems = @problems, complete = @complete,
            completed_at = CASE WHEN @complete THEN @now ELSE completed_at END
        WHERE workspace_id = @workspace AND agent_id = @agent
        """;

    // Agents with a channel whose templates were not compared with Meta's for an hour, the one that waited longest first. A view of other
    // schemas is not needed: channels are the platform's, which every service shares.
    public const string DueForSync = """
        SELECT c.workspace_id, c.agent_id FROM platform.channels c
        LEFT JOIN outbound.template_syncs s ON s.workspace_id = c.workspace_id AND s.agent_id = c.agent_id
        WHERE s.started_at IS NULL OR s.started_at < @now - @every OR s.wanted
        ORDER BY s.wanted DESC NULLS FIRST, s.started_at LIMIT @most
        """;

    // The templates of these agents are read again in the next round.
    public const string WantSync = """
        UPDATE outbound.template_syncs s SET wanted = true FROM unnest(@workspaces, @agents) AS e (workspace_id, agent_id)
        WHERE s.workspace_id = e.workspace_id AND s.agent_id = e.agent_id
        """;

    // Events are applied to every agent's copy of the template: channels of one account share it. An older event than the last known changes nothing.
    public const string Status = """
        UPDATE outbound.templates t SET
            status = e.status, status_at = e.at, rejection_reason = e.reason, rejection_detail = e.detail,
            category = coalesce(e.category, t.category), updated_at = greatest(t.updated_at, e.at),
            deleted_at = CASE WHEN e.status = 'DELETED' THEN e.at END
        FROM (
            SELECT DISTINCT ON (workspace_id, meta_id) * FROM unnest(@workspaces, @ids, @ats, @statuses, @reasons, @details, @categories)
                AS e (workspace_id, meta_id, at, status, reason, detail, category) ORDER BY workspace_id, meta_id, at DESC
        ) e
        WHERE t.workspace_id = e.workspace_id AND t.meta_id = e.meta_id AND t.deleted_at IS NULL AND t.status_at <= e.at
        """;

    public const string Quality = """
        UPDATE outbound.templates t SET quality = e.quality, updated_at = greatest(t.updated_at, e.at)
        FROM (
            SELECT DISTINCT ON (workspace_id, meta_id) * FROM unnest(@workspaces, @ids, @ats, @qualities) AS e (workspace_id, meta_id, at, quality)
            ORDER BY workspace_id, meta_id, at DESC
        ) e
        WHERE t.workspace_id = e.workspace_id AND t.meta_id = e.meta_id
        """;

    // Announced: what it will be and when. Done: what it is, and what it was.
    public const string Category = """
        UPDATE outbound.templates t SET
            next_category = CASE WHEN e.done THEN NULL ELSE e.category END, next_category_at = CASE WHEN e.done THEN NULL ELSE e.takes_effect_at END,
            previous_category = CASE WHEN e.done AND t.category <> e.category THEN coalesce(e.previous, t.category) ELSE t.previous_category END,
            category_changed_at = CASE WHEN e.done AND t.category <> e.category THEN e.at ELSE t.category_changed_at END,
            category = CASE WHEN e.done THEN e.category ELSE t.category END, updated_at = greatest(t.updated_at, e.at)
        FROM (
            SELECT DISTINCT ON (workspace_id, meta_id) * FROM unnest(@workspaces, @ids, @ats, @dones, @categories, @previous, @effects)
                AS e (workspace_id, meta_id, at, done, category, previous, takes_effect_at) ORDER BY workspace_id, meta_id, at DESC
        ) e
        WHERE t.workspace_id = e.workspace_id AND t.meta_id = e.meta_id AND (t.category_changed_at IS NULL OR t.category_changed_at <= e.at)
        """;
}
