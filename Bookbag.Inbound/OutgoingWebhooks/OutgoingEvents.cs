using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Bookbag.Inbound.OutgoingWebhooks;

/// <summary>The events that a webhook can ask for.</summary>
public static partial class OutgoingEvents
{
    /// <summary>What a test sends; nobody asks for it.</summary>
    public const string Test = "webhook.test";

    /// <summary>Every event of conversations and tickets. Those of campaigns are Outbound's to name.</summary>
    public static readonly FrozenSet<string> Known = FrozenSet.ToFrozenSet(
    [
        "conversation.escalated", "conversation.replied", "conversation.resumed",
        "ticket.opened", "ticket.updated", "ticket.assigned", "ticket.unassigned", "ticket.summarized", "ticket.noted", "ticket.closed", "ticket.cancelled",
    ]);

    /// <summary>Whether a webhook may ask for it: an event, all of a kind (<c>ticket.*</c>), or all (<c>*</c>).</summary>
    public static bool CanBeAskedFor(string pattern) =>
        pattern is "*" or "conversation.*" or "ticket.*" or "campaign.*" || Known.Contains(pattern) || Campaign().IsMatch(pattern);

    [GeneratedRegex(@"^campaign\.[a-z_]{1,40}\z")]
    private static partial Regex Campaign();
}
