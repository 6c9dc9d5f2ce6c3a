namespace Bookbag.Inbound.Answering;

/// <summary>A piece of a source that retrieval found.</summary>
/// <param name="SourceId">The source.</param>
/// <param name="SourceName">What the team calls it.</param>
/// <param name="IsPair">Whether it is a Q&amp;A pair: <paramref name="Heading"/> the question, <paramref name="Text"/> the answer.</param>
/// <param name="Heading">The heading it stands under, or the pair's question.</param>
/// <param name="Text">What it says.</param>
/// <param name="Words">The content words of heading and text, as they are indexed.</param>
/// <param name="Url">Of a website: the page it stands on.</param>
public sealed record Passage(Guid SourceId, string SourceName, bool IsPair, string Heading, string Text, IReadOnlySet<string> Words, string? Url = null)
{
    /// <summary>Where in its source it stands.</summary>
    public int Ordinal { get; init; }

    /// <summary>How close its meaning is to each question of the message, 0 to 1; empty where it was not found by meaning.</summary>
    public IReadOnlyList<double> Closeness { get; init; } = [];

    /// <summary>How close its meaning is to one of the questions.</summary>
    public double ClosenessTo(int question) => question < Closeness.Count ? Closeness[question] : 0;
}

/// <summary>A passage and how well it fits.</summary>
/// <param name="Passage">The passage.</param>
/// <param name="Score">How much of what was asked the passage covers, 0 to 1.</param>
public sealed record ScoredPassage(Passage Passage, double Score);

/// <summary>The passage that covers one question of a message best.</summary>
/// <param name="Passage">The passage.</param>
/// <param name="Score">How much of the question it covers, 0 to 1.</param>
/// <param name="Coverage">How much of the question any set of words covers.</param>
public sealed record PartAnswer(Passage Passage, double Score, Func<IReadOnlySet<string>, double> Coverage);

/// <summary>What the agent's sources have for a message.</summary>
/// <param name="Score">The grounding score, see <see cref="Grounding"/>.</param>
/// <param name="Passages">The passages that cover some of what was asked, best first.</param>
/// <param name="Parts">The best passage of each question in the message that has one.</param>
/// <param name="Pair">The Q&amp;A pair that asks the same, if one does.</param>
public sealed record Grounded(double Score, IReadOnlyList<ScoredPassage> Passages, IReadOnlyList<PartAnswer> Parts, ScoredPassage? Pair)
{
    /// <summary>What the score would be by words alone.</summary>
    public double ByWords { get; init; }

    /// <summary>Whether the score rests on meaning rather than on words.</summary>
    public bool IsByMeaning => Score > ByWords;

    /// <summary>The sources have nothing.</summary>
    public static Grounded Nothing { get; } = new(0, [], [], null);
}

/// <summary>Scores how well passages cover what was asked.</summary>
/// <remarks>
/// <para>
/// The score is the share of what was asked that stands in the sources, 0 to 1. Every content word of a question has a weight
/// (<see cref="Vocabulary.Weight"/>: rare words say more, unknown words most) and is covered by a passage as well as its closest form there
/// (1 the same word, 0.95 another ending, 0.85 a slip). A question's coverage is that of its one best passage, so that words
/// scattered over the sources add up to nothing; a message's score is the mean of its questions by their weight.
/// </para>
/// <para>
/// 1: every word that matters stands in one passage. About 0.5: half of the meaning does; what is missing may be politeness or the very point.
/// Under 0.3: a common word matched by chance. 0: nothing in common. By words alone a paraphrase without a shared word scores 0 and the guardrail speaks,
/// which is the safe side. Where passages were found by meaning as well (<see cref="Passage.Closeness"/>), a passage covers a question as well as the better
/// of the two says.
/// </para>
/// </remarks>
public static class Grounding
{
    /// <summary>From here on a Q&amp;A pair asks the same as the customer, and its answer is given word for word.</summary>
    public const double SameQuestion = 0.8;

