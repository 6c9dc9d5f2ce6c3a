using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.MessagingLimits;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;

namespace Bookbag.Outbound.Sending;

/// <summary>What a number has to send, and under which rules, as it is now.</summary>
internal sealed record ChannelWork(
    Guid WorkspaceId, Guid ChannelId, Guid AgentId, string PhoneNumberId, string? PortfolioId, string? Tier, string? Throughput, SendingRules Rules,
    bool HasSingles, IReadOnlyList<RunnableCampaign> Campaigns)
{
    // What Meta allows a portfolio that it told nothing of; TIER_50 is for numbers that are not verified and cannot send yet.
    private const int LimitWhileUnknown = 250;

    /// <summary>The ledger its messages are counted in.</summary>
    public LedgerScope Scope => ScopeOf(PortfolioId, PhoneNumberId, Tier);

    /// <summary>The ledger of a number, and what its tier allows; the smallest where the tier was never told.</summary>
    public static LedgerScope ScopeOf(string? portfolioId, string phoneNumberId, string? tier)
    {
        var known = MessagingLimitTiers.Parse(tier);
        return new LedgerScope(LedgerScope.NameOf(portfolioId, phoneNumberId), phoneNumberId, known.IsUnlimited ? null : known.Limit ?? LimitWhileUnknown);
    }
}

/// <summary>A campaign that may send now.</summary>
/// <param name="Released">Recipients up to this position may be sent.</param>
internal sealed record RunnableCampaign(
    Guid Id, string Category, int Released, int Recipients, DateTimeOffset? RetryUntil, TimeSpan CanaryWatch, SendableTemplate Template);

/// <summary>Reads what there is to send.</summary>
internal sealed class ChannelWorkReader(NpgsqlDataSource dataSource, TimeProvider clock)
{
    /// <summary>Channels that have something to send.</summary>
    public async Task<IReadOnlyList<Guid>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(ChannelWorkSql.Channels);
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        var channels = new List<Guid>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            channels.Add(row.GetGuid(0));
        return channels;
    }

    /// <summary>What a channel has to send; null where it is gone.</summary>
    public async Task<ChannelWork?> ReadAsync(Guid channelId, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(ChannelWorkSql.Channel) { Parameters = { new("channel", channelId), new("now", clock.GetUtcNow()) } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(ChannelWorkSql.Campaigns) { Parameters = { new("channel", channelId), new("now", clock.GetUtcNow()) } });

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
            return null;
        var work = new ChannelWork(row.GetGuid(0), channelId, row.GetGuid(1), row.GetString(2), row.Text(3), row.Text(4), row.Text(5), SendingRules.Read(row, 7), row.GetBoolean(6), []);
        await row.NextResultAsync(cancellationToken);
        var campaigns = new List<RunnableCampaign>();
        while (await row.ReadAsync(cancellationToken))
            campaigns.Add(new RunnableCampaign(row.GetGuid(0), row.GetString(1), row.GetInt32(2), row.GetInt32(3), row.Time(4), TimeSpan.FromMinutes(row.GetInt32(5)), SendableTemplate.Read(row, 6)));
        return work with { Campaigns = campaigns };
    }
}

internal static class ChannelWorkSql
{
    /// <summary>Channels with a campaign that sends, or with a single send that is due. Served by <c>campaigns_alive</c> and <c>recipients_pending</c>.</summary>
    public const string Channels = """
        SELECT ch.id FROM platform.channels ch
        WHERE EXISTS (SELECT FROM outbound.campaigns c WHERE c.channel_id = ch.id AND c.state = 'sending' AND c.prepared_at IS NOT NULL)
           OR EXISTS (SELECT FROM outbound.recipients r WHERE r.channel_id = ch.id AND r.campaign_id IS NULL AND r.state = 'pending' AND r.due_at <= @now)
        """;

    /// <summary>The number, the rules of its agent, and whether a single send is due.</summary>
    public const string Channel = """
        SELECT ch.workspace_id, ch.agent_id, ch.phone_number_id, ch.portfolio_id, ch.tier, ch.throughput,
               EXISTS (SELECT FROM outbound.recipients r WHERE r.channel_id = ch.id AND r.campaign_id IS NULL AND r.state = 'pending' AND r.due_at <= @now),
               s.time_zone, s.quiet_from, s.quiet_to, s.cap_messages, s.cap_days, s.single_share, s.messages_per_second
        FROM platform.channels ch LEFT JOIN outbound.settings s ON s.agent_id = ch.agent_id
        WHERE ch.id = @channel
        """;

    /// <summary>Its campaigns that may send, with their templates; none while Meta has restricted the account, whether the campaigns were told so yet or not.</summary>
    public const string Campaigns = $"""
        SELECT c.id, c.category, c.released, c.recipients, c.retry_until, coalesce((c.guard ->> 'canaryMinutes')::int, 0), {SendableTemplates.Columns}
        FROM outbound.campaigns c
        JOIN outbound.templates t ON t.workspace_id = c.workspace_id AND t.agent_id = c.agent_id AND t.id = c.template_id
        WHERE c.channel_id = @channel AND c.state = 'sending' AND c.prepared_at IS NOT NULL
          AND NOT EXISTS (SELECT FROM outbound.restrictions x WHERE x.channel_id = @channel AND x.until > @now)
        ORDER BY c.id
        """;
}
