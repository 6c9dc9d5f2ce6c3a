using System.Globalization;
using Bookbag.Inbound.HelpDesk;
using Bookbag.Inbound.Knowledge;
using Bookbag.Inbound.Models;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Answering;

/// <summary>Answers a question from an agent's sources, or lets the guardrail speak. Sends nothing.</summary>
/// <param name="model">The model; null where none is configured.</param>
public sealed class Answerer(IServiceScopeFactory scopes, Retrieval retrieval, AnswerMetrics metrics, TimeProvider clock, ReplyModel? model = null)
{
    private const int MostCitations = 6;
    private const int LongestGap = 500;

    /// <summary>The answer.</summary>
    /// <exception cref="ModelUnavailableException">The sources have an answer, and the model failed to word it: ask again later, or hand over.</exception>
    public async Task<Answer> AnswerAsync(Question question, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        try
        {
            var answer = await DecideAsync(question, cancellationToken);
            metrics.Answered(answer, clock.GetElapsedTime(started));
            return answer;
        }
        catch (ModelUnavailableException)
        {
            metrics.ModelFailed(clock.GetElapsedTime(started));
            throw;
        }
    }

    /// <summary>What the customer is told when a person has to go on, and nothing was asked of the sources.</summary>
    public async Task<Answer> HandOffAsync(Question question, string why, CancellationToken cancellationToken) =>
        new(AnswerOutcome.Handoff, (await SettingsAsync(question, cancellationToken)).Handoff, 0, [], why) { Cause = EscalationCause.Failure, Rule = AnswerRule.Failure };

    private async Task<Answer> DecideAsync(Question question, CancellationToken cancellationToken)
    {
        var settings = await SettingsAsync(question, cancellationToken);
        if (string.IsNullOrWhiteSpace(question.Text) && question.Unread.Count > 0)
            return Unreadable(settings, question.Unread);
        if (AsksForPerson.In(question.Text))
            return new Answer(AnswerOutcome.Handoff, settings.Handoff, 0, [], "The customer asked for a person.") { Cause = EscalationCause.Customer, Rule = AnswerRule.PersonWanted };
        // Asked for contact details, the customer left some: a person has to use them.
        if (question.History.LastOrDefault(line => !line.FromCustomer)?.Text == settings.Contact && ContactDetails.In(question.Text))
            return new Answer(AnswerOutcome.Handoff, settings.Handoff, 0, [], "The customer left contact details.") { Rule = AnswerRule.ContactLeft };

        switch (SmallTalks.Of(question.Text))
        {
            case SmallTalk.Greeting:
                return new Answer(AnswerOutcome.Greeting, settings.Greeting, 1, [], "The customer only said hello.") { Rule = AnswerRule.SmallTalk };
            case SmallTalk.Thanks:
                return new Answer(AnswerOutcome.Greeting, settings.Thanks, 1, [], "The customer only said thanks.") { Rule = AnswerRule.SmallTalk };
        }

        var asked = Asked.From(question.Text, question.History);
        if (asked.Parts.Count == 0)
            return Guard(settings, 0, [], null, "The message has no words.") with { Rule = AnswerRule.NoWords };

        var found = await retrieval.FindAsync(question.WorkspaceId, question.AgentId, asked, cancellationToken);
        // "Until when is that?" after a campaign, or after a colleague: what the business itself said here is a source as well.
        if (SaidHere.Find(question.History, asked) is { } said && said.Score > Math.Max(found.Score, found.Pair?.Score ?? 0))
            found = said with { Passages = [.. said.Passages, .. found.Passages] };
        var score = Math.Max(found.Score, found.Pair?.Score ?? 0);
        if (score < settings.Threshold || found.Passages.Count == 0)
            return Guard(settings, score, Cite(found.Passages), Gap(question), $"The sources cover {Percent(score)} of what was asked{How(found)}; the agent answers from {Percent(settings.Threshold)} on.") with { Rule = AnswerRule.BelowThreshold };

        if (found.Pair is { } pair)
            return new Answer(AnswerOutcome.Verbatim, pair.Passage.Text, score, Cite([pair]), "A Q&A pair asks the same.") { Rule = AnswerRule.SamePair };
        if (model is null)
            return new Answer(AnswerOutcome.Extract, Extract.From(found.Parts), score, Cite([.. found.Parts.Select(part => new ScoredPassage(part.Passage, part.Score))]),
                $"The sources cover {Percent(score)} of what was asked{How(found)}; no model is configured, so the answer is taken from them.")
            {
                Rule = AnswerRule.Extract,
            };

        return await WordAsync(model, question, settings, score, [.. found.Passages.Take(ReplyPrompt.MostPassages)], cancellationToken);
    }

