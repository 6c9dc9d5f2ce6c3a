using Bookbag.Inbound.Answering;

namespace Bookbag.Inbound.HelpDesk;

/// <summary>What a ticket is about: a line, and two or three sentences, in the customer's language.</summary>
/// <param name="Subject">The line.</param>
/// <param name="Text">The sentences; null where the customer said nothing.</param>
public sealed record TicketSummary(string Subject, string? Text)
{
    /// <summary>One line of a list.</summary>
    public const int LongestSubject = 80;

    /// <summary>Three sentences.</summary>
    public const int LongestText = 600;

    private const int LongestSentence = 200;
    private const int MostSentences = 3;

    /// <summary>
    /// What the customer said, in their own words and so in their own language: the first thing they wanted, and the latest two. Greetings and the wish for a
    /// person say nothing of what it is about. The subject is the latest question, else the latest thing said.
    /// </summary>
    /// <param name="lines">The conversation, oldest first.</param>
    /// <param name="unsaid">The subject where the customer said nothing that can be read.</param>
    public static TicketSummary Extract(IReadOnlyList<HistoryLine> lines, string unsaid)
    {
        var said = lines.Where(line => line.FromCustomer).SelectMany(line => Sentences.Of(line.Text).Select(range => line.Text[range])).ToList();
        var telling = said.Where(sentence => SmallTalks.Of(sentence) == SmallTalk.None && Words.Of(sentence).Count > 0 && !AsksForPerson.In(sentence))
            .Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        if (telling.Count == 0)
            telling = said.TakeLast(1).ToList();
        if (telling.Count == 0)
            return new(unsaid, null);

        var subject = telling.FindLast(sentence => sentence.AsSpan().IndexOfAny("?？؟") >= 0) ?? telling[^1];
        var chosen = telling.Count <= MostSentences ? telling : [telling[0], .. telling.TakeLast(MostSentences - 1)];
        return new(Shorten(subject, LongestSubject), string.Join(' ', chosen.Select(sentence => Close(Shorten(sentence, LongestSentence)))));
    }

    /// <summary>Cut at a word where it is too long.</summary>
    public static string Shorten(string text, int longest)
    {
        text = text.ReplaceLineEndings(" ").Trim();
        if (text.Length <= longest)
            return text;
        var cut = text.LastIndexOf(' ', longest - 2);
        if (cut < longest / 2)
            cut = char.IsHighSurrogate(text[longest - 2]) ? longest - 2 : longest - 1;
        return text[..cut].TrimEnd() + "…";
    }

    // People leave full stops out; side by side the sentences need them.
    private static string Close(string sentence) => char.IsLetterOrDigit(sentence[^1]) ? sentence + "." : sentence;
}
