using Bookbag.Inbound.HelpDesk;

namespace Bookbag.Inbound.Answering;

/// <summary>A question to an agent.</summary>
/// <param name="WorkspaceId">The workspace; only its sources are read.</param>
/// <param name="AgentId">The agent; only its sources are read.</param>
/// <param name="Text">What the customer wrote; several messages in a row are joined by line breaks.</param>
/// <param name="History">The conversation before it, oldest first, bounded by the caller.</param>
public sealed record Question(Guid WorkspaceId, Guid AgentId, string Text, IReadOnlyList<HistoryLine> History)
{
    /// <summary>Types of messages among them that nobody here can read: <c>audio</c>, <c>image</c> …</summary>
    public IReadOnlyList<string> Unread { get; init; } = [];
}

/// <summary>One earlier message of a conversation.</summary>
/// <param name="FromCustomer">Whether the customer wrote it; else the business did.</param>
/// <param name="Text">What was written.</param>
/// <param name="ByPerson">Whether a person of the business wrote it, not the agent.</param>
/// <param name="ByCampaign">Whether it is a campaign's message.</param>
public sealed record HistoryLine(bool FromCustomer, string Text, bool ByPerson = false, bool ByCampaign = false);

/// <summary>What the agent has to say.</summary>
/// <param name="Outcome">How the answer came about.</param>
/// <param name="Text">What goes to the customer.</param>
/// <param name="Score">Grounding, 0 to 1: how well the agent's sources cover the question.</param>
/// <param name="Citations">The sources used; for the team, not for the customer.</param>
/// <param name="Why">One sentence for the team: why this outcome.</param>
public sealed record Answer(AnswerOutcome Outcome, string Text, double Score, IReadOnlyList<Citation> Citations, string Why)
{
    /// <summary>Of a hand-off: why a person is asked.</summary>
    public EscalationCause Cause { get; init; } = EscalationCause.Guardrail;

    /// <summary>Which rule decided.</summary>
    public AnswerRule Rule { get; init; } = AnswerRule.Model;

    /// <summary>The question, where the sources do not cover it and somebody could teach the agent; null for all other answers.</summary>
    public string? Gap { get; init; }
}

/// <summary>A passage of a source that an answer rests on.</summary>
/// <param name="Url">Of a website: the page it stands on.</param>
public sealed record Citation(Guid SourceId, string SourceName, string Passage, double Score, string? Url = null);

/// <summary>What decided about an answer, in the order in which the rules are asked.</summary>
public enum AnswerRule
{
    /// <summary>There are no words, only what nothing here reads.</summary>
    Unreadable,

    /// <summary>The customer asks for a person.</summary>
    PersonWanted,

    /// <summary>Asked for contact details, the customer left some.</summary>
    ContactLeft,

    /// <summary>A greeting, or thanks.</summary>
    SmallTalk,

    /// <summary>The message has nothing to look up.</summary>
    NoWords,

    /// <summary>The sources cover less than the agent's threshold: the guardrail speaks.</summary>
    BelowThreshold,

    /// <summary>A Q&amp;A pair asks the same.</summary>
    SamePair,

    /// <summary>The sources cover it, and no model is configured: the best sentences are given.</summary>
    Extract,

    /// <summary>The sources cover it, and the model decided what to make of them.</summary>
    Model,

    /// <summary>No answer could be made.</summary>
    Failure,
}

/// <summary>How an answer came about.</summary>
public enum AnswerOutcome
{
    /// <summary>Written by the model from the passages found.</summary>
    Answered,

    /// <summary>A Q&amp;A pair's answer, word for word, without a model.</summary>
    Verbatim,

    /// <summary>Taken from the best passages, because no model is configured.</summary>
    Extract,

    /// <summary>A greeting or thanks, answered with the agent's greeting.</summary>
    Greeting,

    /// <summary>Guardrail: the agent says that it is unsure.</summary>
    Unsure,

    /// <summary>Handed to a person: by the guardrail, the model, or because the customer asks for one.</summary>
    Handoff,

    /// <summary>Guardrail: the agent asks for contact details.</summary>
    Contact,
}
