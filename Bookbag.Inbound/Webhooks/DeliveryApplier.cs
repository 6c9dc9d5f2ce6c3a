using Bookbag.Inbound.HelpDesk;
using Bookbag.Inbound.Live;
using Bookbag.Inbound.OutgoingWebhooks;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Applies what deliveries say, inside the caller's transaction: all of it, and each item once.</summary>
/// <remarks>
/// The number of statements does not depend on the size of the batch. Rows are locked in one order (addresses, conversations, ledger,
/// messages, each by key), so that processors wait for each other; what is to happen is decided between the lock and the write, in
/// <see cref="ConversationState"/> and <see cref="MessageState"/>.
/// </remarks>
internal sealed class DeliveryApplier(NpgsqlConnection connection, DateTimeOffset now, DebounceOptions debounce, CancellationToken cancellationToken)
{
    private readonly CustomerResolver _customers = new(connection);
    private readonly Dictionary<(Guid Channel, Guid Id), ConversationState> _conversations = [];
    private readonly List<Rejected> _rejected = [];
    private readonly List<DeliveryEvent> _events = [];
    private readonly List<MessageState> _changed = [];

    /// <summary>What was counted.</summary>
    public AppliedCounts Counts { get; } = new();

    /// <summary>Applies the items; returns those that could not be.</summary>
    public async Task<IReadOnlyList<Rejected>> ApplyAsync(IReadOnlyCollection<DeliveryItem> items)
    {
        var messages = Messages(items);
        var identities = Identities(items);
        var statuses = items.Where(i => i.Item is StatusUpdate { Status: not MessageStatus.Unknown }).Select(i => new StatusEntry(i)).ToList();

        // Twice: first for what is in the database, so that messages of the same batch go the new way; then for what this batch has begun.
        await _customers.FollowAsync(identities, cancellationToken);
        await _customers.ResolveAsync(cancellationToken);
        await _customers.FollowAsync(identities, cancellationToken);
        await FindMessagesAsync(statuses);

        await LockConversationsAsync(messages, statuses, identities);
        await EnterAsync(messages);
        Receive(messages);
        foreach (var identity in identities)
            Conversation(identity.Channel.ChannelId, identity.ConversationId)?.Move(identity.Change);
        await InsertMessagesAsync(messages);
        await ApplyStatusesAsync(statuses, messages);
        await WriteConversationsAsync();
        _events.AddRange(await DeliveryEvents.NewAsync(connection, [.. items.Select(DeliveryEvent.Of).OfType<DeliveryEvent>()], cancellationToken));
        Counts.Events = await DeliveryEvents.WriteAsync(connection, _events, cancellationToken);
        await TellAsync(items, messages);
        return _rejected;
    }

    /// <summary>The messages of the batch, each once: Meta repeats them, also in one batch.</summary>
    private List<MessageEntry> Messages(IReadOnlyCollection<DeliveryItem> items)
    {
        var once = new HashSet<(Guid, string)>(items.Count);
        var messages = new List<MessageEntry>(items.Count);
        foreach (var item in items)
        {
            if (item.Item is not WebhookMessage message)
                continue;
            if (once.Add((item.Channel.ChannelId, message.Wamid)))
                messages.Add(new(item, message, _customers.Meet(item.Channel, message.Customer.Address, now)));
            else
                Counts.Duplicates++;
        }

        return messages;
    }

    private static List<IdentityEntry> Identities(IReadOnlyCollection<DeliveryItem> items)
    {
        var identities = new List<IdentityEntry>();
        foreach (var item in items)
        {
            if (((item.Item as InboundMessage)?.IdentityChange ?? (item.Item as IdentityUpdate)?.Change) is { } change)
                identities.Add(new(item.Channel, change));
        }

        return identities;
    }

    /// <summary>Locks every conversation that something may happen to; those that do not exist yet are begun.</summary>
    private async Task LockConversationsAsync(List<MessageEntry> messages, List<StatusEntry> statuses, List<IdentityEntry> identities)
    {
        var wanted = new HashSet<(Guid Channel, Guid Id)>();
        foreach (var message in messages)
            wanted.Add((message.Channel.ChannelId, message.ConversationId));
        foreach (var identity in identities)
        {
            if (identity.ConversationId is { } id)
                wanted.Add((identity.Channel.ChannelId, id));
        }

        foreach (var status in statuses)
        {
            // The others change their message alone.
            if (status.Target is { } target && (!target.Settled || status.ClosesWindow || status.IsFailure(now)))
                wanted.Add((status.Channel.ChannelId, target.ConversationId));
        }

        if (wanted.Count > 0)
        {
            await using var command = connection.Statement(ApplySql.LockConversations)
                .Column("channels", wanted, NpgsqlDbType.Uuid, c => c.Channel)
                .Column("ids", wanted, NpgsqlDbType.Uuid, c => c.Id);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                var state = ConversationState.Read(row);
                _conversations.Add((state.ChannelId, state.Id), state);
            }
        }

