using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Knowledge;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Answering;

/// <summary>How a question of the set is asked.</summary>
public enum QuestionKind
{
    /// <summary>In the words of the source, more or less.</summary>
    Direct,

    /// <summary>In other words.</summary>
    Paraphrase,

    /// <summary>With slips.</summary>
    Typo,

    /// <summary>The sources do not have it.</summary>
    None,
}

/// <summary>A question to a business, and what a right answer has in it.</summary>
public sealed record LabelledQuestion(QuestionKind Kind, string Text, string Expected);

/// <summary>A small business that was made up: what it knows, and what its customers ask.</summary>
/// <param name="IsHeldOut">Whether nobody looks at its answers to make them better: its numbers are the honest ones.</param>
public sealed record LabelledBusiness(string Name, string Language, bool IsHeldOut, IReadOnlyList<SourceContent> Sources, IReadOnlyList<LabelledQuestion> Questions)
{
    private static readonly HashSet<string> HeldOut = ["coworking", "velo", "pizzeria", "school", "ramen", "optik"];

    /// <summary>All of them, from the files in <c>Labelled/</c>.</summary>
    public static IReadOnlyList<LabelledBusiness> All { get; } = [.. typeof(LabelledBusiness).Assembly.GetManifestResourceNames()
        .Where(name => name.Contains(".Labelled.", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(Read)];

    // %% knowledge     Markdown
    // %% pairs         Q: …, A: …
    // %% questions     kind | question | what a right answer has in it
    private static LabelledBusiness Read(string resource)
    {
        using var reader = new StreamReader(typeof(LabelledBusiness).Assembly.GetManifestResourceStream(resource)!); // named by the assembly itself
        var sections = reader.ReadToEnd().ReplaceLineEndings("\n").Split("%% ", StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(section => section[..section.IndexOf('\n')], section => section[(section.IndexOf('\n') + 1)..].Trim());
        var parts = resource.Split('.');
        var (name, language) = (parts[^3], parts[^2]);
        var pairs = sections["pairs"].Split('\n').Chunk(2).Select(pair => SourceContent.Pair(pair[0]["Q: ".Length..], pair[1]["A: ".Length..]));
        var questions = sections["questions"].Split('\n').Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(field => new LabelledQuestion(Enum.Parse<QuestionKind>(field[0], ignoreCase: true), field[1], field[2]));
        return new(name, language, HeldOut.Contains(name), [SourceContent.Pasted(name, sections["knowledge"]), .. pairs], [.. questions]);
    }
}

/// <summary>What the agent made of a question.</summary>
/// <param name="Rank">Among which of the passages found, best first, is the right one; 0 for none.</param>
/// <param name="Answered">Whether the guardrail let it answer.</param>
/// <param name="Right">Whether what it said has in it what a right answer has.</param>
public sealed record Verdict(LabelledBusiness Business, LabelledQuestion Question, int Rank, bool Answered, bool Right, double Score);

/// <summary>The numbers of some verdicts.</summary>
public sealed record Quality(int Questions, double RecallAt3, double Precision, double Answered, double Refused)
{
    public static Quality Of(IReadOnlyCollection<Verdict> verdicts)
    {
        var answerable = verdicts.Where(v => v.Question.Kind != QuestionKind.None).ToList();
        var unanswerable = verdicts.Where(v => v.Question.Kind == QuestionKind.None).ToList();
        var answered = verdicts.Where(v => v.Answered).ToList();
        return new(verdicts.Count, Share(answerable, v => v.Rank is >= 1 and <= 3), Share(answered, v => v.Right), Share(answerable, v => v.Answered), Share(unanswerable, v => !v.Answered));
    }

    private static double Share(List<Verdict> of, Func<Verdict, bool> which) => of.Count == 0 ? double.NaN : of.Count(which) / (double)of.Count;
}

/// <summary>Asks the whole set, of agents with no model.</summary>
public static class LabelledSet
{
    public static async Task<List<Verdict>> JudgeAsync(TestDatabase database, MeaningSearch? meaning = null, Func<Task>? taught = null)
    {
        var agents = new List<(LabelledBusiness Business, Guid WorkspaceId, Guid AgentId)>();
        foreach (var business in LabelledBusiness.All)
        {
            var (workspaceId, agentId) = await MakeKnowledge.AgentAsync(database, business.Sources);
            agents.Add((business, workspaceId, agentId));
        }
        if (taught is not null)
            await taught();

        var retrieval = new Retrieval(database.DataSource, meaning);
        var verdicts = new List<Verdict>();
        foreach (var (business, workspaceId, agentId) in agents)
            foreach (var question in business.Questions)
                verdicts.Add(Judge(business, question, await retrieval.FindAsync(workspaceId, agentId, Asked.From(question.Text, []), CancellationToken.None)));
        return verdicts;
    }

    private static Verdict Judge(LabelledBusiness business, LabelledQuestion question, Grounded found)
    {
        var score = Math.Max(found.Score, found.Pair?.Score ?? 0);
        var answered = score >= AgentSettings.DefaultThreshold && found.Passages.Count > 0;
        var said = found.Pair?.Passage.Text ?? Extract.From(found.Parts);
        var isAnswerable = question.Kind != QuestionKind.None;
        var rank = 1 + found.Passages.ToList().FindIndex(passage => isAnswerable && passage.Passage.Text.Contains(question.Expected, StringComparison.Ordinal));
        return new(business, question, rank, answered, answered && isAnswerable && said.Contains(question.Expected, StringComparison.Ordinal), score);
    }
}
