using System.Globalization;
using Bookbag.Edge.Clients;

namespace Bookbag.Edge.Console.Inbox;

/// <summary>What the help desk's codes are in words.</summary>
public static class InboxWords
{
    /// <summary>Statuses of a ticket that is not done, in the order in which they are offered.</summary>
    public static readonly IReadOnlyList<string> OpenStatuses = ["new", "on_you", "on_customer", "on_hold"];

    /// <summary>A ticket's status.</summary>
    public static string Status(string status) => status switch
    {
        "new" => "New",
        "on_you" => "Waiting for us",
        "on_customer" => "Waiting for the customer",
        "on_hold" => "On hold",
        "closed" => "Closed",
        "cancelled" => "Cancelled",
        _ => status,
    };

    /// <summary>What happened to a ticket.</summary>
    public static string Of(TimelineEntry entry) => entry switch
    {
        { Kind: "opened", Text: { } why } => $"Ticket opened. {why}",
        { Kind: "opened" } => "Ticket opened.",
        { Kind: "status", Status: { } status } => $"{Status(status)}{By(entry)}",
        { Kind: "assigned", Assignee: { } to } => to.Name == entry.By ? $"{to.Name} took it" : $"{to.Name} has it now{By(entry)}",
        { Kind: "unassigned" } => $"Nobody has it now{By(entry)}",
        { Kind: "closed" } => $"Closed{By(entry)}: the agent answers again",
        { Kind: "cancelled" } => $"Cancelled{By(entry)}: the agent answers again",
        { Text: { } text } => text,
        _ => entry.Kind,
    };

    /// <summary>What became of a message.</summary>
    public static string Message(string status) => status switch
    {
        "sending" => "Being sent",
        "sent" => "Sent",
        "delivered" => "Delivered",
        "read" => "Read",
        "played" => "Played",
        "failed" => "Not delivered",
        "discarded" => "Not sent",
        _ => "Received",
    };

    /// <summary>Who wrote a message.</summary>
    public static string Author(string author, string? by, string customer) => author switch
    {
        "customer" => customer,
        "ai" => "Agent",
        "human" => by ?? "Team",
        "campaign" => "Campaign",
        _ => "WhatsApp",
    };

    /// <summary>A message that has no words of its own, where it is quoted.</summary>
    public static string Kind(string type) => type switch
    {
        "image" => "Picture",
        "video" => "Video",
        "audio" or "voice" => "Voice message",
        "document" => "File",
        "sticker" => "Sticker",
        "location" => "Location",
        "contacts" => "Contact card",
        "template" => "Template",
        "order" => "Order",
        _ => $"Message ({type})",
    };

    /// <summary>How the agent's answer came about.</summary>
    public static string Outcome(string outcome) => outcome switch
    {
        "answered" => "Written from the sources",
        "verbatim" => "A Q&A pair, word for word",
        "extract" => "Taken from the sources",
        "greeting" => "A greeting",
        "unsure" => "Unsure: the sources do not cover it",
        "handoff" => "Handed over to a person",
        "contact" => "Asked for contact details",
        _ => outcome,
    };

    /// <summary>How long that is, in its two largest units.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => "less than a minute",
        { TotalHours: < 1 } => $"{(int)time.TotalMinutes} min",
        { TotalHours: < 6 } => $"{(int)time.TotalHours} h {time.Minutes} min",
        _ => $"{(int)time.TotalHours} h",
    };

    /// <summary>The size of a file.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1024 => $"{bytes} bytes",
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0} KB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / 1024.0:0.#} MB"),
    };

    /// <summary>The letters that stand for a person.</summary>
    public static string Initials(string name)
    {
        var words = name.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(word => char.IsLetter(word[0])).ToList();
        return words.Count == 0 ? "#" : string.Concat(words.Take(2).Select(word => char.ToUpperInvariant(word[0])));
    }

    private static string By(TimelineEntry entry) => entry.By is { } who ? $", by {who}" : "";
}
