using Bookbag.Outbound.Sending;

namespace Bookbag.Outbound.Campaigns;

/// <summary>Every move of a campaign. Each says from which states; no row means that it was not there any more.</summary>
internal static class CampaignSql
{
    public const string Launch = """
        UPDATE outbound.campaigns
        SET state = 'sending', launched_at = @now, category = @category, retry_until = @retry_until, reason = NULL, detail = NULL, starts_at = NULL, updated_at = @now
        WHERE channel_id = @channel AND id = @campaign AND state IN ('draft', 'scheduled')
        """;

    public const string Schedule = """
        UPDATE outbound.campaigns SET state = 'scheduled', starts_at = @starts_at, start_before = @start_before, reason = NULL, detail = NULL, updated_at = @now
        WHERE channel_id = @channel AND id = @campaign AND state IN ('draft', 'scheduled')
        """;

    public const string Pause = """
        UPDATE outbound.campaigns SET state = 'paused', wait_until = NULL, reason = @reason, detail = @detail, updated_at = @now
        WHERE channel_id = @channel AND id = @campaign AND state IN ('scheduled', 'sending', 'waiting')
        """;

    /// <summary>Goes on, with the template's category of today: who resumes has checked consent for it. One that was not launched yet is scheduled again.</summary>
    public const string Resume = """
        UPDATE outbound.campaigns
        SET state = CASE WHEN launched_at IS NULL THEN 'scheduled' ELSE 'sending' END, category = CASE WHEN launched_at IS NULL THEN category ELSE @category END,
            reason = NULL, detail = NULL, updated_at = @now
        WHERE channel_id = @channel AND id = @campaign AND state = 'paused'
        """;

    public const string Cancel = """
        UPDATE outbound.campaigns SET state = 'cancelled', wait_until = NULL, completed_at = @now, reason = 'by_hand', detail = NULL, updated_at = @now
        WHERE channel_id = @channel AND id = @campaign AND state IN ('draft', 'scheduled', 'sending', 'waiting', 'paused')
        """;

    public const string DeleteDraft = "DELETE FROM outbound.campaigns WHERE channel_id = @channel AND id = @campaign AND state = 'draft'";

    /// <summary>A campaign, or all of a channel that send, waits for a time.</summary>
    public const string Wait = """
        UPDATE outbound.campaigns SET state = 'waiting', wait_until = @until, reason = @reason, detail = NULL, updated_at = @now
        WHERE channel_id = @channel AND (@campaign IS NULL OR id = @campaign) AND state = 'sending'
        """;

    /// <summary>Those whose time has come go on. A canary that was watched, and was well, lets all the others out; a broken channel's wait ends when it is repaired.</summary>
    public const string GoOn = """
        UPDATE outbound.campaigns c
        SET state = 'sending', wait_until = NULL, released = CASE WHEN c.reason = 'canary' THEN c.recipients ELSE c.released END, reason = NULL, detail = NULL, updated_at = @now
        FROM platform.channels ch
        WHERE ch.id = c.channel_id AND c.state = 'waiting'
          AND (c.wait_until <= @now OR c.reason = 'channel_broken' AND ch.problem IS NULL)
        """;

    /// <summary>The canary is out, as far as it is due: it is watched for a while before the others go.</summary>
    public const string WatchCanary = """
        UPDATE outbound.campaigns c SET state = 'waiting', wait_until = @until, reason = 'canary', detail = NULL, updated_at = @now
        WHERE c.channel_id = @channel AND c.id = @campaign AND c.state = 'sending' AND c.released < c.recipients
          AND NOT EXISTS (SELECT FROM outbound.recipients r WHERE r.channel_id = @channel AND r.campaign_id = @campaign AND r.state = 'pending' AND r.due_at <= @now AND r.id <= @released_to)
        """;

