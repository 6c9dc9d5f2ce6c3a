using System.Text.Json;
using Bookbag.Outbound.Contacts;
using Bookbag.Outbound.Sending;
using Bookbag.ServiceDefaults.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Campaigns;

/// <summary>Freezes the audience of campaigns that were launched: contacts and their values as they are now, some thousands a statement.</summary>
/// <remarks>
/// Every chunk commits its recipients together with the checkpoint, so that any replica goes on where a dead one stopped, and nobody is
/// frozen twice. Nothing is sent before all are.
/// </remarks>
internal sealed partial class AudienceSnapshot(NpgsqlDataSource dataSource, WakeUps wakeUps, TimeProvider clock, ILogger<AudienceSnapshot> logger) : BackgroundService
{
    /// <summary>Signalled when a campaign was launched.</summary>
    public const string Topic = "launched";

    private const int Chunk = 50_000;
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(2);

    private const string Next = """
        WITH due AS MATERIALIZED (
            SELECT c.channel_id, c.id FROM outbound.campaigns c
            WHERE c.state IN ('sending', 'waiting', 'paused') AND c.launched_at IS NOT NULL AND c.prepared_at IS NULL
            ORDER BY c.launched_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        SELECT c.channel_id, c.id, c.workspace_id, c.agent_id, c.category, c.launched_at, coalesce(c.prepared_to, '00000000-0000-0000-0000-000000000000'), c.recipients,
               c.variables::text, c.audience::text, c.guard::text
        FROM outbound.campaigns c JOIN due ON c.channel_id = due.channel_id AND c.id = due.id
        """;

    private const string Checkpoint = """
        UPDATE outbound.campaigns
        SET recipients = @recipients, prepared_to = coalesce(@prepared_to, prepared_to), prepared_at = @prepared_at, released = @released, updated_at = @now
        WHERE channel_id = @channel AND id = @campaign
        """;

    /// <summary>Freezes one chunk of one campaign; false when there is none to freeze.</summary>
    public async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await FindAsync(connection, cancellationToken) is not { } launched)
            return false;

        var (count, last) = await FreezeAsync(connection, launched, cancellationToken);
        var (recipients, done) = (launched.Recipients + count, count < Chunk);
        await using (var command = new NpgsqlCommand(Checkpoint, connection))
        {
            command.Parameters.AddWithValue("channel", launched.ChannelId);
            command.Parameters.AddWithValue("campaign", launched.Id);
            command.Parameters.AddWithValue("recipients", recipients);
            command.Value("prepared_to", NpgsqlDbType.Uuid, last);
            command.Value("prepared_at", NpgsqlDbType.TimestampTz, done ? clock.GetUtcNow() : null);
            command.Parameters.AddWithValue("released", done ? launched.Guard.CanaryOf(recipients) : 0);
            command.Parameters.AddWithValue("now", clock.GetUtcNow());
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        if (done)
        {
            Log.Prepared(logger, launched.Id, recipients);
            wakeUps.Signal(RecipientSender.Topic);
        }

        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!await RunOnceAsync(stoppingToken))
                    await wakeUps.WaitAsync(Topic, PollEvery, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RoundFailed(logger, e);
                await Task.Delay(PollEvery, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static async Task<Launched?> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Next, connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? new Launched(
                row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), row.GetGuid(3), row.GetString(4), row.GetFieldValue<DateTimeOffset>(5), row.GetGuid(6), row.GetInt32(7),
                CampaignJson.Read<Dictionary<string, VariableMapping>>(row.GetString(8)), JsonElement.Parse(row.GetString(9)), CampaignJson.Read<GuardRails>(row.GetString(10)))
            : null;
    }

    private async Task<(int Count, Guid? Last)> FreezeAsync(NpgsqlConnection connection, Launched launched, CancellationToken cancellationToken)
    {
        // What was stored was read before it was.
        if (!ContactFilter.TryParse(launched.Audience, out var filter, out var problem))
            throw new InvalidOperationException($"The audience of campaign {launched.Id} cannot be read: {problem}");
        await using (var plain = new NpgsqlCommand(AudienceSql.WithoutJit, connection))
            await plain.ExecuteNonQueryAsync(cancellationToken);
        var parts = AudienceSql.Parts.Of(filter, launched.Variables, cap: null);
        await using var command = new NpgsqlCommand(AudienceSql.Snapshot(parts), connection) { CommandTimeout = 300 };
        command.Parameters.AddRange(parts.Values.ToArray());
        command.Parameters.AddWithValue("workspace", launched.WorkspaceId);
        command.Parameters.AddWithValue("agent", launched.AgentId);
        command.Parameters.AddWithValue("channel", launched.ChannelId);
        command.Parameters.AddWithValue("campaign", launched.Id);
        command.Parameters.AddWithValue("marketing", launched.Category == Categories.Marketing);
        command.Parameters.AddWithValue("after", launched.After);
        command.Parameters.AddWithValue("launched_at", launched.LaunchedAt);
        command.Parameters.AddWithValue("base", launched.Recipients);
        command.Parameters.AddWithValue("chunk", Chunk);
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetInt32(0), row.IsDBNull(1) ? null : row.GetGuid(1));
    }

    private sealed record Launched(
        Guid ChannelId, Guid Id, Guid WorkspaceId, Guid AgentId, string Category, DateTimeOffset LaunchedAt, Guid After, int Recipients,
        Dictionary<string, VariableMapping> Variables, JsonElement Audience, GuardRails Guard);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The audience of campaign {CampaignId} is frozen: {Recipients} recipients")]
        public static partial void Prepared(ILogger logger, Guid campaignId, int recipients);

        [LoggerMessage(2, LogLevel.Error, "An audience could not be frozen; trying again")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
