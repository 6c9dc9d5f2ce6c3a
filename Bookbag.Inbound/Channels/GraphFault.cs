using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Inbound.Channels;

/// <summary>What is wrong when Graph does not describe a number.</summary>
public enum GraphFault
{
    /// <summary>The access token.</summary>
    Token,

    /// <summary>The number in the send URL.</summary>
    Number,

    /// <summary>Nothing that is known: Graph could not be asked.</summary>
    Unreachable,
}

/// <summary>Reads Graph's refusals for the card.</summary>
public static class GraphFaults
{
    public static GraphFault Fault(this GraphError error) => error switch
    {
        { Action: GraphAction.Retry or GraphAction.RetryRecipientLater or GraphAction.SlowDown } => GraphFault.Unreachable,
        // Meta answers 100 with subcode 33, or 803, for an id that does not exist or that the token may not see.
        { Code: 100 or 33 or 803 } => GraphFault.Number,
        _ => GraphFault.Token,
    };
}
