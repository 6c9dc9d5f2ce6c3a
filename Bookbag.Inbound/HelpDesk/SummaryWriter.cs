using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.Models;
using Bookbag.ServiceDefaults.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.HelpDesk;

/// <summary>
/// Writes subject and summary of new tickets, after the hand-off: at once in the customer's own words, and where a model is configured, once more in
/// the model's. A hand-off waits for neither.
/// </summary>
public sealed partial class SummaryWriter(
    NpgsqlDataSource dataSource, WakeUps wakeUps, TimeProvider clock, ILogger<SummaryWriter> logger, ChatModel? model = null) : BackgroundService
{
    /// <summary>The wake-up topic to signal after tickets were opened.</summary>
    public const string Topic = "summaries";

    private const int TicketsAtATime = 8;
    private const int MessagesOfSummary = 30;

    // The first try only quotes.
    private const int MostTries = 4;
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMinutes(1);

    /// <summary>Writes what is due; how many tickets that were.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var due = await ClaimAsync(cancellationToken);
        await Task.WhenAll(due.Select(ticket => WriteAsync(ticket, cancellationToken)));
        if (due.Count > 0)
            wakeUps.SignalChanges();
        return due.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var written = 0;
            try
            {
                written = await RunOnceAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RoundFailed(logger, e);
            }

            if (written == 0)
                await wakeUps.WaitAsync(Topic, PollEvery, stoppingToken);
        }
    }

    private async Task WriteAsync(DueTicket ticket, CancellationToken cancellationToken)
    {
        var lines = await SaidAsync(ticket, cancellationToken);
        var now = clock.GetUtcNow();
        var modelMayTry = model is not null && lines.Any(line => line.FromCustomer);
        if (ticket.Attempts == 1 || !modelMayTry)
        {
            await StoreAsync(ticket, TicketSummary.Extract(lines, ticket.Subject), modelMayTry ? now : null, cancellationToken);
            return;
        }

        if (await AskAsync(lines, ticket.Reason, cancellationToken) is { } written)
            await StoreAsync(ticket, written, null, cancellationToken);
        else if (ticket.Attempts >= MostTries)
            await StoreAsync(ticket, TicketSummary.Extract(lines, ticket.Subject), null, cancellationToken);
    }

    private async Task<TicketSummary?> AskAsync(IReadOnlyList<HistoryLine> lines, string reason, CancellationToken cancellationToken)
    {
        try
        {
            var response = await model!.AskAsync(ModelPurpose.Summary, SummaryPrompt.For(lines, reason), null, cancellationToken); // only asked where there is one
            return SummaryPrompt.Read(response.Text);
        }
        catch (ModelUnavailableException e)
        {
            Log.ModelFailed(logger, e.Message);
            return null;
        }
    }

    private async Task<List<DueTicket>> ClaimAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var batch = dataSource.CreateBatch();
        batch.Add(SummarySql.Claim, ("now", now), ("again", now + TryAgainAfter), ("batch", TicketsAtATime));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var due = new List<DueTicket>();
        while (await row.ReadAsync(cancellationToken))
            due.Add(new(row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), row.GetGuid(3), row.GetString(4), row.GetString(5), row.GetInt16(6)));
        return due;
    }

    private async Task<IReadOnlyList<HistoryLine>> SaidAsync(DueTicket ticket, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(SummarySql.Said, ("channel", ticket.ChannelId), ("conversation", ticket.ConversationId), ("batch", MessagesOfSummary));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var lines = new List<HistoryLine>();
        while (await row.ReadAsync(cancellationToken))
            lines.Add(new(row.GetString(0) == "in", row.GetString(2), row.GetString(1) == "human", row.GetString(1) == "campaign"));
        lines.Reverse();
        return lines;
    }

    private async Task StoreAsync(DueTicket ticket, TicketSummary summary, DateTimeOffset? due, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(SummarySql.Write, ("workspace", ticket.WorkspaceId), ("id", ticket.Id), ("subject", summary.Subject), ("now", clock.GetUtcNow()));
        batch.BatchCommands[0].Parameters.Add(new NpgsqlParameter("summary", NpgsqlDbType.Text) { Value = (object?)summary.Text ?? DBNull.Value });
        batch.BatchCommands[0].Parameters.Add(new NpgsqlParameter("due", NpgsqlDbType.TimestampTz) { Value = (object?)due ?? DBNull.Value });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record DueTicket(Guid WorkspaceId, Guid Id, Guid ChannelId, Guid ConversationId, string Subject, string Reason, int Attempts);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Summaries of tickets could not be written; they wait for the next round")]
        public static partial void RoundFailed(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "The model wrote no summary: {Reason} The ticket quotes the customer meanwhile")]
        public static partial void ModelFailed(ILogger logger, string reason);
    }
}