    /// <summary>Nothing is left to send and nothing of unknown outcome: it is over. Served by the partial indexes on what is.</summary>
    public const string Complete = """
        UPDATE outbound.campaigns c SET state = 'completed', completed_at = @now, reason = NULL, detail = NULL, updated_at = @now
        WHERE c.state = 'sending' AND c.prepared_at IS NOT NULL
          AND NOT EXISTS (SELECT FROM outbound.recipients r WHERE r.channel_id = c.channel_id AND r.campaign_id = c.id AND r.state = 'pending')
          AND NOT EXISTS (SELECT FROM outbound.recipients r WHERE r.channel_id = c.channel_id AND r.campaign_id = c.id AND r.state IN ('sending', 'unresolved'))
        """;

    /// <summary>A person let recipients of a campaign that was over be sent again.</summary>
    public const string Reopen = """
        UPDATE outbound.campaigns SET state = 'sending', completed_at = NULL, updated_at = @now
        WHERE channel_id = @channel AND id = @campaign AND state = 'completed'
        """;

    /// <summary>A campaign that was over goes on where Meta reports later that a message failed which may be tried again. Served by <c>recipients_pending</c>.</summary>
    public const string GoOnAfterAll = """
        UPDATE outbound.campaigns c SET state = 'sending', completed_at = NULL, updated_at = @now
        WHERE c.state = 'completed'
          AND EXISTS (SELECT FROM outbound.recipients r WHERE r.channel_id = c.channel_id AND r.campaign_id = c.id AND r.state = 'pending')
        """;

    /// <summary>Their number was disconnected: a person has to decide what becomes of them.</summary>
    public const string StopForChannel = """
        UPDATE outbound.campaigns c SET state = 'paused', wait_until = NULL, reason = 'channel_gone', detail = 'The number is not connected any more. Cancel the campaign, and start one for the number that is.', updated_at = @now
        WHERE c.state IN ('sending', 'waiting') AND NOT EXISTS (SELECT FROM platform.channels ch WHERE ch.id = c.channel_id)
        """;

    /// <summary>Single sends that nobody may send any more, because their time is over: also those of a number that is gone.</summary>
    public const string EndLateSingles = """
        UPDATE outbound.recipients r SET state = 'failed', due_at = NULL, ended_at = @now, reason = 'too_late', error_code = NULL, detail = NULL
        FROM outbound.single_sends s
        WHERE s.channel_id = r.channel_id AND s.id = r.id AND r.state = 'pending' AND r.campaign_id IS NULL AND s.not_after <= @now
        """;

    /// <summary>Campaigns whose time to start has come.</summary>
    public const string Due = """
        SELECT c.channel_id, c.id, c.start_before < @now, t.category, coalesce(t.status = 'APPROVED' AND t.deleted_at IS NULL, false), c.guard::text
        FROM outbound.campaigns c LEFT JOIN outbound.templates t ON t.workspace_id = c.workspace_id AND t.agent_id = c.agent_id AND t.id = c.template_id
        WHERE c.state = 'scheduled' AND c.starts_at <= @now
        """;

    public const string MissStart = """
        UPDATE outbound.campaigns SET state = 'failed', completed_at = @now, reason = 'missed_start', detail = @detail, updated_at = @now
        WHERE channel_id = @channel AND id = @campaign AND state = 'scheduled'
        """;

    /// <summary>Their template cannot be sent any more, or Meta has made marketing of it: a person has to look.</summary>
    public const string StopForTemplate = """
        UPDATE outbound.campaigns c
        SET state = 'paused', wait_until = NULL, updated_at = @now,
            reason = CASE WHEN t.status = 'APPROVED' AND t.deleted_at IS NULL THEN 'template_turned_marketing' ELSE 'template_not_approved' END,
            detail = CASE WHEN t.status = 'APPROVED' AND t.deleted_at IS NULL
                THEN 'Meta now counts the template as marketing. Check that the audience agreed to marketing, then resume.'
                ELSE 'Meta says of the template: ' || t.status || '. Resume when it is approved again.' END
        FROM outbound.templates t
        WHERE t.workspace_id = c.workspace_id AND t.agent_id = c.agent_id AND t.id = c.template_id AND c.state IN ('sending', 'waiting')
          AND (t.status <> 'APPROVED' OR t.deleted_at IS NOT NULL OR upper(t.category) = 'MARKETING' AND c.category <> 'marketing')
        RETURNING c.id
        """;

