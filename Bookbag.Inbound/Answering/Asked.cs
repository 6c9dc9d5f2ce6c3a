namespace Bookbag.Inbound.Answering;

/// <summary>What a message asks, in words.</summary>
/// <param name="Parts">Its questions, each as the words that carry its meaning.</param>
/// <param name="Context">Words that only help to find the right passage: they never count for or against an answer.</param>
public sealed record Asked(IReadOnlyList<IReadOnlyList<string>> Parts, IReadOnlyList<string> Context)
{
    /// <summary>A longer message tells a story; what is beyond is not looked up.</summary>
    public const int MostWords = 48;

    /// <summary>The questions as they were written, one for each of <see cref="Parts"/>: what is compared by meaning.</summary>
    public IReadOnlyList<string> Questions { get; init; } = [];

    /// <summary>Every word to look up, each once.</summary>
    public IEnumerable<string> Words => Parts.SelectMany(part => part).Concat(Context).Distinct();

    /// <summary>Reads a message after what the customer wrote before it.</summary>
    /// <remarks>
    /// Where a message has question marks, the sentences with one are what is asked, and the others ("Hi, I am Maria, I bought a mug.") are
    /// context. A message of nothing but question words ("how much?") asks on about the customer's message before it, or the campaign's that it answers.
    /// </remarks>
    public static Asked From(string text, IReadOnlyList<HistoryLine> history)
    {
        var before = history.LastOrDefault(line => line.FromCustomer || line.ByCampaign)?.Text ?? "";
        var asked = Read(text);
        if (asked.Parts.All(part => part.All(StopWords.Contains)) && Answering.Words.Of(text).Count > 0)
        {
            var onwards = Read(before);
            if (onwards.Parts.Any(part => !part.All(StopWords.Contains)))
                return onwards;
        }
        return asked with { Context = [.. asked.Context.Concat(Answering.Words.Content(before)).Distinct().Take(MostWords)] };
    }

    private static Asked Read(string text)
    {
        var sentences = Sentences.Of(text).Select(range => text[range]).ToList();
        var questions = sentences.Where(IsQuestion).ToList();
        if (questions.Count == 0)
            questions = sentences;
        var parts = questions.Select(question => (Question: question, Words: Meaning(question))).Where(part => part.Words.Count > 0).ToList();
        if (parts.Count == 0)
            parts = [.. questions.Select(question => (question, Answering.Words.Content(question))).Where(part => part.Item2.Count > 0).Take(1)];

        var left = MostWords;
        var bounded = new List<IReadOnlyList<string>>();
        foreach (var part in parts)
        {
            if (left == 0)
                break;
            bounded.Add([.. part.Words.Take(left)]);
            left -= bounded[^1].Count;
        }
        return new Asked(bounded, [.. sentences.Except(questions).SelectMany(Meaning).Distinct().Take(MostWords)]) { Questions = [.. parts.Take(bounded.Count).Select(part => part.Question)] };
    }

    private static List<string> Meaning(string sentence) =>
        [.. Answering.Words.Of(sentence).Where(word => !StopWords.Contains(word)).Distinct()];

    private static bool IsQuestion(string sentence) => sentence.AsSpan().IndexOfAny("?？؟") >= 0;
}
