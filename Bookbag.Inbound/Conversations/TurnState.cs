using Bookbag.Inbound.Attribution;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Inbound.Conversations;

/// <summary>A conversation that a worker owns for a while.</summary>
/// <param name="ChannelId">Its channel.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="LeaseId">Proves the ownership: whatever is changed under it is refused once it is lost.</param>
/// <param name="DueAt">Since when there is something to do.</param>
/// <param name="TraceParent">Of the webhook that made it due.</param>
internal sealed record TurnClaim(Guid ChannelId, Guid ConversationId, Guid LeaseId, DateTimeOffset DueAt, string? TraceParent);

/// <summary>What a turn begins with.</summary>
internal sealed record TurnState
{
    public required Guid WorkspaceId { get; init; }
    public required Guid AgentId { get; init; }
    public required ConversationMode Mode { get; init; }
    public required long Epoch { get; init; }
    public required CustomerAddress Customer { get; init; }
    public required CustomerServiceWindow Window { get; init; }
    public required DateTimeOffset? UnansweredSince { get; init; }

    /// <summary>How often an answer to these messages could not be made.</summary>
    public required int Attempts { get; init; }

    /// <summary>What was committed to be sent and is not settled, in the order in which the customer is to read it.</summary>
    public required IReadOnlyList<PendingReply> Pending { get; init; }

    /// <summary>The customer's messages that wait for an answer, oldest first.</summary>
    public required IReadOnlyList<SaidMessage> Awaiting { get; init; }

    /// <summary>What was said before, oldest first.</summary>
    public required IReadOnlyList<SaidMessage> History { get; init; }

    /// <summary>The templates that went to the customer, the latest first.</summary>
    public IReadOnlyList<TemplateMessage> Templates { get; init; } = [];

    /// <summary>When a person last handed the conversation back to the agent.</summary>
    public DateTimeOffset? HandedBackAt { get; init; }

    /// <summary>Whether the agent owes an answer.</summary>
    public bool WantsAnswer => Mode == ConversationMode.Ai && Awaiting.Count > 0;
}

/// <summary>A message as an answer needs it.</summary>
internal sealed record SaidMessage(Guid Id, bool FromCustomer, string Type, string? Text, string? Wamid)
{
    /// <summary>When it was written.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>Whether a person of the business wrote it.</summary>
    public bool ByPerson { get; init; }

    /// <summary>Whether a campaign, or a program, sent it.</summary>
    public bool ByCampaign { get; init; }

    /// <summary>The message that it quotes, or whose button was tapped.</summary>
    public string? ContextWamid { get; init; }

    /// <summary>The recipient whose message's button was tapped.</summary>
    public Guid? ButtonOf { get; init; }

    /// <summary>Its file.</summary>
    public TurnFile? File { get; init; }

    /// <summary>What it says: its text, and what was read in its file.</summary>
    public string? Words => string.Join('\n', new[] { Text, File?.Transcript }.Where(part => !string.IsNullOrWhiteSpace(part)));
}

/// <summary>A message's file as a turn needs it.</summary>
/// <param name="Task">What is still to be done with it: fetched, read, uploaded.</param>
/// <param name="MetaId">Meta's id of it.</param>
internal sealed record TurnFile(string Kind, string? MimeType, string? Filename, string? MetaId, string? Task, string? Problem, string? Transcript, DateTimeOffset ReceivedAt);

/// <summary>A reply that was committed and is not settled.</summary>
internal sealed record PendingReply
{
    public required Guid Id { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Text { get; init; }

    /// <summary>The file that it is.</summary>
    public TurnFile? File { get; init; }

    /// <summary>The message that it quotes.</summary>
    public string? ContextWamid { get; init; }

    /// <summary>Whether a person wrote it; else the agent did.</summary>
    public bool ByHand { get; init; }

    /// <summary>Whether it tells the customer that a person takes over.</summary>
    public bool IsHandoff { get; init; }

    /// <summary>How often it was handed to Graph.</summary>
    public int Attempts { get; init; }

    /// <summary>Of these, how many may have been accepted without our knowing.</summary>
    public int Unconfirmed { get; init; }

    /// <summary>When it is handed to Graph, or its unknown outcome is looked at.</summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>Meta's last refusal.</summary>
    public int? ErrorCode { get; init; }

    /// <summary>Written down already as handed to Graph, by the transaction that committed it.</summary>
    public bool Begun { get; init; }
}
