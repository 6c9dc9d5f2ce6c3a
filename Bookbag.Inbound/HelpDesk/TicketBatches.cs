using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.Live;
using Bookbag.Inbound.OutgoingWebhooks;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.HelpDesk;

/// <summary>What a ticket has to know of its conversation.</summary>
internal enum TicketFact
{
    /// <summary>Only that who has it may have changed.</summary>
    Mode,

    /// <summary>The customer wrote.</summary>
    Customer,

    /// <summary>A person of the business wrote.</summary>
    Person,

    /// <summary>What a person wrote did not arrive.</summary>
    Undelivered,
}

/// <summary>A conversation that something happened to, and why a person has it if one got it by that.</summary>
internal readonly record struct TicketNews(Guid ChannelId, Guid ConversationId, TicketFact Fact, EscalationCause Cause);

/// <summary>Lets tickets follow their conversations, in the transaction of what happened to those.</summary>
internal static class TicketBatches
{
    /// <summary>Adds the statement, to come after those that changed the conversations.</summary>
    /// <param name="batch">The transaction.</param>
    /// <param name="news">What happened, each conversation once.</param>
    /// <param name="actorId">Who did it; null for the agent, a customer or Meta.</param>
    /// <param name="actorName">Their name.</param>
    /// <param name="now">The present.</param>
    public static void LetTicketsFollow(this NpgsqlBatch batch, IReadOnlyCollection<TicketNews> news, Guid? actorId, string? actorName, DateTimeOffset now)
    {
        var command = new NpgsqlBatchCommand(TicketSql.Follow);
        command.Parameters.AddWithValue("channels", news.Select(n => n.ChannelId).ToArray());
        command.Parameters.AddWithValue("conversations", news.Select(n => n.ConversationId).ToArray());
        command.Parameters.AddWithValue("tickets", news.Select(_ => Guid.CreateVersion7(now)).ToArray());
        command.Parameters.AddWithValue("happened", news.Select(n => n.Fact == TicketFact.Mode ? null : EnumWords.Of(n.Fact)).ToArray());
        command.Parameters.AddWithValue("causes", news.Select(n => EnumWords.Of(n.Cause)).ToArray());
        command.Parameters.Add(new NpgsqlParameter("actor", NpgsqlDbType.Uuid) { Value = (object?)actorId ?? DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter("actor_name", NpgsqlDbType.Text) { Value = (object?)actorName ?? DBNull.Value });
        command.Parameters.AddWithValue("now", now);
        batch.BatchCommands.Add(command);
    }

    /// <summary>The same in the transaction that a request has begun; tells live updates which messages it wrote.</summary>
    public static async Task LetTicketFollowAsync(
        this InboundDb db, Conversation conversation, TicketFact fact, Caller caller, DateTimeOffset now, CancellationToken cancellationToken, params Guid[] written)
    {
        await using var batch = new NpgsqlBatch((NpgsqlConnection)db.Database.GetDbConnection(), (NpgsqlTransaction?)db.Database.CurrentTransaction?.GetDbTransaction());
        batch.LetTicketsFollow([new(conversation.ChannelId, conversation.Id, fact, EscalationCause.Takeover)], caller.ActorId, caller.Name, now);
        if (written.Length > 0)
            batch.TellLive(conversation.ChannelId, conversation.Id, now, written, conversation: true);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>To be called after the commit: somebody may be waiting for what happened to tickets.</summary>
    public static void SignalTickets(this WakeUps wakeUps)
    {
        wakeUps.Signal(TicketAssigner.Topic);
        wakeUps.Signal(SummaryWriter.Topic);
        wakeUps.SignalChanges();
    }

    /// <summary>To be called after the commit of what live updates or outgoing webhooks tell.</summary>
    public static void SignalChanges(this WakeUps wakeUps)
    {
        wakeUps.Signal(LiveFeed.Topic);
        wakeUps.Signal(WebhookCourier.Topic);
    }
}
