using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Edge.Clients;

/// <summary>A customer; a phone number or a user id is always there.</summary>
public sealed record CustomerItem(string? Phone, string? UserId, string? Name, string? Username, string? ParentUserId)
{
    /// <summary>The user name, as people write it; Meta's webhooks have it with the sign and without.</summary>
    public string? Handle => Username is { Length: > 0 } name ? $"@{name.TrimStart('@')}" : null;

    /// <summary>What the team calls this person.</summary>
    public string Called => Name is { Length: > 0 } name ? name : Handle is { } handle ? handle : Phone is { } phone ? $"+{phone}" : UserId ?? "A customer";
}

/// <summary>A conversation.</summary>
/// <param name="Mode">Who answers: <c>ai</c> or <c>human</c>.</param>
/// <param name="Unread">Whether the customer has written since the member last looked.</param>
public sealed record ConversationItem(
    Guid Id, Guid AgentId, CustomerItem Customer, string Mode, DateTimeOffset? WindowClosesAt, bool WindowOpen, string? EscalationReason, DateTimeOffset? UnansweredSince,
    DateTimeOffset LastMessageAt, string? LastMessageText, DateTimeOffset CreatedAt, bool Unread);

/// <summary>Whoever has a ticket.</summary>
public sealed record TicketAssignee(Guid Id, string Name);

/// <summary>A conversation that needs a person.</summary>
/// <param name="Status"><c>new</c>, <c>on_you</c>, <c>on_customer</c>, <c>on_hold</c>, <c>closed</c> or <c>cancelled</c>.</param>
public sealed record TicketItem(
    Guid Id, Guid ConversationId, string Status, string Reason, string Subject, string? Summary, TicketAssignee? Assignee, CustomerItem Customer, bool WindowOpen,
    DateTimeOffset? UnansweredSince, DateTimeOffset LastMessageAt, string? LastMessageText, DateTimeOffset OpenedAt, DateTimeOffset UpdatedAt, DateTimeOffset? ClosedAt, bool Unread)
{
    /// <summary>Whether it is not done.</summary>
    public bool IsOpen => ClosedAt is null;
}

/// <summary>What happened to a ticket, or what the team noted.</summary>
/// <param name="Kind"><c>opened</c>, <c>status</c>, <c>assigned</c>, <c>unassigned</c>, <c>summary</c>, <c>closed</c>, <c>cancelled</c> or <c>note</c>.</param>
public sealed record TimelineEntry(Guid Id, string Kind, DateTimeOffset At, string? Status, TicketAssignee? Assignee, string? Text, string? By);

/// <summary>A message of a conversation; the API says what each part means.</summary>
/// <param name="Author"><c>customer</c>, <c>ai</c>, <c>human</c>, <c>campaign</c> or <c>system</c>.</param>
/// <param name="By">Who of the team wrote it, where that is known.</param>
/// <param name="Status"><c>received</c>, <c>sending</c>, <c>sent</c>, <c>delivered</c>, <c>read</c>, <c>played</c>, <c>failed</c> or <c>discarded</c>.</param>
public sealed record MessageItem(
    Guid Id, string Direction, string Author, string? By, string Type, string? Text, MessageParts? Parts, MessageAttachment? File, string Status, string? Wamid, QuotedItem? Quoted,
    ContextPart? Context, ReferralPart? Referral, IReadOnlyList<ReactionItem> Reactions, IReadOnlyList<VersionItem> Versions, DateTimeOffset? RevokedAt, DateTimeOffset At,
    MessageTrouble? Error, string? Outcome, string? Why, float? Score, IReadOnlyList<AnswerCitation>? Citations, MessageCampaignItem? Campaign = null)
{
    /// <summary>Whether it came from the customer.</summary>
    public bool IsIn => Direction == "in";

    /// <summary>Whether it is a mark on another message, and shown there.</summary>
    public bool IsMark => Type is "reaction" or "edit" or "revoke" && Quoted is not null;
}

/// <summary>Why a message failed or waits.</summary>
public sealed record MessageTrouble(int? Code, string Text);

/// <summary>The file of a message.</summary>
/// <param name="State"><c>wanted</c>, <c>stored</c>, <c>failed</c> or <c>expired</c>.</param>
public sealed record MessageAttachment(string State, string? Url, string? MimeType, string? Filename, long? Size, string? Problem, string? Transcript);

/// <summary>A message that another one quotes.</summary>
public sealed record QuotedItem(Guid Id, string Direction, string Author, string? By, string Type, string? Text);

/// <summary>An emoji on a message.</summary>
public sealed record ReactionItem(string Direction, string Emoji);

/// <summary>What a message said at a time.</summary>
public sealed record VersionItem(string? Text, DateTimeOffset At);

/// <summary>The campaign that sent a message, or that the customer answers with it.</summary>
/// <param name="Rule">Of a customer's message: why it counts as an answer.</param>
/// <param name="Exact">Whether the customer's phone said itself what the message answers.</param>
public sealed record MessageCampaignItem(Guid Id, string Name, string? Rule, bool? Exact);

/// <summary>A file to be sent.</summary>
public sealed record OutgoingAttachment(string Name, string Type, Stream Content);

/// <summary>A template that may be sent when the window is closed.</summary>
public sealed record OfferedTemplate(Guid Id, string Name, string Language, string Category, string Body, IReadOnlyList<OfferedVariable> Variables);

/// <summary>A place in a template that is filled in.</summary>
public sealed record OfferedVariable(string Key, string Component, string? Example);

/// <summary>A template as the customer's phone shows it.</summary>
public sealed record OfferedPreview(OfferedHeader? Header, string Body, string? Footer, IReadOnlyList<OfferedButton> Buttons, IReadOnlyList<string> Missing);

/// <summary>What stands above the text.</summary>
public sealed record OfferedHeader(string Type, string? Text);

/// <summary>A button below the text.</summary>
public sealed record OfferedButton(string Type, string Text);
