using Bookbag.Outbound.Sending;
using Npgsql;

namespace Bookbag.Outbound.Campaigns;

/// <summary>Where the recipients of a campaign are: every one in exactly one bucket, so that the buckets add up to the audience.</summary>
/// <param name="Audience">All recipients.</param>
/// <param name="Pending">Not sent yet.</param>
/// <param name="Sending">On the way to Meta, or held by Meta for a quality assessment.</param>
/// <param name="Sent">Taken by Meta, and no more than that so far.</param>
/// <param name="Delivered">On the phone, and not read so far.</param>
/// <param name="Read">Read, and not replied to.</param>
/// <param name="Replied">Replied to; a STOP word is no reply.</param>
/// <param name="Skipped">Not sent, with the reason.</param>
/// <param name="Limited">Held back by Meta so that the customer does not get too much marketing: tried once more, or given up.</param>
/// <param name="Failed">Refused, or not delivered, with the reason.</param>
/// <param name="Unresolved">Sent or not: nobody knows yet.</param>
/// <param name="Reached">How many got at least so far: the steps of the funnel, each with those of the steps after it.</param>
/// <param name="Reasons">Why those who got nothing did not.</param>
/// <param name="OptedOut">Of those who got it, how many opted out afterwards; they are in the buckets as well.</param>
/// <param name="Replies">The messages that answer the campaign, counted: a customer may write several.</param>
public sealed record Funnel(
    CampaignState State, string? Reason, string? Detail, DateTimeOffset? WaitUntil, bool Preparing,
    int Audience, int Pending, int Sending, int Sent, int Delivered, int Read, int Replied, int Skipped, int Limited, int Failed, int Unresolved, int OptedOut,
    FunnelSteps Reached, IReadOnlyList<FunnelReason> Reasons, ReplyCounts Replies)
{
    internal static async Task<Funnel> ReadAsync(NpgsqlDataSource dataSource, Campaign campaign, CancellationToken cancellationToken)
    {
        var buckets = new Dictionary<string, int>(StringComparer.Ordinal);
        var reasons = new List<FunnelReason>();
        var (optedOut, held) = (0, 0);
        var (first, last) = RecipientId.RangeOf(campaign.Id);
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(FunnelSql.Count) { Parameters = { new("channel", campaign.ChannelId), new("campaign", campaign.Id), new("first", first), new("last", last) } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(FunnelSql.CountReplies) { Parameters = { new("channel", campaign.ChannelId), new("campaign", campaign.Id) } });
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var (bucket, count) = (row.GetString(0), row.GetInt32(4));
            buckets[bucket] = buckets.GetValueOrDefault(bucket) + count;
            optedOut += row.GetInt32(5);
            held += count;
            if (bucket is "failed" or "skipped" or "limited" or "unresolved" && row.Text(1) is { } reason)
            {
                int? code = row.IsDBNull(2) ? null : row.GetInt32(2);
                reasons.Add(new FunnelReason(RecipientReasons.Code(reason, code), RecipientReasons.Words(reason, code, row.Text(3)), bucket, count));
            }
        }

        await row.NextResultAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var replies = new ReplyCounts(row.GetInt32(0), row.GetInt32(1), row.GetInt32(2), row.GetInt32(3), row.GetInt32(4));

        int Of(string bucket) => buckets.GetValueOrDefault(bucket);
        var (replied, read, delivered, sent) = (Of("replied"), Of("read"), Of("delivered"), Of("sent"));
        return new Funnel(
            campaign.State, campaign.Reason, campaign.Detail, campaign.WaitUntil, campaign.LaunchedAt is not null && campaign.PreparedAt is null,
            held, Of("pending"), Of("sending"), sent, delivered, read, replied, Of("skipped"), Of("limited"), Of("failed"), Of("unresolved"), optedOut,
            new FunnelSteps(sent + delivered + read + replied, delivered + read + replied, read + replied, replied),
            [.. reasons.GroupBy(r => (r.Code, r.Bucket)).Select(g => g.First() with { Count = g.Sum(r => r.Count) }).OrderByDescending(r => r.Count)], replies);
    }
}

/// <summary>How many got at least so far.</summary>
public sealed record FunnelSteps(int Sent, int Delivered, int Read, int Replied);

/// <summary>How many messages answer a campaign.</summary>
/// <param name="Exact">Quotes of its message, and taps of its buttons.</param>
/// <param name="Inferred">Those whose latest campaign message in 72 hours it was.</param>
/// <param name="Late">Exact ones that came after the 72 hours.</param>
/// <param name="OptOuts">STOP words, which are not among the others: by how many customers.</param>
public sealed record ReplyCounts(int All, int Exact, int Inferred, int Late, int OptOuts);

