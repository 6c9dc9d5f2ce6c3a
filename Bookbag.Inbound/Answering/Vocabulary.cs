namespace Bookbag.Inbound.Answering;

/// <summary>A word of an agent's sources that is close to one that was asked.</summary>
/// <param name="Asked">The word that was asked.</param>
/// <param name="Term">The word in the sources.</param>
/// <param name="Chunks">In how many of the agent's chunks it stands.</param>
public readonly record struct KnownWord(string Asked, string Term, int Chunks);

/// <summary>What the agent's sources know of the words that were asked: which of their own words are meant, and how much each says.</summary>
public sealed class Vocabulary
{
    // A word on every page still says a little: "delivery" in a courier's sources is what customers ask about.
    private const double LeastWeight = 0.25;

    // Every other pair of characters lies across two words: that the sources do not know one says little.
    private const double UnknownPieceWeight = 0.35;

    private readonly Dictionary<string, Dictionary<string, double>> _forms = [];
    private readonly Dictionary<string, double> _weights = [];
    private readonly Dictionary<string, int> _chunks = [];

    /// <summary>Judges what was found in the sources for each word that was asked.</summary>
    /// <param name="chunks">How many chunks the agent has.</param>
    /// <param name="asked">The words that were asked.</param>
    /// <param name="found">Words of the sources that may be the same; those that are not are left out here.</param>
    public Vocabulary(int chunks, IEnumerable<string> asked, IEnumerable<KnownWord> found)
    {
        var candidates = found.ToLookup(word => word.Asked);
        foreach (var word in asked)
        {
            var known = candidates[word].Any(candidate => candidate.Term == word);
            var forms = candidates[word]
                .Select(candidate => (candidate.Term, candidate.Chunks, Closeness: known ? WordCloseness.OfForms(word, candidate.Term) : WordCloseness.OfSlips(word, candidate.Term)))
                .Where(form => form.Closeness > 0)
                .DistinctBy(form => form.Term)
                .ToList();
            // Once a word has a form of its own in the sources, a mere likeness is another word.
            if (forms.Any(form => form.Closeness > 0.9))
                forms.RemoveAll(form => form.Closeness is > 0.7 and <= 0.9);
            _forms[word] = forms.ToDictionary(form => form.Term, form => form.Closeness);
            _chunks[word] = Math.Min(chunks, forms.Sum(form => form.Chunks));
            _weights[word] = forms.Count == 0 && Words.IsPiece(word) ? UnknownPieceWeight : Weigh(_chunks[word], chunks);
        }
    }

    /// <summary>How much a word says, 0.25 to 1: the rarer in the agent's sources the more, and most of all when they do not know it.</summary>
    public double Weight(string word) => _weights[word];

    /// <summary>How many chunks have the word in some form; at most, as one chunk may have several forms.</summary>
    public int Chunks(string word) => _chunks[word];

    /// <summary>The forms in which the sources have the word.</summary>
    public IReadOnlyCollection<string> Forms(string word) => _forms[word].Keys;

    /// <summary>How well a set of words has this one, 0 to 1.</summary>
    public double Coverage(string word, IReadOnlySet<string> words)
    {
        var best = 0.0;
        foreach (var (form, closeness) in _forms[word])
            if (closeness > best && words.Contains(form))
                best = closeness;
        return best;
    }

    // The usual inverse document frequency, drawn into 0.25 to 1 so that a score means the same for ten chunks and for ten thousand.
    private static double Weigh(int chunks, int all) =>
        LeastWeight + (1 - LeastWeight) * Math.Max(0, Math.Log((all + 0.5) / (chunks + 0.5)) / Math.Log((all + 0.5) / 0.5));
}
