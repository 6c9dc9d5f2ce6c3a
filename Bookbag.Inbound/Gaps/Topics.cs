using Bookbag.Inbound.Answering;

namespace Bookbag.Inbound.Gaps;

/// <summary>A topic by its words.</summary>
public sealed record Topic(Guid Id, IReadOnlyList<string> Words);

/// <summary>Tells which questions are about the same.</summary>
public static class Topics
{
    /// <summary>From here on two questions are about the same: of three words each, two are shared.</summary>
    public const double SameTopic = 0.6;

    // A story has more words than a topic.
    private const int MostWords = 16;

    // Other endings count, slips of the finger too, mere likeness does not.
    private const double SameWord = 0.8;

    /// <summary>The words by which a question is recognised.</summary>
    public static List<string> WordsOf(string question) => [.. Answering.Words.Content(question).Take(MostWords)];

    /// <summary>The topic that a question belongs to; null where it begins one.</summary>
    public static Topic? Closest(IReadOnlyList<string> words, IEnumerable<Topic> topics) => topics
        .Select(topic => (Topic: topic, Closeness: Closeness(words, topic.Words)))
        .Where(found => found.Closeness >= SameTopic)
        .OrderByDescending(found => found.Closeness).ThenBy(found => found.Topic.Id)
        .FirstOrDefault().Topic;

    /// <summary>How much of their words two questions share, 0 to 1.</summary>
    public static double Closeness(IReadOnlyList<string> one, IReadOnlyList<string> other)
    {
        if (one.Count == 0 || other.Count == 0)
            return 0;
        var shared = one.Count(word => other.Any(candidate => IsSame(word, candidate))) + other.Count(word => one.Any(candidate => IsSame(word, candidate)));
        return shared / (double)(one.Count + other.Count);
    }

    private static bool IsSame(string one, string other) => one == other || Math.Max(WordCloseness.OfForms(one, other), WordCloseness.OfSlips(one, other)) >= SameWord;
}
