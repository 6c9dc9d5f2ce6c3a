using Bookbag.Inbound.Live;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Applies what deliveries say, inside the caller's transaction: all of it, and each item once.</summary>
/// <remarks>
/// The number of statements does not depend on the size of the batch. Rows are locked in one order (addresses, conversations, ledger,
/// messages, each by key), so that processors wait for each other; what is to happen is decided between the lock and the write, in
/// <see cref="ConversationState"/> and <see cref="MessageState"/>, and what is read and written is in <see cref="DeliveryRows"/>.
/// </remarks>
internal sealed class DeliveryApplier(NpgsqlConnection connection, DateTimeOffset now, DebounceOptions debounce, CancellationToken cancellationToken)
{
    private readonly CustomerResolver _customers = new(connection);
    private readonly DeliveryRows _rows = new(connection, now, cancellationToken);
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
        await _rows.FindMessagesAsync(statuses);

        await LockConversationsAsync(messages, statuses, identities);
        await EnterAsync(messages);
        Receive(messages);
        foreach (var identity in identities)
            Conversation(identity.Channel.ChannelId, identity.ConversationId)?.Move(identity.Change);
        await WriteMessagesAsync(messages);
        await ApplyStatusesAsync(statuses, messages);
        await _rows.InsertConversationsAsync([.. _conversations.Values.Where(c => c is { Changed: true, BegunOn: not null })]);
        await _rows.UpdateConversationsAsync([.. _conversations.Values.Where(c => c is { Changed: true, BegunOn: null })]);
        await AddRepliesAsync(messages);
        _events.AddRange(await DeliveryEvents.NewAsync(connection, [.. items.Select(DeliveryEvent.Of).OfType<DeliveryEvent>()], cancellationToken));
        Counts.Events = await DeliveryEvents.WriteAsync(connection, _events, cancellationToken);
        await _rows.ReportAsync([.. items.Where(i => i.Item is ChannelError).Select(i => (i.Channel.ChannelId, ((ChannelError)i.Item).Error, i.Delivery.ReceivedAt))]);
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

        foreach (var state in await _rows.LockConversationsAsync(wanted))
            _conversations.Add((state.ChannelId, state.Id), state);
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
        var entered = await _rows.EnterWamidsAsync([.. messages.Select(m => (m.Channel.ChannelId, m.Message.Wamid, m.ConversationId, m.Id, m.At))]);
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
            }
        }
    }

    /// <summary>What may answer a campaign, where there is one.</summary>
    private async Task AddRepliesAsync(List<MessageEntry> messages)
    {
        if (messages.Count == 0)
            return;
        var campaigning = await DeliveryEvents.CampaigningAsync(connection, messages.Select(m => m.Channel.ChannelId), cancellationToken);
        _events.AddRange(messages.Where(m => campaigning.Contains(m.Channel.ChannelId)).Select(DeliveryEvent.ReplyOf).OfType<DeliveryEvent>());
    }

    private async Task WriteMessagesAsync(List<MessageEntry> messages)
    {
        Counts.Messages = messages.Count;
        await _rows.InsertMessagesAsync(messages);
        var files = messages.FindAll(m => m.Message.Media is not null);
        Counts.Media = files.Count;
        await _rows.WantMediaAsync(files);
        await _rows.SettleAnsweredAsync([.. _conversations.Values.Where(c => c.AnsweredUpTo is not null)]);
    }

    private async Task ApplyStatusesAsync(List<StatusEntry> statuses, List<MessageEntry> messages)
    {
        if (statuses.Count == 0)
            return;

        // A person's message from the phone and its status may come together.
        var echoes = messages.Where(m => m.Message is MessageEcho).Select(m => m.Message.Wamid).ToHashSet();
        await _rows.FindMessagesAsync(statuses.FindAll(s => s.Target is null && echoes.Contains(s.Update.Wamid)));

        var targets = await _rows.LockMessagesAsync([.. statuses.Where(s => s.Target is not null).Select(s => (s.Channel.ChannelId, s.Target!.At, s.Target.MessageId)).Distinct()]);
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
        await _rows.TellRepliesAsync([.. learned.Where(m => m.Status != "failed").Select(m => (m.ChannelId, m.At, m.Id))]);
        await _rows.UpdateMessagesAsync(_changed);
        await _rows.EnterWamidsAsync([.. learned.Select(m => (m.ChannelId, m.Wamid!, m.ConversationId, m.Id, m.At))]); // a status names the message by it
    }

    /// <summary>Lets tickets follow, and tells live updates what changed: one statement for all of it.</summary>
    private async Task TellAsync(IReadOnlyCollection<DeliveryItem> items, List<MessageEntry> messages)
    {
        await _rows.TellRepliesAsync([.. messages.Where(m => m.Message is MessageEcho { Imported: false }).Select(m => (m.Channel.ChannelId, m.At, m.Id))]);
        var news = _conversations.Values.Where(c => c.TicketNews is not null).Select(c => c.TicketNews!.Value).ToList();
        if (news.Count > 0)
            Counts.TicketsMoved = await _rows.LetTicketsFollowAsync(news);

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
        await _rows.TellLiveAsync(changes, channels);
        Counts.Changed = true;
    }
}
