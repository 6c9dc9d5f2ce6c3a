using Bookbag.Outbound.Contacts;
using Bookbag.Outbound.Sending;
using Bookbag.ServiceDefaults.Postgres;
using Npgsql;

namespace Bookbag.Outbound.Campaigns;

/// <summary>What the endpoints of campaigns have in common.</summary>
public sealed class CampaignDesk(NpgsqlDataSource dataSource, WakeUps wakeUps, IServiceProvider services)
{
    private const string Rules = """
        SELECT time_zone, quiet_from, quiet_to, cap_messages, cap_days, single_share, messages_per_second FROM outbound.settings WHERE agent_id = @agent
        """;

    internal CampaignStates States => services.GetRequiredService<CampaignStates>();

    /// <summary>What the agent's people chose.</summary>
    public async Task<SendingRules> RulesAsync(Guid agentId, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(Rules);
        command.Parameters.AddWithValue("agent", agentId);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? SendingRules.Read(row, 0) : SendingRules.Default;
    }

    /// <summary>How many contacts a campaign's audience has now.</summary>
    public async Task<long> CountAsync(Campaign campaign, CancellationToken cancellationToken)
    {
        // What was stored was read before it was.
        if (!ContactFilter.TryParse(campaign.Audience, out var filter, out var problem))
            throw new InvalidOperationException(problem);
        // Not who of them opted out: over a million contacts that takes seconds, and a launch answers at once.
        await using var command = dataSource.CreateCommand();
        var parameters = new List<NpgsqlParameter>();
        command.CommandText = $"SELECT count(*) FROM outbound.contacts c WHERE c.workspace_id = @workspace AND c.agent_id = @agent AND {ContactFilterSql.Where(filter, parameters)}";
        command.Parameters.AddRange(parameters.ToArray());
        command.Parameters.AddWithValue("workspace", campaign.WorkspaceId);
        command.Parameters.AddWithValue("agent", campaign.AgentId);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!; // count is never null
    }

    /// <summary>Lets the workers look: something moved.</summary>
    public void Wake()
    {
        wakeUps.Signal(AudienceSnapshot.Topic);
        wakeUps.Signal(RecipientSender.Topic);
    }
}
