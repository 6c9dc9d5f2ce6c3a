using Bookbag.Outbound.Contacts;
using Bookbag.Outbound.MessagingLimits;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Sending;

/// <summary>Writes down what is done about messages that failed, and what that means for their campaign and channel: at once, by statements over the whole batch.</summary>
internal sealed partial class FailureSettler(Ledger ledger, Pace pace, TimeProvider clock, ILogger<FailureSettler> logger)
{
    /// <summary>Within the caller's transaction; what it returns is run after the commit.</summary>
    public async Task<Func<Task>> SettleAsync(NpgsqlConnection connection, IReadOnlyList<FailedRecipient> failures, CancellationToken cancellationToken)
    {
        if (failures.Count == 0)
            return () => Task.CompletedTask;

        var changed = await UpdateAsync(connection, failures, cancellationToken);
        var settled = failures.Where(f => changed.ContainsKey((f.ChannelId, f.Id))).ToList();
        var freed = new List<Ledger.Freed>();
        foreach (var scope in settled.GroupBy(f => f.Scope.PhoneNumberId))
        {
            var places = scope.Select(f => changed[(f.ChannelId, f.Id)]).Where(place => place.OpenedAt is not null)
                .Select(place => (place.Customer, place.OpenedAt!.Value)).ToList();
            freed.Add(await ledger.WithdrawAsync(scope.First().Scope.Portfolio, scope.Key, places, connection, cancellationToken));
        }

        await StopAsync(connection, settled, cancellationToken);
        var slow = settled.Where(f => f.Decision.Effect == SendEffect.SlowDown).Select(f => f.Scope.PhoneNumberId).Distinct().ToList();
        return async () =>
        {
            foreach (var place in freed)
                await ledger.FreeAsync(place);
            foreach (var number in slow)
                await pace.SlowDownAsync(number);
        };
    }

    private async Task<Dictionary<(Guid Channel, Guid Id), (string Customer, DateTimeOffset? OpenedAt)>> UpdateAsync(
        NpgsqlConnection connection, IReadOnlyList<FailedRecipient> failures, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(RecipientSql.SettleFailed, connection);
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        command.Column("channels", NpgsqlDbType.Uuid, failures, f => f.ChannelId);
        command.Column("ids", NpgsqlDbType.Uuid, failures, f => f.Id);
        command.Column("rounds", NpgsqlDbType.Smallint, failures, f => f.Round);
        command.Column("reported", NpgsqlDbType.Boolean, failures, f => f.Reported);
        command.Column("dues", NpgsqlDbType.TimestampTz, failures, f => f.Decision.DueAt);
        command.Column("counts", NpgsqlDbType.Boolean, failures, f => f.Decision.Counts);
        command.Column("reasons", NpgsqlDbType.Text, failures, f => f.Error.Code > 0 ? RecipientReasons.Refused : RecipientReasons.NotReached);
        command.Column("codes", NpgsqlDbType.Integer, failures, f => f.Error.Code > 0 ? f.Error.Code : (int?)null);
        command.Column("details", NpgsqlDbType.Text, failures, f => GraphErrorKinds.Find(f.Error.Code, f.Error.Subcode) is null ? f.Error.Details ?? f.Error.Message : null);

        var changed = new Dictionary<(Guid, Guid), (string, DateTimeOffset?)>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            changed[(row.GetGuid(0), row.GetGuid(1))] = (row.GetString(2), row.IsDBNull(3) ? null : row.GetFieldValue<DateTimeOffset>(3));
        return changed;
    }

    /// <summary>What a failure means for others: a campaign stops, a number rests, a channel is broken, a customer gets no marketing any more.</summary>
    private async Task StopAsync(NpgsqlConnection connection, List<FailedRecipient> settled, CancellationToken cancellationToken)
    {
        foreach (var stopped in settled.Where(f => f.Decision.Effect == SendEffect.StopTemplate && f.CampaignId is not null).DistinctBy(f => f.CampaignId))
        {
            Log.CampaignStopped(logger, stopped.CampaignId!.Value, stopped.Error.Code);
            await ExecuteAsync(connection, EffectSql.PauseCampaign, stopped, cancellationToken, ("campaign", stopped.CampaignId.Value));
        }

        foreach (var resting in settled.Where(f => f.Decision.Effect == SendEffect.Rest).DistinctBy(f => f.ChannelId))
        {
            Log.Resting(logger, resting.ChannelId, resting.Error.Code);
            await ExecuteAsync(connection, EffectSql.RestPortfolio, resting, cancellationToken, ("until", resting.Decision.Until!.Value));
        }

        foreach (var broken in settled.Where(f => f.Decision.Effect == SendEffect.BreakChannel).DistinctBy(f => f.ChannelId))
        {
            Log.ChannelBroken(logger, broken.ChannelId, broken.Error.Code);
            await ExecuteAsync(connection, EffectSql.BreakChannel, broken, cancellationToken, ("until", broken.Decision.Until!.Value));
        }

        var now = clock.GetUtcNow();
        await Suppressions.WriteAsync(connection,
            [.. settled.Where(f => f.Decision.Effect == SendEffect.SuppressMarketing)
                .Select(f => new ConsentChange(f.WorkspaceId, f.AgentId, f.Customer, SuppressionList.Meta, OptedOut: true, now, SuppressionSources.Error131050))], cancellationToken);
    }

    private async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, FailedRecipient failure, CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue("channel", failure.ChannelId);
        command.Parameters.AddWithValue("detail", failure.Error.Advice);
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Campaign {CampaignId} is paused: its template cannot be sent (error {Code})")]
        public static partial void CampaignStopped(ILogger logger, Guid campaignId, int code);

        [LoggerMessage(2, LogLevel.Warning, "Campaigns of channel {ChannelId} and its portfolio rest (error {Code})")]
        public static partial void Resting(ILogger logger, Guid channelId, int code);

        [LoggerMessage(3, LogLevel.Error, "Channel {ChannelId} cannot send (error {Code}): its campaigns wait until it is repaired")]
        public static partial void ChannelBroken(ILogger logger, Guid channelId, int code);
    }
}
