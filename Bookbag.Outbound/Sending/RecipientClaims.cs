using Bookbag.Outbound.MessagingLimits;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Sending;

/// <summary>What a claim brought.</summary>
/// <param name="Looked">How many recipients were looked at; none when none is due.</param>
/// <param name="Begun">Those committed as sending, to be handed to Graph now.</param>
/// <param name="WaitUntil">When the messaging limit has a place again, where it was used up.</param>
internal sealed record Claim(int Looked, IReadOnlyList<ClaimedRecipient> Begun, DateTimeOffset? WaitUntil)
{
    public static readonly Claim Nothing = new(0, [], null);
}

/// <summary>
/// Takes recipients that are due and commits them as <c>sending</c>, in one transaction: locked by it until it ends, so that a worker that dies
/// before the commit leaves nothing behind, and one that dies after it leaves a trace.
/// </summary>
internal sealed partial class RecipientClaims(
    NpgsqlDataSource dataSource, Ledger ledger, Pace pace, SendingMetrics metrics, TimeProvider clock, IOptions<SendingOptions> options, ILogger<RecipientClaims> logger)
{
    private readonly SendingOptions _options = options.Value;

    /// <summary>Claims recipients of a campaign.</summary>
    public Task<Claim> OfCampaignAsync(ChannelWork work, RunnableCampaign campaign, int most, CancellationToken cancellationToken)
    {
        var marketing = campaign.Category == Categories.Marketing;
        var cap = marketing ? work.Rules.Cap : null;
        return RunAsync(work, work.Scope.Keeping(work.Rules.SingleShare), "campaign", async (connection, now) =>
        {
            if (cap is not null)
            {
                await using var one = new NpgsqlCommand(RecipientSql.OneAtATime, connection);
                one.Parameters.AddWithValue("agent", work.AgentId);
                await one.ExecuteNonQueryAsync(cancellationToken);
            }

            await using var command = new NpgsqlCommand(RecipientSql.ClaimOfCampaign, connection);
            command.Parameters.AddWithValue("workspace", work.WorkspaceId);
            command.Parameters.AddWithValue("channel", work.ChannelId);
            command.Parameters.AddWithValue("agent", work.AgentId);
            command.Parameters.AddWithValue("campaign", campaign.Id);
            command.Parameters.AddWithValue("released_to", RecipientId.Of(campaign.Id, campaign.Released));
            command.Parameters.AddWithValue("marketing", marketing);
            command.Value("cap", NpgsqlDbType.Integer, cap?.Messages);
            command.Value("cap_window", NpgsqlDbType.Interval, cap is null ? null : TimeSpan.FromDays(cap.Days));
            command.Parameters.AddWithValue("batch", most);
            command.Parameters.AddWithValue("now", now);
            var found = new List<Found>();
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                var skip = row.GetBoolean(5) ? RecipientReasons.OptedOut : row.GetBoolean(7) ? RecipientReasons.FrequencyCap : null;
                found.Add(Found.Read(row, campaign.Id, campaign.RetryUntil, campaign.Template, skip is null ? null : ("skipped", skip)));
            }

            return found;
        }, cancellationToken);
    }

    /// <summary>Claims single sends.</summary>
    public Task<Claim> SinglesAsync(ChannelWork work, int most, CancellationToken cancellationToken) =>
        RunAsync(work, work.Scope, "single", async (connection, now) =>
        {
            await using var command = new NpgsqlCommand(RecipientSql.ClaimSingles, connection);
            command.Parameters.AddWithValue("workspace", work.WorkspaceId);
            command.Parameters.AddWithValue("channel", work.ChannelId);
            command.Parameters.AddWithValue("agent", work.AgentId);
            command.Parameters.AddWithValue("batch", most);
            command.Parameters.AddWithValue("now", now);
            var found = new List<(Found Recipient, Guid TemplateId, DateTimeOffset NotAfter, bool Suppressed)>();
            await using (var row = await command.ExecuteReaderAsync(cancellationToken))
            {
                while (await row.ReadAsync(cancellationToken))
                {
                    var notAfter = row.GetFieldValue<DateTimeOffset>(8);
                    found.Add((Found.Read(row, null, notAfter, null, null), row.GetGuid(7), notAfter, row.GetBoolean(5)));
                }
            }

            var known = await SendableTemplates.FindAsync(connection, work.WorkspaceId, [.. found.Select(f => f.TemplateId).Distinct()], cancellationToken);
            return [.. found.Select(f => f.Recipient with { Template = known.GetValueOrDefault(f.TemplateId), End = EndOf(known.GetValueOrDefault(f.TemplateId), f.NotAfter, f.Suppressed, now) })];
        }, cancellationToken);

    private static (string, string)? EndOf(SendableTemplate? template, DateTimeOffset notAfter, bool suppressed, DateTimeOffset now) =>
        notAfter <= now ? ("failed", RecipientReasons.TooLate)
        : template is not { IsApproved: true } ? ("failed", RecipientReasons.TemplateNotApproved)
        : suppressed && template.Category == Categories.Marketing ? ("skipped", RecipientReasons.OptedOut)
        : null;

    private async Task<Claim> RunAsync(
        ChannelWork work, LedgerScope scope, string source, Func<NpgsqlConnection, DateTimeOffset, Task<List<Found>>> find, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        Grant? grant = null;
        try
        {
            await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var found = await find(connection, now);
            if (found.Count == 0)
                return Claim.Nothing;

            var ended = found.Where(f => f.End is not null).ToList();
            var live = found.Where(f => f.End is null).ToList();
            var near = await pace.TakePairsAsync(work.PhoneNumberId, [.. live.Select(f => f.Customer)]);
            var wanted = live.Where((_, i) => near[i]).ToList();
            var opening = wanted.Where(f => !f.WindowOpen).ToList();
            if (opening.Count > 0)
                grant = await ledger.GrantAsync(scope, [.. opening.Select(f => f.Customer)], source, now, connection, cancellationToken);
            var refused = opening.Where((_, i) => !grant!.Granted[i]).Select(f => f.Id).ToHashSet();
            await pace.ReturnPairsAsync(work.PhoneNumberId, [.. opening.Where(f => refused.Contains(f.Id)).Select(f => f.Customer)]);
            var begun = wanted.Where(f => !refused.Contains(f.Id)).ToList();

            await WriteAsync(connection, work.ChannelId, now, ended, [.. live.Where((_, i) => !near[i]).Select(f => f.Id)], begun, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            // From here on they are to be handed to Graph, whatever else goes wrong: the places they have are theirs.
            grant = null;
            metrics.Begun(begun.Count);

            DateTimeOffset? wait = refused.Count == 0 ? null : await WaitAsync(scope, now);
            if (wait is not null && source == "single")
                await TryPutOffAsync(connection, work.ChannelId, refused, wait.Value);
            return new Claim(found.Count, [.. begun.Select(f => f.ToClaimed(work, scope))], wait);
        }
        catch when (grant is not null)
        {
            await ledger.VoidAsync(scope, grant);
            throw;
        }
    }

    private async Task WriteAsync(
        NpgsqlConnection connection, Guid channelId, DateTimeOffset now, List<Found> ended, Guid[] near, List<Found> begun, CancellationToken cancellationToken)
    {
        if (ended.Count > 0)
        {
            await using var command = new NpgsqlCommand(RecipientSql.End, connection);
            command.Parameters.AddWithValue("channel", channelId);
            command.Parameters.AddWithValue("now", now);
            command.Column("ids", NpgsqlDbType.Uuid, ended, f => f.Id);
            command.Column("states", NpgsqlDbType.Text, ended, f => f.End!.Value.State);
            command.Column("reasons", NpgsqlDbType.Text, ended, f => f.End!.Value.Reason);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        if (near.Length > 0)
            await PutOffAsync(connection, channelId, near, now + Pace.PairInterval, RecipientReasons.PairLimit, cancellationToken);
        if (begun.Count > 0)
        {
            await using var command = new NpgsqlCommand(RecipientSql.Begin, connection);
            command.Parameters.AddWithValue("channel", channelId);
            command.Parameters.AddWithValue("now", now);
            command.Parameters.AddWithValue("settle_at", now + _options.Claim);
            command.Column("ids", NpgsqlDbType.Uuid, begun, f => f.Id);
            command.Column("opens", NpgsqlDbType.Boolean, begun, f => !f.WindowOpen);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Puts them off, or leaves them due where Postgres does not answer: then they are looked at again too early, which harms nothing. What was begun must not be lost for it.</summary>
    private async Task TryPutOffAsync(NpgsqlConnection connection, Guid channelId, HashSet<Guid> ids, DateTimeOffset due)
    {
        try
        {
            await PutOffAsync(connection, channelId, [.. ids], due, RecipientReasons.MessagingLimit, CancellationToken.None);
        }
        catch (NpgsqlException e)
        {
            Log.NotPutOff(logger, ids.Count, e.Message);
        }
    }

    private static async Task PutOffAsync(NpgsqlConnection connection, Guid channelId, Guid[] ids, DateTimeOffset due, string reason, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(RecipientSql.PutOff, connection);
        command.Parameters.AddWithValue("channel", channelId);
        command.Parameters.AddWithValue("ids", ids);
        command.Parameters.AddWithValue("due", due);
        command.Parameters.AddWithValue("reason", reason);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Places free up one after the other: not every one of them is worth a look of its own. A failure gives one back at any time.
    private async Task<DateTimeOffset> WaitAsync(LedgerScope scope, DateTimeOffset now)
    {
        var (soonest, latest) = (now + TimeSpan.FromSeconds(5), now + TimeSpan.FromMinutes(10));
        try
        {
            return await ledger.NextFreeAtAsync(scope, CancellationToken.None) is not { } next || next < soonest ? soonest : next < latest ? next : latest;
        }
        catch (NpgsqlException e)
        {
            // What was begun must not be lost for a look too early.
            Log.NextFreeUnknown(logger, e.Message);
            return soonest;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Count} single sends could not be put off ({Reason}); they are looked at again at once")]
        public static partial void NotPutOff(ILogger logger, int count, string reason);

        [LoggerMessage(2, LogLevel.Warning, "When the messaging limit has a place again could not be read ({Reason}); it is looked at again soon")]
        public static partial void NextFreeUnknown(ILogger logger, string reason);
    }

    /// <summary>A recipient that is due.</summary>
    private sealed record Found(
        Guid Id, string Customer, string Parameters, int Attempts, short Round, bool WindowOpen, Guid? CampaignId, DateTimeOffset? RetryUntil, SendableTemplate? Template,
        (string State, string Reason)? End)
    {
        public static Found Read(NpgsqlDataReader row, Guid? campaignId, DateTimeOffset? retryUntil, SendableTemplate? template, (string, string)? end) => new(
            row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetInt16(3), row.GetInt16(4), row.GetBoolean(6), campaignId, retryUntil, template, end);

        public ClaimedRecipient ToClaimed(ChannelWork work, LedgerScope scope) => new(
            work.WorkspaceId, work.ChannelId, work.AgentId, CampaignId, Id, Round, Attempts + 1, Customer, Parameters, RetryUntil, scope, Template!); // those without one were ended
    }
}
