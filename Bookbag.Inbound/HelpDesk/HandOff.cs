using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Postgres;
using Npgsql;

namespace Bookbag.Inbound.HelpDesk;

/// <summary>Asks a person to go on in a conversation.</summary>
public sealed class HandOff(NpgsqlDataSource dataSource, WakeUps wakeUps, TimeProvider clock)
{
    /// <summary>
    /// The conversation goes from the agent to a person, and a ticket opens: the agent is paused, and an answer in the making is dropped. Nothing is changed
    /// where a person has it already.
    /// </summary>
    /// <param name="channelId">The conversation's channel.</param>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="cause">Why.</param>
    /// <param name="reason">Why, in words that the team reads.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task EscalateAsync(Guid channelId, Guid conversationId, EscalationCause cause, string reason, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var batch = dataSource.CreateBatch();
        batch.Add(TurnSql.HandOver, ("channel", channelId), ("conversation", conversationId), ("now", now), ("why", reason));
        batch.LetTicketsFollow([new(channelId, conversationId, TicketFact.Mode, cause)], null, null, now);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        wakeUps.SignalTickets();
        wakeUps.Signal(TurnWorker.Topic);
    }
}