/// <summary>Why some got nothing.</summary>
/// <param name="Code">Meta's error code, or a code of ours.</param>
/// <param name="Text">In words, with what to do about it.</param>
/// <param name="Bucket">failed, skipped, limited or unresolved.</param>
public sealed record FunnelReason(string Code, string Text, string Bucket, int Count);

internal static class FunnelSql
{
    /// <summary>The one bucket of a recipient, under the alias <c>r</c>. Nothing is in none, nothing in two: it is one CASE.</summary>
    public const string Bucket = """
        CASE WHEN r.state = 'sent' THEN
                CASE WHEN r.replied_at IS NOT NULL THEN 'replied' WHEN r.read_at IS NOT NULL THEN 'read' WHEN r.delivered_at IS NOT NULL THEN 'delivered'
                     WHEN r.held THEN 'sending' ELSE 'sent' END
             WHEN r.error_code = 131049 THEN 'limited'
             ELSE r.state END
        """;

    /// <summary>How many are in each bucket, by reason. One reading of the campaign's recipients, and of no others.</summary>
    public const string Count = $"""
        SELECT {Bucket} AS bucket, CASE WHEN r.state <> 'sent' THEN r.reason END AS reason, CASE WHEN r.state <> 'sent' THEN r.error_code END AS code,
               min(r.detail), count(*)::int, count(r.opted_out_at)::int
        FROM outbound.recipients r
        WHERE {RecipientId.InRangeSql}
        GROUP BY 1, 2, 3
        """;

    /// <summary>The replies, counted. Served by <c>replies_of_campaign</c>.</summary>
    public const string CountReplies = """
        SELECT count(*) FILTER (WHERE NOT opt_out)::int, count(*) FILTER (WHERE NOT opt_out AND rule <> 'latest')::int, count(*) FILTER (WHERE NOT opt_out AND rule = 'latest')::int,
               count(*) FILTER (WHERE NOT opt_out AND late)::int, count(DISTINCT recipient_id) FILTER (WHERE opt_out)::int
        FROM outbound.replies WHERE channel_id = @channel AND campaign_id = @campaign
        """;

    /// <summary>
    /// Recipients that contradict themselves or their campaign: not one row, ever. Positions without a gap, each once; over campaigns have nobody left;
    /// what is counted as opened is in the ledger; who replied has a reply, and the other way round.
    /// </summary>
    public const string Contradictions = $"""
        SELECT 'a recipient in no bucket' AS problem, r.id FROM outbound.recipients r
        WHERE {Bucket} NOT IN ('pending', 'sending', 'sent', 'delivered', 'read', 'replied', 'skipped', 'limited', 'failed', 'unresolved')
        UNION ALL
        SELECT 'the audience does not add up', c.id FROM outbound.campaigns c
        WHERE c.recipients <> (SELECT count(*) FROM outbound.recipients r WHERE r.channel_id = c.channel_id AND r.campaign_id = c.id)
           OR c.recipients <> (SELECT coalesce(max(r.position), 0) FROM outbound.recipients r WHERE r.channel_id = c.channel_id AND r.campaign_id = c.id)
        UNION ALL
        SELECT 'a campaign that is over and has somebody left', c.id FROM outbound.campaigns c
        WHERE c.state = 'completed' AND EXISTS (SELECT FROM outbound.recipients r WHERE r.channel_id = c.channel_id AND r.campaign_id = c.id AND r.state IN ('pending', 'sending', 'unresolved'))
        UNION ALL
        SELECT 'somebody twice in a campaign', r.id FROM (
            SELECT (array_agg(id))[1] AS id FROM outbound.recipients WHERE campaign_id IS NOT NULL AND contact_id IS NOT NULL GROUP BY channel_id, campaign_id, contact_id HAVING count(*) > 1) r
        UNION ALL
        SELECT 'a place that is not in the ledger', r.id FROM outbound.recipients r
        WHERE r.opened_at IS NOT NULL AND r.opened_at > now() - interval '1 day' AND NOT EXISTS (SELECT FROM outbound.openings o WHERE o.customer = r.customer AND o.opened_at = r.opened_at)
        UNION ALL
        SELECT 'replied, and not since the first reply', r.id FROM outbound.recipients r
        LEFT JOIN LATERAL (
            SELECT min(p.at) AS at, bool_or(p.look_at IS NOT NULL) AS open FROM outbound.replies p
            WHERE p.channel_id = r.channel_id AND p.recipient_id = r.id AND NOT p.opt_out) p ON true
        WHERE r.campaign_id IS NOT NULL AND r.state = 'sent' AND r.replied_at IS DISTINCT FROM p.at AND p.open IS NOT TRUE
        """;
}