        foreach (var message in messages)
        {
            if (Conversation(message.Channel.ChannelId, message.ConversationId) is null)
                _conversations.Add((message.Channel.ChannelId, message.ConversationId), ConversationState.Begin(message.Channel, message.ConversationId));
        }
    }

    private ConversationState? Conversation(Guid channelId, Guid? id) => id is { } known ? _conversations.GetValueOrDefault((channelId, known)) : null;

    /// <summary>Enters the messages in the ledger; those that are there already have been applied, by whomever.</summary>
    private async Task EnterAsync(List<MessageEntry> messages)
    {
        if (messages.Count == 0)
            return;
        await using var command = connection.Statement(ApplySql.EnterWamids)
            .Column("channels", messages, NpgsqlDbType.Uuid, m => m.Channel.ChannelId)
            .Column("wamids", messages, NpgsqlDbType.Text, m => m.Message.Wamid)
            .Column("conversations", messages, NpgsqlDbType.Uuid, m => m.ConversationId)
            .Column("messages", messages, NpgsqlDbType.Uuid, m => m.Id)
            .Column("ats", messages, NpgsqlDbType.TimestampTz, m => m.At);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var entered = new HashSet<(Guid, string)>(messages.Count);
        while (await row.ReadAsync(cancellationToken))
            entered.Add((row.GetGuid(0), row.GetString(1)));
        Counts.Duplicates += messages.RemoveAll(m => !entered.Contains((m.Channel.ChannelId, m.Message.Wamid)));
    }

    private void Receive(List<MessageEntry> messages)
    {
        foreach (var message in messages)
        {
            var conversation = _conversations[(message.Channel.ChannelId, message.ConversationId)];
            if (message.Message is MessageEcho echo)
            {
                conversation.Echo(echo, message.At, message.Delivery, now);
            }
            else if (message.Message is InboundMessage inbound)
            {
                message.Awaiting = conversation.Receive(inbound, message.At, message.Delivery, now, debounce);
                Counts.TurnsDue |= message.Awaiting && !conversation.IsHuman;
                _events.AddRange(DeliveryEvent.Of(message));
                if (DeliveryEvent.ReplyOf(message) is { } reply)
                    _events.Add(reply);
            }
        }
    }

    private async Task InsertMessagesAsync(List<MessageEntry> messages)
    {
        Counts.Messages = messages.Count;
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
        await WantMediaAsync(messages.FindAll(m => m.Message.Media is not null));

        var answered = _conversations.Values.Where(c => c.AnsweredUpTo is not null).ToList();
        if (answered.Count == 0)
            return;
        await using var settle = connection.Statement(ApplySql.Answered)
            .Column("channels", answered, NpgsqlDbType.Uuid, c => c.ChannelId)
            .Column("conversations", answered, NpgsqlDbType.Uuid, c => c.Id)
            .Column("ats", answered, NpgsqlDbType.TimestampTz, c => c.AnsweredUpTo);
        await settle.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task WantMediaAsync(List<MessageEntry> messages)
    {
        Counts.Media = messages.Count;
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

    private async Task FindMessagesAsync(List<StatusEntry> statuses)
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

    private async Task ApplyStatusesAsync(List<StatusEntry> statuses, List<MessageEntry> messages)
    {
        if (statuses.Count == 0)
            return;

        // A person's message from the phone and its status may come together.
        var echoes = messages.Where(m => m.Message is MessageEcho).Select(m => m.Message.Wamid).ToHashSet();
        await FindMessagesAsync(statuses.FindAll(s => s.Target is null && echoes.Contains(s.Update.Wamid)));

        var targets = await LockMessagesAsync([.. statuses.Where(s => s.Target is not null).Select(s => (s.Channel.ChannelId, s.Target!.At, s.Target.MessageId)).Distinct()]);
        var learned = new List<MessageState>();
        foreach (var status in statuses)
        {
            if (status.Target is not { } target || !targets.TryGetValue((status.Channel.ChannelId, target.MessageId), out var message))
            {
                _events.Add(DeliveryEvent.Of(status));
                // Everything sent from here carries an id of ours: one without was sent by somebody else from the same number.
                if (status.Update.CallbackData is null)
                    _rejected.Add(new(status.Delivery, status.Channel, status.Update.Path, "unknown_message", "Nobody here sent a message of this id."));
                continue;
            }

            Counts.Statuses++;
            var conversation = Conversation(message.ChannelId, message.ConversationId);
            var before = message.Status;
            if (message.Take(status.Update, status.At, status.Delivery.ReceivedAt))
            {
                learned.Add(message);
                conversation?.Settle(now);
                Counts.TurnsDue = true;
            }

            if (status.ClosesWindow)
                conversation?.RefuseWindow(status.At);
            // A closed window needs nobody: the customer's next message opens it, and the agent can answer that.
            if (message.Status == "failed" && before != "failed" && status.IsFailure(now) && message.Author is "ai" or "human" && (message.Author == "human" || !status.ClosesWindow))
                conversation?.NotDelivered(message.Author == "human", message.ErrorText, now);
        }

        _changed.AddRange(targets.Values.Where(m => m.Changed));
        await TellRepliesAsync([.. learned.Where(m => m.Status != "failed").Select(m => (m.ChannelId, m.At, m.Id))]);
        await UpdateMessagesAsync(_changed);
        if (learned.Count == 0)
            return;
        await using var ledger = connection.Statement(ApplySql.EnterWamids)
            .Column("channels", learned, NpgsqlDbType.Uuid, m => m.ChannelId)
            .Column("wamids", learned, NpgsqlDbType.Text, m => m.Wamid)
            .Column("conversations", learned, NpgsqlDbType.Uuid, m => m.ConversationId)
            .Column("messages", learned, NpgsqlDbType.Uuid, m => m.Id)
            .Column("ats", learned, NpgsqlDbType.TimestampTz, m => m.At);
        await ledger.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<Dictionary<(Guid Channel, Guid Id), MessageState>> LockMessagesAsync(IReadOnlyCollection<(Guid Channel, DateTimeOffset At, Guid Id)> keys)
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

    private async Task UpdateMessagesAsync(List<MessageState> messages)
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

    private async Task WriteConversationsAsync()
    {
        var begun = _conversations.Values.Where(c => c is { Changed: true, BegunOn: not null }).ToList();
        if (begun.Count > 0)
        {
            await using var command = States(ApplySql.InsertConversations, begun)
                .Column("workspaces", begun, NpgsqlDbType.Uuid, c => c.BegunOn!.WorkspaceId)
                .Column("agents", begun, NpgsqlDbType.Uuid, c => c.BegunOn!.AgentId);
            command.Parameters.AddWithValue("now", now);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        var changed = _conversations.Values.Where(c => c is { Changed: true, BegunOn: null }).ToList();
        if (changed.Count > 0)
        {
            await using var command = States(ApplySql.UpdateConversations, changed);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Lets tickets follow, and tells live updates what changed: one statement for all of it.</summary>
    private async Task TellAsync(IReadOnlyCollection<DeliveryItem> items, List<MessageEntry> messages)
    {
        await TellRepliesAsync([.. messages.Where(m => m.Message is MessageEcho { Imported: false }).Select(m => (m.Channel.ChannelId, m.At, m.Id))]);
        var news = _conversations.Values.Where(c => c.TicketNews is not null).Select(c => c.TicketNews!.Value).ToList(); // the line above
        if (news.Count > 0)
        {
            await using var tickets = new NpgsqlBatch(connection);
            tickets.LetTicketsFollow(news, null, null, now);
            await tickets.ExecuteNonQueryAsync(cancellationToken);
            Counts.TicketsMoved = true;
        }

        var channels = new Dictionary<Guid, ChannelRoute>();
        foreach (var item in items)
            channels.TryAdd(item.Channel.ChannelId, item.Channel);
        List<(Guid Channel, string Kind, Guid Id, Guid Conversation)> changes =
        [
            .. messages.Select(m => (m.Channel.ChannelId, LiveBatches.Message, m.Id, m.ConversationId)),
            .. _changed.Select(m => (m.ChannelId, LiveBatches.Message, m.Id, m.ConversationId)),
            .. _conversations.Values.Where(c => c.Changed).Select(c => (c.ChannelId, LiveBatches.Conversation, c.Id, c.Id)),
        ];
        if (changes.Count == 0)
            return;
        await using var command = connection.Statement(LiveSql.TellMany)
            .Column("workspaces", changes, NpgsqlDbType.Uuid, c => channels[c.Channel].WorkspaceId)
            .Column("agents", changes, NpgsqlDbType.Uuid, c => channels[c.Channel].AgentId)
            .Column("kinds", changes, NpgsqlDbType.Text, c => c.Kind)
            .Column("ids", changes, NpgsqlDbType.Uuid, c => c.Id)
            .Column("conversations", changes, NpgsqlDbType.Uuid, c => c.Conversation);
        command.Parameters.AddWithValue("now", now);
        await command.ExecuteNonQueryAsync(cancellationToken);
        Counts.Changed = true;
    }

    private async Task TellRepliesAsync(List<(Guid Channel, DateTimeOffset At, Guid Id)> replies)
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
        .Column("names", states, NpgsqlDbType.Text, c => c.Name)
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

/// <summary>What was counted while applying.</summary>
internal sealed class AppliedCounts
{
    public int Messages { get; set; }

    public int Statuses { get; set; }

    public int Duplicates { get; set; }

    /// <summary>Files that are to be fetched.</summary>
    public int Media { get; set; }

    /// <summary>What was left for Outbound to act on.</summary>
    public int Events { get; set; }

    /// <summary>Whether a turn worker has something to do.</summary>
    public bool TurnsDue { get; set; }

    /// <summary>Whether something happened to tickets.</summary>
    public bool TicketsMoved { get; set; }

    /// <summary>Whether there is something to tell.</summary>
    public bool Changed { get; set; }

    public void Add(AppliedCounts other)
    {
        Messages += other.Messages;
        Statuses += other.Statuses;
        Duplicates += other.Duplicates;
        Events += other.Events;
        Media += other.Media;
        TurnsDue |= other.TurnsDue;
        TicketsMoved |= other.TicketsMoved;
        Changed |= other.Changed;
    }
}