    /// <summary>The model's words, as far as the passages bear them out.</summary>
    private async Task<Answer> WordAsync(ReplyModel model, Question question, AgentSettings settings, double score, IReadOnlyList<ScoredPassage> passages, CancellationToken cancellationToken)
    {
        switch (await model.ReplyAsync(question, settings, [.. passages.Select(found => found.Passage)], cancellationToken))
        {
            case ModelReply.HandOver handOver:
                return new Answer(AnswerOutcome.Handoff, settings.Handoff, score, Cite(passages), $"The model asked for a person. {handOver.Reason}".TrimEnd()) { Cause = EscalationCause.Model };
            case ModelReply.NoAnswer none:
                return Guard(settings, score, Cite(passages), Gap(question), none.Why);
            case ModelReply.Said said:
                var reply = ReplyCheck.Check(said.Text, said.IsCutShort, [.. passages.Select(found => found.Passage)]);
                if (reply.Text is not null)
                    return new Answer(AnswerOutcome.Answered, reply.Text, score, Cite([.. reply.Cited.Select(place => passages[place])]), $"The sources cover {Percent(score)} of what was asked. {reply.Why}".TrimEnd());
                metrics.Withheld();
                return Guard(settings, score, Cite(passages), Gap(question), reply.Why);
            default:
                throw new InvalidOperationException("The model's reply is of no known kind.");
        }
    }

    private async Task<AgentSettings> SettingsAsync(Question question, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<InboundDb>();
        return await db.Set<AgentSettings>().AsNoTracking()
            .SingleOrDefaultAsync(s => s.WorkspaceId == question.WorkspaceId && s.AgentId == question.AgentId, cancellationToken)
            ?? AgentSettings.Default(question.WorkspaceId, question.AgentId);
    }

    private static Answer Unreadable(AgentSettings settings, IReadOnlyList<string> types)
    {
        var why = $"The customer sent no words, only what nothing here reads: {string.Join(", ", types.Distinct())}.";
        return settings.UnreadableBehaviour == UnreadableBehaviour.Handoff
            ? new Answer(AnswerOutcome.Handoff, settings.Handoff, 0, [], why) { Rule = AnswerRule.Unreadable }
            : new Answer(AnswerOutcome.Unsure, settings.Unreadable, 0, [], why) { Rule = AnswerRule.Unreadable };
    }

    private static Answer Guard(AgentSettings settings, double score, IReadOnlyList<Citation> citations, string? gap, string why)
    {
        var (outcome, text) = settings.Behaviour switch
        {
            GuardrailBehaviour.Handoff => (AnswerOutcome.Handoff, settings.Handoff),
            GuardrailBehaviour.Contact => (AnswerOutcome.Contact, settings.Contact),
            _ => (AnswerOutcome.Unsure, settings.Unsure),
        };
        return new Answer(outcome, text, score, citations, why) { Gap = gap };
    }

    private static string Gap(Question question) => question.Text.Length <= LongestGap ? question.Text : question.Text[..LongestGap];

    private static List<Citation> Cite(IReadOnlyList<ScoredPassage> passages) =>
        [.. passages.Take(MostCitations).Select(found => new Citation(found.Passage.SourceId, found.Passage.SourceName, found.Passage.Text, Math.Round(found.Score, 3), found.Passage.Url))];

    private static string How(Grounded found) => found.IsByMeaning ? $" by its meaning ({Percent(found.ByWords)} by its words)" : "";

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share:P0}");
}