    /// <summary>
    /// What the automatic stop looks at: campaigns on their way, with how many failed and opted out, and against how many tried and delivered that is. The first two are
    /// few, and counted by <c>recipients_refused</c> and <c>recipients_opted_out</c>; of the last two only as many are counted as would excuse them, from the campaign's beginning on: it goes
    /// out in that order, so that a look at a million recipients reads as many rows as there is trouble.
    /// </summary>
    public const string Watch = $"""
        SELECT c.channel_id, c.id, c.guard::text,
               CASE WHEN w.failed > g.least * g.failures THEN (
                   SELECT count(*)::int FROM (
                       SELECT FROM outbound.recipients r WHERE {RecipientId.OfCampaignSql} AND r.state IN ('sent', 'failed', 'unresolved') AND r.attempts > 0
                       ORDER BY r.id LIMIT (w.failed / g.failures)::bigint + 1) tried) ELSE 0 END,
               w.failed,
               CASE WHEN w.opted_out > g.least * g.opt_outs THEN (
                   SELECT count(*)::int FROM (
                       SELECT FROM outbound.recipients r WHERE {RecipientId.OfCampaignSql} AND r.delivered_at IS NOT NULL
                       ORDER BY r.id LIMIT (w.opted_out / g.opt_outs)::bigint + 1) delivered) ELSE 0 END,
               w.opted_out
        FROM outbound.campaigns c
        CROSS JOIN LATERAL (
            SELECT @least AS least, (c.guard ->> 'stopAtFailures')::float8 AS failures, (c.guard ->> 'stopAtOptOuts')::float8 AS opt_outs) g
        CROSS JOIN LATERAL (
            SELECT (SELECT count(*)::int FROM outbound.recipients r
                    WHERE r.channel_id = c.channel_id AND r.campaign_id = c.id AND r.state IN ('failed', 'unresolved') AND r.attempts > 0) AS failed,
                   (SELECT count(*)::int FROM outbound.recipients r
                    WHERE r.channel_id = c.channel_id AND r.campaign_id = c.id AND r.opted_out_at IS NOT NULL) AS opted_out) w
        WHERE c.state IN ('sending', 'waiting') AND c.prepared_at IS NOT NULL
        """;

    /// <summary>Meta has taken the right to write first from their number's account for a time: they rest until then.</summary>
    public const string Restrict = """
        UPDATE outbound.campaigns c SET state = 'waiting', wait_until = x.until, reason = 'restricted', detail = x.detail, updated_at = @now
        FROM outbound.restrictions x
        WHERE x.channel_id = c.channel_id AND x.until > @now AND (c.state = 'sending' OR c.state = 'waiting' AND c.wait_until < x.until)
        """;

    /// <summary>Those who are left of a cancelled campaign do not get it; some at a time.</summary>
    public const string SkipCancelled = """
        WITH due AS MATERIALIZED (
            SELECT r.channel_id, r.id FROM outbound.recipients r JOIN outbound.campaigns c ON c.channel_id = r.channel_id AND c.id = r.campaign_id
            WHERE r.state = 'pending' AND c.state = 'cancelled' AND c.completed_at > @now - interval '7 days'
            LIMIT 10000 FOR UPDATE OF r SKIP LOCKED)
        UPDATE outbound.recipients r SET state = 'skipped', due_at = NULL, ended_at = @now, reason = 'cancelled', error_code = NULL, detail = NULL
        FROM due WHERE r.channel_id = due.channel_id AND r.id = due.id
        """;
}
