using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>One simulated customer on one number, as the customer's phone shows it. Guarded by the gate of <see cref="SandboxState"/>.</summary>
internal sealed class Conversation
{
    /// <summary>How long WhatsApp shows "typing" when no reply comes.</summary>
    public static readonly TimeSpan TypingShown = TimeSpan.FromSeconds(25);

    /// <summary>Meta's customer service window.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    private readonly Queue<DateTimeOffset> _marketing = [];
    private DateTimeOffset _paidUntil;

    public Conversation(SandboxNumber number, string phone)
    {
        (Number, Phone) = (number, phone);
        // Unique to the portfolio and the customer, as Meta's are, and the same after every restart.
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes($"{number.Account.Portfolio.Id}/{phone}"));
        UserId = $"US.{BinaryPrimitives.ReadUInt64BigEndian(hash):D20}";
    }

    public SandboxNumber Number { get; }
    public string Phone { get; }
    public string UserId { get; set; }
    public string? Name { get; set; }
    public string? Username { get; set; }

    /// <summary>A customer who adopted a username: webhooks leave the phone number out.</summary>
    public bool HidePhone { get; set; }

    /// <summary>Whether and when this customer reads; null as the number says.</summary>
    public bool? Reads { get; set; }
    public TimeSpan? ReadAfter { get; set; }

    /// <summary>What this customer does about templates; null as the number says.</summary>
    public CustomerHabits? Habits { get; set; }

    /// <summary>How many templates were taken for this customer.</summary>
    public int Templates { get; set; }

    /// <summary>Whether the customer stopped marketing in WhatsApp.</summary>
    public bool StoppedMarketing { get; set; }

    /// <summary>Whether the customer blocked the business.</summary>
    public bool Blocked { get; set; }

    /// <summary>The error with which every message to this customer fails; null for none.</summary>
    public int? FailsWith { get; set; }

    /// <summary>Whether somebody chose how this customer behaves: it is then kept without a message.</summary>
    public bool IsConfigured { get; set; }

    /// <summary>Meta's timestamp of the customer's latest message: the window counts from it.</summary>
    public DateTimeOffset? LastInboundAt { get; private set; }

    public DateTimeOffset? TypingSince { get; set; }

    /// <summary>What happened, in order.</summary>
    public Queue<ConversationItem> Items { get; } = [];

    public DateTimeOffset? WindowClosesAt => LastInboundAt + Window;

    public bool IsOpenAt(DateTimeOffset now) => now < WindowClosesAt;

    /// <summary>A message of the customer's own opens the window from its own timestamp, however late it comes.</summary>
    public void OpenWindow(DateTimeOffset at)
    {
        if (LastInboundAt is null || at > LastInboundAt)
            LastInboundAt = at;
    }

    public bool TryTakePair(DateTimeOffset now) => PairRateLimit.TryTake(ref _paidUntil, now);

    /// <summary>Takes a place of Meta's limit on marketing that one customer gets, or refuses.</summary>
    public bool TryTakeMarketing(DateTimeOffset now)
    {
        if (Number.MarketingPerCustomer is not { } most)
            return true;
        while (_marketing.TryPeek(out var oldest) && oldest <= now - Window)
            _marketing.Dequeue();
        if (_marketing.Count >= most)
            return false;
        _marketing.Enqueue(now);
        return true;
    }
}

/// <summary>Something that the customer's phone shows.</summary>
internal abstract class ConversationItem(Conversation conversation, DateTimeOffset at)
{
    public Conversation Conversation { get; } = conversation;
    public DateTimeOffset At { get; } = at;
}

/// <summary>A message, of the customer or of the business.</summary>
internal abstract class SandboxMessage(Conversation conversation, string wamid, string type, byte[] body, DateTimeOffset at) : ConversationItem(conversation, at)
{
    public string Wamid { get; } = wamid;

    /// <summary>Meta's message type.</summary>
    public string Type { get; } = type;

    /// <summary>The JSON in which it came: the customer's message object, or the body of the business's request.</summary>
    public byte[] Body { get; } = body;

    /// <summary>When the other side read it.</summary>
    public DateTimeOffset? ReadAt { get; set; }
}

/// <summary>What the customer wrote.</summary>
internal sealed class CustomerMessage(Conversation conversation, string wamid, string type, byte[] body, DateTimeOffset at)
    : SandboxMessage(conversation, wamid, type, body, at);

/// <summary>What the business sent.</summary>
internal sealed class BusinessMessage(Conversation conversation, string wamid, string type, byte[] body, DateTimeOffset at)
    : SandboxMessage(conversation, wamid, type, body, at)
{
    public DeliveryStatus Status { get; set; }
    public DateTimeOffset? SentAt { get; set; }
    public DateTimeOffset? DeliveredAt { get; set; }
    public DateTimeOffset? FailedAt { get; set; }
    public GraphRefusal? Failure { get; set; }

    /// <summary><c>biz_opaque_callback_data</c>: comes back in every status.</summary>
    public string? Opaque { get; init; }

    /// <summary>Whether it was addressed to the business-scoped user id and not to the phone number.</summary>
    public bool ToUserId { get; init; }

    /// <summary>The pricing category: <c>service</c>, or the template's.</summary>
    public required string Category { get; init; }

    /// <summary>Whether the window was open when it was accepted: it is then free of charge unless it is marketing.</summary>
    public bool InWindow { get; init; }

    /// <summary>When it took a place of the messaging limit; null where it took none.</summary>
    public DateTimeOffset? OpenedAt { get; init; }

    /// <summary>Which of the templates to this customer it is, from 1.</summary>
    public int Nth { get; init; }

    /// <summary>The labels of the template's quick replies.</summary>
    public IReadOnlyList<string> QuickReplies { get; init; } = [];

    // {"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"…"}]}
    /// <summary>What a tap on a quick reply brings back: what the business gave it when it sent the template, else its label.</summary>
    public string PayloadOf(string label)
    {
        var place = QuickReplies.TakeWhile(reply => reply != label).Count();
        if (place == QuickReplies.Count)
            return label;
        using var body = JsonDocument.Parse(Body);
        var buttons = body.RootElement.Member("template")?.Elements("components").Where(c => c.Text("sub_type")?.ToLowerInvariant() == "quick_reply") ?? [];
        return buttons.ElementAtOrDefault(place).Elements("parameters").FirstOrDefault().Text("payload") ?? label;
    }
}

/// <summary>The business marked the customer's messages as read, up to this one.</summary>
internal sealed class ReadMark(Conversation conversation, string wamid, DateTimeOffset at) : ConversationItem(conversation, at)
{
    public string Wamid { get; } = wamid;
}

/// <summary>The business showed that it is typing.</summary>
internal sealed class TypingMark(Conversation conversation, DateTimeOffset at) : ConversationItem(conversation, at);

/// <summary>How far a message of the business has come.</summary>
public enum DeliveryStatus
{
    /// <summary>Taken by the API, nothing more.</summary>
    Accepted,

    /// <summary>On its way.</summary>
    Sent,

    /// <summary>On the customer's phone.</summary>
    Delivered,

    /// <summary>Read by the customer.</summary>
    Read,

    /// <summary>Given up.</summary>
    Failed,
}

/// <summary>How a free-form message outside the customer service window is refused; Meta does both.</summary>
public enum WindowRefusal
{
    /// <summary>With error 131047 in the answer.</summary>
    Answer,

    /// <summary>Accepted, then failed with 131047 by a status webhook.</summary>
    Status,
}
