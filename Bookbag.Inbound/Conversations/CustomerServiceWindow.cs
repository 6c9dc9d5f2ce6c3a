namespace Bookbag.Inbound.Conversations;

/// <summary>The 24 hours after the customer's last message in which free-form messages are allowed.</summary>
/// <param name="LastInboundAt">Meta's own timestamp of the customer's last message: a webhook may come days late. Null when the customer never wrote.</param>
/// <param name="RefusedAt">When Meta said 131047. Its word is final until the customer writes again.</param>
public readonly record struct CustomerServiceWindow(DateTimeOffset? LastInboundAt, DateTimeOffset? RefusedAt = null)
{
    /// <summary>How long Meta keeps it open.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromHours(24);

    /// <summary>Nothing is sent in its last minutes: the call takes time, and Meta's clock is not ours.</summary>
    public static readonly TimeSpan SafetyMargin = TimeSpan.FromMinutes(5);

    /// <summary>When it closes, or closed; null when it never was open.</summary>
    public DateTimeOffset? ClosesAt => RefusedAt ?? LastInboundAt + Length;

    /// <summary>The first instant at which nothing free-form is sent any more; null when nothing ever was allowed.</summary>
    public DateTimeOffset? SendingEndsAt => RefusedAt ?? LastInboundAt + Length - SafetyMargin;

    /// <summary>An instant, or the end of sending where that comes first: what waits is looked at then, to write down that it was not sent.</summary>
    public DateTimeOffset OrEndOfSending(DateTimeOffset instant) => SendingEndsAt < instant ? SendingEndsAt.Value : instant;

    /// <summary>Whether Meta counts it as open.</summary>
    public bool IsOpenAt(DateTimeOffset instant) => instant < ClosesAt && RefusedAt is null;

    /// <summary>Whether a free-form message may be handed to Meta.</summary>
    public bool AllowsSendingAt(DateTimeOffset instant) => instant < SendingEndsAt && RefusedAt is null;
}
