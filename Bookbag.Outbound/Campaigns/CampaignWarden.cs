using Bookbag.Outbound.MessagingLimits;
using Bookbag.Outbound.Sending;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bookbag.Outbound.Campaigns;

/// <summary>
/// Looks after campaigns: starts those that are due, lets those go on whose wait is over, stops those whose template, failures or opt-outs say so, and
/// ends those that are done. Every move is one guarded statement: any number of replicas may look at once.
/// </summary>
internal sealed partial class CampaignWarden(
    NpgsqlDataSource dataSource, CampaignStates states, Ledger ledger, TierReader tiers, IServiceScopeFactory scopes, WakeUps wakeUps, TimeProvider clock, ILogger<CampaignWarden> logger)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeepEvery = TimeSpan.FromMinutes(1);

    private DateTimeOffset _watchedAt;
    private DateTimeOffset _keptAt;

    /// <summary>Looks once.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await StartAsync(now, cancellationToken);
        await ExecuteAsync(CampaignSql.StopForTemplate, cancellationToken);
        await ExecuteAsync(CampaignSql.Restrict, cancellationToken);

        // Before a wait ends: a canary that went wrong must not let the others out.
        if (now >= _watchedAt + WatchEvery)
        {
            await WatchAsync(cancellationToken);
            _watchedAt = now;
        }

        if (await ExecuteAsync(CampaignSql.GoOn, cancellationToken) > 0)
            wakeUps.Signal(RecipientSender.Topic);
        await ExecuteAsync(CampaignSql.Complete, cancellationToken);
        await ExecuteAsync(CampaignSql.SkipCancelled, cancellationToken);
        if (now >= _keptAt + KeepEvery)
        {
            await TidyAsync(cancellationToken);
            await KeepAsync(cancellationToken);
            _keptAt = now;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RoundFailed(logger, e);
            }

            await Task.Delay(Every, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StartAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var due = new List<(Guid Channel, Guid Id, bool Missed, string? Category, bool Approved, GuardRails Guard)>();
        await using (var command = dataSource.CreateCommand(CampaignSql.Due))
        {
            command.Parameters.AddWithValue("now", now);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                due.Add((row.GetGuid(0), row.GetGuid(1), !row.IsDBNull(2) && row.GetBoolean(2), row.Text(3), row.GetBoolean(4), CampaignJson.Read<GuardRails>(row.GetString(5))));
            }
        }

        foreach (var (channel, id, missed, category, approved, guard) in due)
        {
            if (missed)
                await states.MissStartAsync(channel, id, cancellationToken);
            else if (!approved || category is null)
                await states.PauseAsync(channel, id, CampaignReasons.TemplateNotApproved, "Its time came, and the template was not approved. Resume when it is.", cancellationToken);
            else if (await states.LaunchAsync(channel, id, category, guard, cancellationToken))
                wakeUps.Signal(AudienceSnapshot.Topic);
        }
    }

    /// <summary>Stops campaigns that do harm.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var stops = new List<(Guid Channel, Guid Id, string Reason, string Detail)>();
        await using (var command = dataSource.CreateCommand(CampaignSql.Watch))
        {
            command.Parameters.AddWithValue("least", GuardRails.LeastTried);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                if (CampaignJson.Read<GuardRails>(row.GetString(2)).StopFor(row.GetInt32(3), row.GetInt32(4), row.GetInt32(5), row.GetInt32(6)) is { } stop)
                    stops.Add((row.GetGuid(0), row.GetGuid(1), stop.Reason, stop.Detail));
            }
        }

        foreach (var (channel, id, reason, detail) in stops)
        {
            if (await states.PauseAsync(channel, id, reason, detail, cancellationToken))
                Log.Stopped(logger, id, reason);
        }
    }

    /// <summary>Ends and resumes what nothing else looks at any more. Rare, and it reads more than a look after what is on its way: not every second.</summary>
    private async Task TidyAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync(CampaignSql.StopForChannel, cancellationToken);
        await ExecuteAsync(CampaignSql.EndLateSingles, cancellationToken);
        if (await ExecuteAsync(CampaignSql.GoOnAfterAll, cancellationToken) > 0)
            wakeUps.Signal(RecipientSender.Topic);
    }

    /// <summary>Keeps the tiers of numbers that send fresh, should a webhook have been lost, and the ledger short.</summary>
    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (platform, outbound) = (scope.ServiceProvider.GetRequiredService<PlatformDb>(), scope.ServiceProvider.GetRequiredService<OutboundDb>());
        var alive = await outbound.Set<Campaign>().Where(c => c.State == CampaignState.Sending || c.State == CampaignState.Waiting).Select(c => c.ChannelId).Distinct().ToListAsync(cancellationToken);
        foreach (var channel in await platform.Channels.Where(c => alive.Contains(c.Id)).ToListAsync(cancellationToken))
            await tiers.RefreshAsync(platform, channel, cancellationToken);

        await ledger.PruneAsync(cancellationToken);
    }

    private async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(sql);
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A look after campaigns failed; trying again")]
        public static partial void RoundFailed(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "Campaign {CampaignId} was stopped by itself: {Reason}")]
        public static partial void Stopped(ILogger logger, Guid campaignId, string reason);
    }
}
