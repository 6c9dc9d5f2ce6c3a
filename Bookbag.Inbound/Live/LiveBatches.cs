using Bookbag.Inbound.Conversations;
using Npgsql;

namespace Bookbag.Inbound.Live;

/// <summary>Tells live updates what changed, in the transaction that changes it.</summary>
internal static class LiveBatches
{
    public const string Conversation = "conversation";
    public const string Message = "message";

    /// <summary>Adds what changed in a conversation: these messages and, where it is said, the conversation itself.</summary>
    public static void TellLive(this NpgsqlBatch batch, Guid channelId, Guid conversationId, DateTimeOffset now, IReadOnlyCollection<Guid> messages, bool conversation)
    {
        var kinds = messages.Select(_ => Message).Concat(conversation ? [Conversation] : []).ToArray();
        var ids = messages.Concat(conversation ? [conversationId] : []).ToArray();
        batch.Add(LiveSql.Tell, ("channel", channelId), ("conversation", conversationId), ("now", now), ("kinds", kinds), ("ids", ids));
    }
}
