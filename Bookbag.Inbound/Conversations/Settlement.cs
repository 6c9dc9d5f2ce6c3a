namespace Bookbag.Inbound.Conversations;

/// <summary>What became of a reply.</summary>
internal abstract record Settlement
{
    private Settlement() { }

    /// <summary>Meta took it.</summary>
    /// <param name="Wamid">Meta's id of it.</param>
    /// <param name="Addresses">Addresses of the customer that Meta named and that were not known.</param>
    public sealed record Sent(string Wamid, IReadOnlyList<string> Addresses) : Settlement;

    /// <summary>Refused for now: it was not sent, and is tried again.</summary>
    public sealed record Waiting(DateTimeOffset DueAt, int Code, string Text) : Settlement;

    /// <summary>It may have been sent: a status webhook tells, or it is sent once more.</summary>
    public sealed record Unconfirmed(DateTimeOffset DueAt, string Text) : Settlement;

    /// <summary>It will not arrive.</summary>
    /// <param name="Code">Meta's error code, where Meta said so.</param>
    /// <param name="Text">Why, in words.</param>
    /// <param name="HandOver">Why a person is asked to go on, where one is.</param>
    /// <param name="WindowRefused">Whether Meta says that the window is closed.</param>
    public sealed record Failed(int? Code, string Text, string? HandOver, bool WindowRefused = false) : Settlement;

    /// <summary>Deliberately not sent.</summary>
    public sealed record Discarded(string Text) : Settlement;
}

/// <summary>How a conversation is let go.</summary>
/// <param name="Epoch">The epoch that the turn began with: if it moved, something is due already.</param>
/// <param name="DueAt">When it is looked at again; null when something happens.</param>
internal sealed record TurnRelease(long Epoch, DateTimeOffset? DueAt);
