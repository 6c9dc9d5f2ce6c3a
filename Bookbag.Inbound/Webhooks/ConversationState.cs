using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.HelpDesk;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;

namespace Bookbag.Inbound.Webhooks;

/// <summary>A conversation as the delivery processor holds it, its row locked: what webhooks do to it is decided here, and written for all of a batch by one statement.</summary>
internal sealed class ConversationState
{
    public required Guid ChannelId { get; init; }

    public required Guid Id { get; init; }

    /// <summary>Whose it is to be; null when it is in the database already.</summary>
    public ChannelRoute? BegunOn { get; private init; }

    public string? Phone { get; set; }

    public string? UserId { get; set; }

    public string? ParentUserId { get; set; }

    public string? Name { get; set; }

    public string? Username { get; set; }

    /// <summary>Whether a person answers here.</summary>
    public bool IsHuman { get; set; }

    public DateTimeOffset? EscalatedAt { get; set; }

    public string? EscalationReason { get; set; }

    public long Epoch { get; set; }

    public DateTimeOffset? LastInboundAt { get; set; }

    public DateTimeOffset? WindowRefusedAt { get; set; }

    public DateTimeOffset LastMessageAt { get; set; }

    public string? LastMessageText { get; set; }

    public DateTimeOffset? UnansweredSince { get; set; }

    public DateTimeOffset? TurnDueAt { get; set; }

    public int TurnAttempts { get; set; }

    public string? Traceparent { get; set; }

    /// <summary>Whether there is anything to write.</summary>
    public bool Changed { get; private set; }

    /// <summary>What was answered by a person elsewhere: messages up to here wait for no answer. Null when nothing was.</summary>
    public DateTimeOffset? AnsweredUpTo { get; private set; }

    /// <summary>What its ticket has to know; null when nothing.</summary>
    public TicketNews? TicketNews { get; private set; }

    /// <summary>A conversation that nobody had before.</summary>
    public static ConversationState Begin(ChannelRoute channel, Guid id) => new() { ChannelId = channel.ChannelId, Id = id, BegunOn = channel };

    /// <summary>A row of <see cref="ApplySql.LockConversations"/>.</summary>
    public static ConversationState Read(NpgsqlDataReader row) => new()
    {
        ChannelId = row.GetGuid(0),
        Id = row.GetGuid(1),
        Phone = row.Text(2),
        UserId = row.Text(3),
        ParentUserId = row.Text(4),
        Name = row.Text(5),
        Username = row.Text(6),
        IsHuman = row.GetString(7) == "human",
        EscalatedAt = row.Time(8),
        EscalationReason = row.Text(9),
        Epoch = row.GetInt64(10),
        LastInboundAt = row.Time(11),
        WindowRefusedAt = row.Time(12),
        LastMessageAt = row.GetFieldValue<DateTimeOffset>(13),
        LastMessageText = row.Text(14),
        UnansweredSince = row.Time(15),
        TurnDueAt = row.Time(16),
        TurnAttempts = row.GetInt32(17),
        Traceparent = row.Text(18),
    };

    /// <summary>Takes a customer's message. True when it waits for an answer.</summary>
    /// <param name="message">The message.</param>
    /// <param name="at">When it was written.</param>
    /// <param name="delivery">What brought it.</param>
    /// <param name="now">The present.</param>
    /// <param name="debounce">How long to wait for more.</param>
    public bool Receive(InboundMessage message, DateTimeOffset at, QueuedDelivery delivery, DateTimeOffset now, DebounceOptions debounce)
    {
        Meet(message.Customer, at);
        Show(message, at);

        // What counts for the window: certainly what was said. Meta says "every message", so also one that it does not pass on.
        if (message is { Imported: false } && (message.Kind.IsSaid() || message.Kind == MessageKind.Unsupported))
        {
            LastInboundAt = Latest(LastInboundAt, at);
            if (WindowRefusedAt < at)
                WindowRefusedAt = null;
        }

        if (!message.DeservesAnswer || delivery.IsReplay || now >= at + CustomerServiceWindow.Length || OptWords.WishOf(message) == OptWish.Out)
            return false;

        Epoch++;
        UnansweredSince ??= delivery.ReceivedAt;
        TurnAttempts = 0;
        if (!IsHuman)
        {
            TurnDueAt = Debounce.DueAt(delivery.ReceivedAt, UnansweredSince.Value, message.Text, debounce);
            Traceparent = delivery.Traceparent;
        }
        else
        {
            TellTicket(TicketFact.Customer);
        }

        return true;
    }

