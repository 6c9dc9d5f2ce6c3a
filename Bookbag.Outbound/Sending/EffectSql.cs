namespace Bookbag.Outbound.Sending;

/// <summary>What one refused message means for all that its campaign, number or channel sends.</summary>
internal static class EffectSql
{
    /// <summary>The campaign's template cannot be sent: a person has to look.</summary>
    public const string PauseCampaign = """
        UPDATE outbound.campaigns SET state = 'paused', wait_until = NULL, reason = 'template_refused', detail = @detail, updated_at = @now
        WHERE channel_id = @channel AND id = @campaign AND state IN ('sending', 'waiting')
        """;

    /// <summary>Nothing is sent first by the portfolio's numbers for a while.</summary>
    public const string RestPortfolio = """
        UPDATE outbound.campaigns c SET state = 'waiting', wait_until = @until, reason = 'resting', detail = @detail, updated_at = @now
        FROM platform.channels own
        WHERE own.id = @channel AND c.state IN ('sending', 'waiting')
          AND (c.channel_id = own.id OR c.channel_id IN (SELECT id FROM platform.channels other WHERE other.portfolio_id = own.portfolio_id))
        """;

    /// <summary>The card says what is wrong; campaigns wait, and probe now and then whether it is repaired.</summary>
    public const string BreakChannel = """
        WITH broken AS (UPDATE platform.channels SET problem = @detail WHERE id = @channel AND problem IS DISTINCT FROM @detail)
        UPDATE outbound.campaigns SET state = 'waiting', wait_until = @until, reason = 'channel_broken', detail = @detail, updated_at = @now
        WHERE channel_id = @channel AND state IN ('sending', 'waiting')
        """;
}
