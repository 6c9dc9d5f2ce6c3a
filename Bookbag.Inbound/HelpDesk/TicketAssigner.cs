using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.HelpDesk;

/// <summary>Gives out the tickets of workspaces that want that: new ones at once, and those that waited as soon as somebody has room.</summary>
public sealed partial class TicketAssigner(NpgsqlDataSource dataSource, WakeUps wakeUps, TimeProvider clock, ILogger<TicketAssigner> logger) : BackgroundService
{
    /// <summary>The wake-up topic to signal after tickets were opened, closed or given back.</summary>
    public const string Topic = "assignment";

    private const int TicketsAtATime = 200;
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(15);

    /// <summary>Gives out what waits; how many tickets that were.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var assigned = await ReleaseAsync(cancellationToken);
        foreach (var workspaceId in await WaitingAsync(cancellationToken))
            assigned += await AssignAsync(workspaceId, cancellationToken);
        if (assigned > 0)
            wakeUps.SignalChanges();
        return assigned;
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

            await wakeUps.WaitAsync(Topic, PollEvery, stoppingToken);
        }
    }

    private async Task<int> ReleaseAsync(CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(AssignmentSql.ReleaseOfTheGone, ("now", clock.GetUtcNow()));
        return await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<List<Guid>> WaitingAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(AssignmentSql.Waiting);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var waiting = new List<Guid>();
        while (await row.ReadAsync(cancellationToken))
            waiting.Add(row.GetGuid(0));
        return waiting;
    }

    private async Task<int> AssignAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(connection, workspaceId, cancellationToken) is not { } desk)
            return 0;

        var team = new List<Teammate>();
        var tickets = new List<Guid>();
        await using (var batch = new NpgsqlBatch(connection))
        {
            batch.Add(AssignmentSql.Team, ("workspace", workspaceId));
            batch.BatchCommands[0].Parameters.Add(new NpgsqlParameter("members", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = (object?)desk.Members ?? DBNull.Value });
            batch.Add(AssignmentSql.Tickets, ("workspace", workspaceId), ("batch", TicketsAtATime));
            await using var row = await batch.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
                team.Add(new(row.GetGuid(0), row.GetInt32(1)));
            await row.NextResultAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
                tickets.Add(row.GetGuid(0));
        }

        var given = Assignment.Of(desk.Mode, team, desk.Cap, desk.Last, tickets);
        if (given.Count == 0)
            return 0;
        await using (var batch = new NpgsqlBatch(connection))
        {
            batch.Add(AssignmentSql.Assign, ("workspace", workspaceId), ("tickets", given.Select(g => g.Ticket).ToArray()), ("given", given.Select(g => g.Member).ToArray()),
                ("last", given[^1].Member), ("now", clock.GetUtcNow()));
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return given.Count;
    }

    private static async Task<Desk?> LockAsync(NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(AssignmentSql.Lock, connection);
        command.Parameters.AddWithValue("workspace", workspaceId);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
            return null;
        var mode = row.GetString(0) switch
        {
            "balanced" => AssignmentMode.Balanced,
            "round_robin" => AssignmentMode.RoundRobin,
            _ => AssignmentMode.ByHand,
        };
        return new(mode, row.IsDBNull(1) ? null : row.GetInt32(1), row.IsDBNull(2) ? null : row.GetFieldValue<Guid[]>(2), row.IsDBNull(3) ? null : row.GetGuid(3));
    }

    private sealed record Desk(AssignmentMode Mode, int? Cap, Guid[]? Members, Guid? Last);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Tickets could not be given out; they wait for the next round")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
