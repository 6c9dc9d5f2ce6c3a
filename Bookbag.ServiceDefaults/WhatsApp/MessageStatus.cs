namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>How far a message that we sent has come.</summary>
public enum MessageStatus
{
    /// <summary>A word nobody knew, or one that means nothing to us (<c>deleted</c>, <c>warning</c>).</summary>
    Unknown,

    /// <summary>On its way.</summary>
    Sent,

    /// <summary>On the customer's phone.</summary>
    Delivered,

    /// <summary>Seen.</summary>
    Read,

    /// <summary>A voice note, listened to.</summary>
    Played,

    /// <summary>Did not arrive, and will not.</summary>
    Failed,
}

/// <summary>Meta's words for statuses, and their order.</summary>
public static class MessageStatuses
{
    /// <summary>The status of Meta's word.</summary>
    public static MessageStatus Parse(string? text) => text switch
    {
        "sent" => MessageStatus.Sent,
        "delivered" => MessageStatus.Delivered,
        "read" => MessageStatus.Read,
        "played" => MessageStatus.Played,
        "failed" => MessageStatus.Failed,
        _ => MessageStatus.Unknown,
    };

    /// <summary>
    /// How far along it is: statuses come in any order, and a message only moves to a higher rank. 0 moves nothing; 9 is final.
    /// </summary>
    public static short Rank(this MessageStatus status) => status switch
    {
        MessageStatus.Sent => 1,
        MessageStatus.Delivered => 2,
        MessageStatus.Read => 3,
        MessageStatus.Played => 4,
        MessageStatus.Failed => 9,
        _ => 0,
    };
}
