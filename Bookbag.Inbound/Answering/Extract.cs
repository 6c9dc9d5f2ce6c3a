namespace Bookbag.Inbound.Answering;

/// <summary>An answer taken from the passages themselves, for an agent without a model.</summary>
public static class Extract
{
    /// <summary>As much as one reads on a phone without scrolling.</summary>
    public const int Longest = 700;

    private const int MostParts = 3;

    // A sentence and what explains it; a whole passage says much that was not asked.
    private const int Enough = 320;

    /// <summary>The best sentences of the best passage of each question, whole sentences in the order of the text.</summary>
    public static string From(IReadOnlyList<PartAnswer> parts)
    {
        var room = Longest;
        var extracts = new List<string>();
        foreach (var part in parts.Take(MostParts))
        {
            var extract = Take(part, room);
            if (extract.Length == 0)
                break;
            extracts.Add(extract);
            room -= extract.Length + 2;
        }
        return string.Join("\n\n", extracts);
    }

    private static string Take(PartAnswer part, int room)
    {
        var text = part.Passage.Text;
        if (part.Passage.IsPair && text.Length <= room)
            return text;

        var sentences = Sentences.Of(text);
        var first = 0;
        var best = 0.0;
        for (var i = 0; i < sentences.Count; i++)
            if (part.Coverage(Words.Content(text[sentences[i]]).ToHashSet()) is var coverage && coverage > best)
                (best, first) = (coverage, i);

        var last = first;
        while (last + 1 < sentences.Count && Length(first, last + 1) <= Math.Min(Enough, room) && !text[sentences[last].End..sentences[last + 1].Start].Contains("\n\n", StringComparison.Ordinal))
            last++;
        var extract = text[sentences[first].Start..sentences[last].End];
        return extract.Length <= room ? extract : Shorten(extract, room);

        int Length(int from, int to) => sentences[to].End.Value - sentences[from].Start.Value;
    }

    // One sentence longer than a screen: its beginning, up to a word.
    private static string Shorten(string sentence, int room)
    {
        if (room < Enough / 2)
            return "";
        var cut = sentence.LastIndexOf(' ', room - 2);
        if (cut < room / 2)
            cut = char.IsHighSurrogate(sentence[room - 2]) ? room - 2 : room - 1;
        return sentence[..cut].TrimEnd() + "…";
    }
}
