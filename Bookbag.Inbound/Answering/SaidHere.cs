namespace Bookbag.Inbound.Answering;

/// <summary>What the business itself said earlier in a conversation, by a campaign or a person, as a source of answers in that conversation.</summary>
public static class SaidHere
{
    private const int MostLines = 3;

    // Words are weighed by how rare they are, and among three lines none is: as if these stood in a small agent's sources.
    private const int AsIfAmong = 100;

    /// <summary>What those lines have for a message; null where there are none. The customer's lines and the agent's own are no source.</summary>
    public static Grounded? Find(IReadOnlyList<HistoryLine> history, Asked asked)
    {
        var passages = history.Where(line => line.ByCampaign || line.ByPerson).TakeLast(MostLines).Select(Passage).Reverse().ToList();
        if (passages.Count == 0)
            return null;
        var words = asked.Words.ToList();
        // Every word of so few lines may be a form of one that was asked: they need no index.
        var known = passages.SelectMany(passage => passage.Words).GroupBy(word => word).SelectMany(word => words.Select(which => new KnownWord(which, word.Key, word.Count())));
        return Grounding.Score(asked, new Vocabulary(AsIfAmong, words, known), passages);
    }

    private static Passage Passage(HistoryLine line) => new(
        Guid.Empty, line.ByCampaign ? "Campaign message" : "A colleague's message", false, "", line.Text, Words.Content(line.Text).ToHashSet());
}
