using Bookbag.Inbound.HelpDesk;
using Bookbag.Inbound.Live;
using Bookbag.Inbound.OutgoingWebhooks;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Webhooks;

/// <summary>The rows that <see cref="DeliveryApplier"/> decides on: read, locked and written inside the caller's transaction, each kind by one statement.</summary>
internal sealed class DeliveryRows(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
{
    /// <summary>Finds the messages of ours that statuses are about.</summary>
    public async Task FindMessagesAsync(List<StatusEntry> statuses)
    {
        if (statuses.Count == 0)
            return;
        await using var command = connection.Statement(ApplySql.FindMessages)
            .Column("channels", statuses, NpgsqlDbType.Uuid, s => s.Channel.ChannelId)
            .Column("wamids", statuses, NpgsqlDbType.Text, s => s.Update.Wamid)
            .Column("tokens", statuses, NpgsqlDbType.Uuid, s => s.Token);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            statuses[(int)row.GetInt64(0) - 1].Target = new(row.GetGuid(1), row.GetGuid(2), row.GetFieldValue<DateTimeOffset>(3), row.GetBoolean(4));
    }

    /// <summary>Locks conversations; those that do not exist are not returned.</summary>
    public async Task<IReadOnlyList<ConversationState>> LockConversationsAsync(HashSet<(Guid Channel, Guid Id)> wanted)
    {
        if (wanted.Count == 0)
            return [];
        await using var command = connection.Statement(ApplySql.LockConversations)
            .Column("channels", wanted, NpgsqlDbType.Uuid, c => c.Channel)
            .Column("ids", wanted, NpgsqlDbType.Uuid, c => c.Id);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<ConversationState>(wanted.Count);
        while (await row.ReadAsync(cancellationToken))
            found.Add(ConversationState.Read(row));
        return found;
    }

    /// <summary>Enters Meta's message ids in the ledger; returns those that were not in it.</summary>
    public async Task<HashSet<(Guid Channel, string Wamid)>> EnterWamidsAsync(IReadOnlyCollection<(Guid Channel, string Wamid, Guid Conversation, Guid Id, DateTimeOffset At)> entries)
    {
        var entered = new HashSet<(Guid, string)>(entries.Count);
        if (entries.Count == 0)
            return entered;
        await using var command = connection.Statement(ApplySql.EnterWamids)
            .Column("channels", entries, NpgsqlDbType.Uuid, e => e.Channel)
            .Column("wamids", entries, NpgsqlDbType.Text, e => e.Wamid)
            .Column("conversations", entries, NpgsqlDbType.Uuid, e => e.Conversation)
            .Column("messages", entries, NpgsqlDbType.Uuid, e => e.Id)
            .Column("ats", entries, NpgsqlDbType.TimestampTz, e => e.At);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            entered.Add((row.GetGuid(0), row.GetString(1)));
        return entered;
    }

    public async Task InsertMessagesAsync(List<MessageEntry> messages)
    {
        if (messages.Count == 0)
            return;
        await using var command = connection.Statement(ApplySql.InsertMessages)
            .Column("workspaces", messages, NpgsqlDbType.Uuid, m => m.Channel.WorkspaceId)
            .Column("channels", messages, NpgsqlDbType.Uuid, m => m.Channel.ChannelId)
            .Column("conversations", messages, NpgsqlDbType.Uuid, m => m.ConversationId)
            .Column("ids", messages, NpgsqlDbType.Uuid, m => m.Id)
            .Column("ats", messages, NpgsqlDbType.TimestampTz, m => m.At)
            .Column("authors", messages, NpgsqlDbType.Text, m => m.Author)
            .Column("types", messages, NpgsqlDbType.Text, m => m.Message.Type)
            .Column("texts", messages, NpgsqlDbType.Text, m => m.Message.Text)
            .Column("contents", messages, NpgsqlDbType.Jsonb, m => m.Message.Content)
            .Column("wamids", messages, NpgsqlDbType.Text, m => m.Message.Wamid)
            .Column("quoted", messages, NpgsqlDbType.Text, m => m.Message.ContextWamid)
            .Column("contexts", messages, NpgsqlDbType.Jsonb, m => m.Message.Context)
            .Column("referrals", messages, NpgsqlDbType.Jsonb, m => (m.Message as InboundMessage)?.Referral)
            .Column("awaiting", messages, NpgsqlDbType.Boolean, m => m.Awaiting)
            .Column("deliveries", messages, NpgsqlDbType.Bigint, m => m.Delivery.Id);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What a person answered elsewhere waits for no answer of ours.</summary>
    public async Task SettleAnsweredAsync(IReadOnlyCollection<ConversationState> answered)
    {
        if (answered.Count == 0)
            return;
        await using var command = connection.Statement(ApplySql.Answered)
            .Column("channels", answered, NpgsqlDbType.Uuid, c => c.ChannelId)
            .Column("conversations", answered, NpgsqlDbType.Uuid, c => c.Id)
            .Column("ats", answered, NpgsqlDbType.TimestampTz, c => c.AnsweredUpTo);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Has the files of messages fetched.</summary>
    public async Task WantMediaAsync(List<MessageEntry> messages)
    {
        if (messages.Count == 0)
            return;
        await using var command = connection.Statement(ApplySql.WantMedia)
            .Column("workspaces", messages, NpgsqlDbType.Uuid, m => m.Channel.WorkspaceId)
            .Column("channels", messages, NpgsqlDbType.Uuid, m => m.Channel.ChannelId)
            .Column("agents", messages, NpgsqlDbType.Uuid, m => m.Channel.AgentId)
            .Column("conversations", messages, NpgsqlDbType.Uuid, m => m.ConversationId)
            .Column("ids", messages, NpgsqlDbType.Uuid, m => m.Id)
            .Column("ats", messages, NpgsqlDbType.TimestampTz, m => m.At)
            .Column("directions", messages, NpgsqlDbType.Text, m => m.Message is MessageEcho ? "out" : "in")
            .Column("kinds", messages, NpgsqlDbType.Text, m => m.Message.Kind.ToString().ToLowerInvariant())
            .Column("mimes", messages, NpgsqlDbType.Text, m => m.Message.Media!.MimeType)
            .Column("filenames", messages, NpgsqlDbType.Text, m => m.Message.Media!.Filename)
            .Column("metas", messages, NpgsqlDbType.Text, m => m.Message.Media!.Id)
            .Column("urls", messages, NpgsqlDbType.Text, m => m.Message.Media!.Url)
            .Column("hashes", messages, NpgsqlDbType.Bytea, m => m.Message.Media!.Sha256)
            .Column("received", messages, NpgsqlDbType.TimestampTz, m => m.Delivery.ReceivedAt);
        command.Parameters.AddWithValue("now", now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Locks messages of ours.</summary>
    public async Task<Dictionary<(Guid Channel, Guid Id), MessageState>> LockMessagesAsync(IReadOnlyCollection<(Guid Channel, DateTimeOffset At, Guid Id)> keys)
    {
        var found = new Dictionary<(Guid, Guid), MessageState>(keys.Count);
        if (keys.Count == 0)
            return found;
        await using var command = connection.Statement(ApplySql.LockMessages)
            .Column("channels", keys, NpgsqlDbType.Uuid, k => k.Channel)
            .Column("ats", keys, NpgsqlDbType.TimestampTz, k => k.At)
            .Column("ids", keys, NpgsqlDbType.Uuid, k => k.Id);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var state = MessageState.Read(row);
            found.Add((state.ChannelId, state.Id), state);
        }

        return found;
    }

    public async Task UpdateMessagesAsync(List<MessageState> messages)
    {
        if (messages.Count == 0)
            return;
        await using var command = connection.Statement(ApplySql.UpdateMessages)
            .Column("channels", messages, NpgsqlDbType.Uuid, m => m.ChannelId)
            .Column("ats", messages, NpgsqlDbType.TimestampTz, m => m.At)
            .Column("ids", messages, NpgsqlDbType.Uuid, m => m.Id)
            .Column("wamids", messages, NpgsqlDbType.Text, m => m.Wamid)
            .Column("statuses", messages, NpgsqlDbType.Text, m => m.Status)
            .Column("ranks", messages, NpgsqlDbType.Smallint, m => m.Rank)
            .Column("sent", messages, NpgsqlDbType.TimestampTz, m => m.SentAt)
            .Column("delivered", messages, NpgsqlDbType.TimestampTz, m => m.DeliveredAt)
            .Column("read", messages, NpgsqlDbType.TimestampTz, m => m.ReadAt)
            .Column("failed", messages, NpgsqlDbType.TimestampTz, m => m.FailedAt)
            .Column("codes", messages, NpgsqlDbType.Integer, m => m.ErrorCode)
            .Column("texts", messages, NpgsqlDbType.Text, m => m.ErrorText)
            .Column("first", messages, NpgsqlDbType.TimestampTz, m => m.FirstStatusAt);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task InsertConversationsAsync(List<ConversationState> begun)
    {
        if (begun.Count == 0)
            return;
        await using var command = States(ApplySql.InsertConversations, begun)
            .Column("workspaces", begun, NpgsqlDbType.Uuid, c => c.BegunOn!.WorkspaceId)
            .Column("agents", begun, NpgsqlDbType.Uuid, c => c.BegunOn!.AgentId);
        command.Parameters.AddWithValue("now", now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task UpdateConversationsAsync(List<ConversationState> changed)
    {
        if (changed.Count == 0)
            return;
        await using var command = States(ApplySql.UpdateConversations, changed);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Lets tickets follow; whether any of them was opened, closed, or is another's turn now.</summary>
    public async Task<bool> LetTicketsFollowAsync(IReadOnlyCollection<TicketNews> news)
    {
        await using var tickets = new NpgsqlBatch(connection);
        tickets.LetTicketsFollow(news, null, null, now);
        return await tickets.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Tells live updates what changed.</summary>
    public async Task TellLiveAsync(IReadOnlyCollection<(Guid Channel, string Kind, Guid Id, Guid Conversation)> changes, IReadOnlyDictionary<Guid, ChannelRoute> channels)
    {
        await using var command = connection.Statement(LiveSql.TellMany)
            .Column("workspaces", changes, NpgsqlDbType.Uuid, c => channels[c.Channel].WorkspaceId)
            .Column("agents", changes, NpgsqlDbType.Uuid, c => channels[c.Channel].AgentId)
            .Column("kinds", changes, NpgsqlDbType.Text, c => c.Kind)
            .Column("ids", changes, NpgsqlDbType.Uuid, c => c.Id)
            .Column("conversations", changes, NpgsqlDbType.Uuid, c => c.Conversation);
        command.Parameters.AddWithValue("now", now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Keeps what Meta reports of numbers.</summary>
    public async Task ReportAsync(List<(Guid Channel, GraphError Error, DateTimeOffset At)> reports)
    {
        if (reports.Count == 0)
            return;
        await using var command = connection.Statement(ApplySql.Report)
            .Column("channels", reports, NpgsqlDbType.Uuid, r => r.Channel)
            .Column("codes", reports, NpgsqlDbType.Integer, r => r.Error.Code)
            .Column("texts", reports, NpgsqlDbType.Text, r => r.Error.InWords)
            .Column("ats", reports, NpgsqlDbType.TimestampTz, r => r.At);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Tells other systems that the business answered.</summary>
    public async Task TellRepliesAsync(List<(Guid Channel, DateTimeOffset At, Guid Id)> replies)
    {
        if (replies.Count == 0)
            return;
        await using var command = connection.Statement(OutgoingWebhookSql.Replied)
            .Column("channels", replies, NpgsqlDbType.Uuid, r => r.Channel)
            .Column("ats", replies, NpgsqlDbType.TimestampTz, r => r.At)
            .Column("ids", replies, NpgsqlDbType.Uuid, r => r.Id);
        command.Parameters.AddWithValue("now", now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlCommand States(string sql, List<ConversationState> states) => connection.Statement(sql)
        .Column("channels", states, NpgsqlDbType.Uuid, c => c.ChannelId)
        .Column("ids", states, NpgsqlDbType.Uuid, c => c.Id)
        .Column("phones", states, NpgsqlDbType.Text, c => c.Phone)
        .Column("users", states, NpgsqlDbType.Text, c => c.UserId)
        .Column("parents", states, NpgsqlDbType.Text, c => c.ParentUserId)
        .Column("names", states, NpgsqlDbType.Text, c => c.Name)
        .Column("usernames", states, NpgsqlDbType.Text, c => c.Username)
        .Column("modes", states, NpgsqlDbType.Text, c => c.IsHuman ? "human" : "ai")
        .Column("escalated", states, NpgsqlDbType.TimestampTz, c => c.EscalatedAt)
        .Column("reasons", states, NpgsqlDbType.Text, c => c.EscalationReason)
        .Column("epochs", states, NpgsqlDbType.Bigint, c => c.Epoch)
        .Column("inbound", states, NpgsqlDbType.TimestampTz, c => c.LastInboundAt)
        .Column("refused", states, NpgsqlDbType.TimestampTz, c => c.WindowRefusedAt)
        .Column("latest", states, NpgsqlDbType.TimestampTz, c => c.LastMessageAt)
        .Column("latest_texts", states, NpgsqlDbType.Text, c => c.LastMessageText)
        .Column("unanswered", states, NpgsqlDbType.TimestampTz, c => c.UnansweredSince)
        .Column("due", states, NpgsqlDbType.TimestampTz, c => c.TurnDueAt)
        .Column("attempts", states, NpgsqlDbType.Integer, c => c.TurnAttempts)
        .Column("traces", states, NpgsqlDbType.Text, c => c.Traceparent);
}
