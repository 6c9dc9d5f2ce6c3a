namespace Bookbag.Inbound.Conversations;

/// <summary>What to do with a committed reply now.</summary>
internal abstract record ReplyStep
{
    private ReplyStep() { }

    /// <summary>Hand it to Graph.</summary>
    public sealed record Send : ReplyStep;

    /// <summary>Not yet: it was refused a moment ago, or its status webhook may still come.</summary>
    public sealed record Wait(DateTimeOffset Until) : ReplyStep;

    /// <summary>It must not be sent any more, and was not.</summary>
    public sealed record Discard(string Why) : ReplyStep;

    /// <summary>It may have been sent, nobody ever said so, and it must not be sent again.</summary>
    public sealed record GiveUp(string Why) : ReplyStep;

    /// <summary>Decides.</summary>
    public static ReplyStep For(PendingReply reply, ConversationMode mode, CustomerServiceWindow window, DateTimeOffset now)
    {
        // An answer in the making is dropped when a person takes over; that a person takes over is what a hand-off says.
        var taken = mode == ConversationMode.Human && !reply.ByHand && !reply.IsHandoff;
        if (reply.Unconfirmed == 0 && taken)
            return new Discard("A person took over before it could be sent.");
        if (reply.Unconfirmed == 0 && !window.AllowsSendingAt(now))
            return new Discard(WindowClosed);
        if (reply.DueAt > now)
            return new Wait(reply.DueAt);
        if (reply.Unconfirmed > 1 || (reply.Unconfirmed == 1 && (taken || !window.AllowsSendingAt(now))))
            return new GiveUp("Outcome unknown: it was handed to WhatsApp, and no status ever came. It may or may not have arrived.");
        return new Send();
    }

    /// <summary>Why nothing is sent once the window is closed.</summary>
    public const string WindowClosed = "The 24-hour customer service window closed before it could be sent.";
}
