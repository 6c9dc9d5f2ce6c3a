using System.Text.Json;
using Bookbag.Inbound.Answering;

namespace Bookbag.Inbound.Conversations;

/// <summary>Where a turn gets its answers from: <see cref="Answerer"/>.</summary>
/// <param name="Answer">Answers a question from the agent's sources.</param>
/// <param name="HandOff">What the customer is told when a person is asked, and why one is.</param>
internal sealed record TurnAnswers(
    Func<Question, CancellationToken, Task<Answer>> Answer,
    Func<Question, string, CancellationToken, Task<Answer>> HandOff)
{
    /// <summary>From the agent's own.</summary>
    public static TurnAnswers From(Answerer answerer) => new(answerer.AnswerAsync, answerer.HandOffAsync);
}

/// <summary>The words for outcomes in rows, spans and metrics: the API's own.</summary>
internal static class AnswerOutcomeWords
{
    /// <summary>Its word.</summary>
    public static string Word(this AnswerOutcome outcome) => JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString());
}