    /// <summary>Scores passages against what was asked.</summary>
    public static Grounded Score(Asked asked, Vocabulary vocabulary, IReadOnlyList<Passage> passages)
    {
        var candidates = passages.Select(passage => new Candidate(passage)).ToList();
        var weights = asked.Parts.Select(part => part.Sum(vocabulary.Weight)).ToList();
        var total = weights.Sum();
        if (total == 0 || candidates.Count == 0)
            return Grounded.Nothing;

        double score = 0, byWords = 0;
        var parts = new List<PartAnswer>();
        for (var i = 0; i < asked.Parts.Count; i++)
        {
            var (part, question) = (asked.Parts[i], i);
            var found = candidates.ConvertAll(candidate => (candidate, words: Coverage(part, vocabulary, candidate.Passage.Words), meaning: candidate.Passage.ClosenessTo(question)));
            var best = found
                .Select(one => (one.candidate, coverage: Math.Max(one.words, one.meaning)))
                .OrderByDescending(one => one.coverage)
                .ThenByDescending(one => Preference(part, asked.Context, vocabulary, one.candidate))
                .First();
            score += weights[i] / total * best.coverage;
            byWords += weights[i] / total * found.Max(one => one.words);
            if (best.coverage > 0)
                parts.Add(new PartAnswer(best.candidate.Passage, best.coverage, words => Coverage(part, vocabulary, words)));
        }

        var scored = candidates
            .Select(candidate => (candidate, coverage: asked.Parts.Select((part, i) => Math.Max(Coverage(part, vocabulary, candidate.Passage.Words), candidate.Passage.ClosenessTo(i))).Max()))
            .Where(found => found.coverage > 0)
            .OrderByDescending(found => found.coverage)
            .ThenByDescending(found => asked.Parts.Max(part => Preference(part, asked.Context, vocabulary, found.candidate)))
            .Select(found => new ScoredPassage(found.candidate.Passage, found.coverage))
            .ToList();
        return new Grounded(score, scored, [.. parts.DistinctBy(answer => answer.Passage)], SamePair(asked, vocabulary, candidates)) { ByWords = byWords };
    }

    /// <summary>How much of a question's meaning a set of words covers, 0 to 1.</summary>
    public static double Coverage(IReadOnlyList<string> part, Vocabulary vocabulary, IReadOnlySet<string> words)
    {
        double covered = 0, all = 0;
        foreach (var word in part)
        {
            var weight = vocabulary.Weight(word);
            all += weight;
            covered += weight * vocabulary.Coverage(word, words);
        }
        return all == 0 ? 0 : covered / all;
    }

    // Only one question may be answered word for word: of two, the other would stay without an answer.
    private static ScoredPassage? SamePair(Asked asked, Vocabulary vocabulary, List<Candidate> candidates)
    {
        if (asked.Parts is not [var part])
            return null;
        var best = candidates.Where(candidate => candidate.Passage.IsPair)
            .Select(candidate => new ScoredPassage(candidate.Passage, Similarity(part, vocabulary, candidate.HeadingWords)))
            .MaxBy(pair => pair.Score);
        return best?.Score >= SameQuestion ? best : null;
    }

    // Both ways: "Do you deliver?" is not the pair "Do you deliver to Spain on Sundays?", nor the other way round.
    private static double Similarity(IReadOnlyList<string> part, Vocabulary vocabulary, HashSet<string> heading)
    {
        var there = Coverage(part, vocabulary, heading);
        if (there == 0)
            return 0;
        var back = heading.Count(word => part.Any(asked => vocabulary.Forms(asked).Contains(word))) / (double)heading.Count;
        return 2 * there * back / (there + back);
    }

    // Among passages that cover as much: the one whose heading or question says it, then the one that fits what the customer wrote before.
    private static double Preference(IReadOnlyList<string> part, IReadOnlyList<string> context, Vocabulary vocabulary, Candidate candidate) =>
        2 * Similarity(part, vocabulary, candidate.HeadingWords) + Coverage(context, vocabulary, candidate.Passage.Words);

    private sealed class Candidate(Passage passage)
    {
        public Passage Passage => passage;

        public HashSet<string> HeadingWords { get; } = [.. Words.Content(passage.Heading)];
    }
}
