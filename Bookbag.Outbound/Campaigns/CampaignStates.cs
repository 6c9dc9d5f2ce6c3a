using Bookbag.Outbound.Sending;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Campaigns;

/// <summary>Moves campaigns from state to state. True when it did: the statement says from which states it may.</summary>
internal sealed class CampaignStates(NpgsqlDataSource dataSource, TimeProvider clock)
{
    public Task<bool> LaunchAsync(Guid channelId, Guid campaignId, string category, GuardRails guard, CancellationToken cancellationToken) =>
        MoveAsync(CampaignSql.Launch, channelId, campaignId, cancellationToken, ("category", Categories.Of(category)), ("retry_until", clock.GetUtcNow().AddHours(guard.RetryHeldBackHours)));

    public Task<bool> ScheduleAsync(Guid channelId, Guid campaignId, DateTimeOffset startsAt, DateTimeOffset? startBefore, CancellationToken cancellationToken) =>
        MoveAsync(CampaignSql.Schedule, channelId, campaignId, cancellationToken, ("starts_at", startsAt), ("start_before", startBefore));

    public Task<bool> PauseAsync(Guid channelId, Guid campaignId, string reason, string? detail, CancellationToken cancellationToken) =>
        MoveAsync(CampaignSql.Pause, channelId, campaignId, cancellationToken, ("reason", reason), ("detail", detail));

    public Task<bool> ResumeAsync(Guid channelId, Guid campaignId, string category, CancellationToken cancellationToken) =>
        MoveAsync(CampaignSql.Resume, channelId, campaignId, cancellationToken, ("category", Categories.Of(category)));

    public Task<bool> CancelAsync(Guid channelId, Guid campaignId, CancellationToken cancellationToken) => MoveAsync(CampaignSql.Cancel, channelId, campaignId, cancellationToken);

    public Task<bool> DeleteDraftAsync(Guid channelId, Guid campaignId, CancellationToken cancellationToken) => MoveAsync(CampaignSql.DeleteDraft, channelId, campaignId, cancellationToken);

    public Task<bool> ReopenAsync(Guid channelId, Guid campaignId, CancellationToken cancellationToken) => MoveAsync(CampaignSql.Reopen, channelId, campaignId, cancellationToken);

    public Task<bool> MissStartAsync(Guid channelId, Guid campaignId, CancellationToken cancellationToken) =>
        MoveAsync(CampaignSql.MissStart, channelId, campaignId, cancellationToken, ("detail", "It could not start in time, and was not to start later. Copy it to send it after all."));

    /// <summary>A campaign that sends, or all of the channel's, waits.</summary>
    public Task<bool> WaitAsync(Guid channelId, Guid? campaignId, string reason, DateTimeOffset until, CancellationToken cancellationToken) =>
        MoveAsync(CampaignSql.Wait, channelId, campaignId, cancellationToken, ("reason", reason), ("until", until));

    /// <summary>Nothing of a campaign is due: where the canary is out, it is watched now.</summary>
    public async Task NothingDueAsync(Guid channelId, RunnableCampaign campaign, CancellationToken cancellationToken)
    {
        if (campaign.Released >= campaign.Recipients)
            return;
        await MoveAsync(CampaignSql.WatchCanary, channelId, campaign.Id, cancellationToken,
            ("until", clock.GetUtcNow() + campaign.CanaryWatch), ("released_to", RecipientId.Of(campaign.Id, campaign.Released)));
    }

    private async Task<bool> MoveAsync(string sql, Guid channelId, Guid? campaignId, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        await using var command = dataSource.CreateCommand(sql);
        command.Parameters.AddWithValue("channel", channelId);
        command.Value("campaign", NpgsqlDbType.Uuid, campaignId);
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }
}
