namespace Bookbag.Inbound.Webhooks;

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