    /// <summary>Takes a message that a person of the business typed on the phone: from then on a person answers here.</summary>
    public void Echo(MessageEcho message, DateTimeOffset at, QueuedDelivery delivery, DateTimeOffset now)
    {
        Meet(message.Customer, at);
        Show(message, at);
        if (message.Imported)
            return;

        if (UnansweredSince is not null)
        {
            AnsweredUpTo = Latest(AnsweredUpTo, at);
            if (LastInboundAt <= at)
                UnansweredSince = null;
        }

        // One that comes a day late says nothing about who answers today.
        if (delivery.IsReplay || now >= at + CustomerServiceWindow.Length)
            return;
        GoToPerson("A person of the business answered on the phone.", now);
        TellTicket(TicketFact.Person, EscalationCause.Echo);
    }

    /// <summary>Learns that a message of ours did not arrive: where it was the agent's, a person has to go on.</summary>
    /// <param name="byPerson">Whether a person wrote it.</param>
    /// <param name="why">Why it did not, in words.</param>
    /// <param name="now">The present.</param>
    public void NotDelivered(bool byPerson, string? why, DateTimeOffset now)
    {
        if (byPerson)
        {
            TellTicket(TicketFact.Undelivered);
            return;
        }

        Changed = true;
        GoToPerson($"The agent's answer did not arrive. {why}".TrimEnd(), now);
        TellTicket(TicketFact.Mode, EscalationCause.Failure);
    }

    private void GoToPerson(string reason, DateTimeOffset now)
    {
        if (IsHuman)
            return;
        IsHuman = true;
        EscalatedAt = now;
        EscalationReason = reason;
        Epoch++;
        // Not never: a reply that waits is still to be settled. The turn worker finds nothing else to do.
        Settle(now);
    }

    // What a person or the customer said counts for more than that there is a ticket; of these two, who spoke last.
    private void TellTicket(TicketFact fact, EscalationCause cause = EscalationCause.Takeover) => TicketNews = TicketNews switch
    {
        null => new(ChannelId, Id, fact, cause),
        { } before => before with { Fact = fact == TicketFact.Mode ? before.Fact : fact },
    };

    /// <summary>Learns an address: the one written from last is the one that is answered.</summary>
    private void Meet(Customer customer, DateTimeOffset at)
    {
        var isLatest = LastInboundAt is null || at >= LastInboundAt;
        Phone = isLatest ? customer.Phone ?? Phone : Phone ?? customer.Phone;
        UserId = isLatest ? customer.UserId ?? UserId : UserId ?? customer.UserId;
        ParentUserId = isLatest ? customer.ParentUserId ?? ParentUserId : ParentUserId ?? customer.ParentUserId;
        Name = isLatest ? customer.Name ?? Name : Name ?? customer.Name;
        Username = isLatest ? customer.Username ?? Username : Username ?? customer.Username;
    }

    /// <summary>The customer is reached in another way from now on. A notice that came late, when the next change is known already, changes nothing.</summary>
    public void Move(IdentityChange change)
    {
        Changed = true;
        Phone = Next(Phone, change.Previous.Phone, change.Current.Phone);
        UserId = Next(UserId, change.Previous.UserId, change.Current.UserId);
        ParentUserId = Next(ParentUserId, change.PreviousParentUserId, change.CurrentParentUserId);

        static string? Next(string? known, string? previous, string? current) =>
            current is not null && (known is null || previous is null || known == previous) ? current : known;
    }

    /// <summary>Meta refused a message because the window was closed (131047): its word counts until the customer writes again.</summary>
    public void RefuseWindow(DateTimeOffset at)
    {
        if (LastInboundAt > at)
            return;
        Changed = true;
        WindowRefusedAt = Latest(WindowRefusedAt, at);
    }

    /// <summary>A reply whose outcome was unknown has been settled: what waited for it goes on.</summary>
    public void Settle(DateTimeOffset now)
    {
        if (TurnDueAt is null || TurnDueAt <= now)
            return;
        Changed = true;
        TurnDueAt = now;
    }

    private void Show(WebhookMessage message, DateTimeOffset at)
    {
        Changed = true;
        if (at < LastMessageAt)
            return;
        LastMessageAt = at;
        LastMessageText = message.Text;
    }

    private static DateTimeOffset Latest(DateTimeOffset? known, DateTimeOffset at) => known > at ? known.Value : at;
}
