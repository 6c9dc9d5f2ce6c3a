using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Bookbag.Inbound.Answering;

/// <summary>What may be sent of a model's reply.</summary>
/// <param name="Text">The reply without its citations; null where it must not be sent.</param>
/// <param name="Cited">The passages that it names, by their place in the list it was given.</param>
/// <param name="Why">Why not, or what was left out; empty where there is nothing to say.</param>
public sealed record CheckedReply(string? Text, IReadOnlyList<int> Cited, string Why);

/// <summary>Decides whether a model's reply says only what the passages say.</summary>
/// <remarks>
/// <para>
/// The model is not trusted: a text in a source or a message may have talked it into anything. A reply is sent when it names a passage that it was given; when every
/// number, link and e-mail address in it stands in the passages; and when its sentences are made of a passage's words, each of one passage, and say "not" or
/// "free" only where the passage does. A sentence of courtesy that no passage has ("I hope that helps!") is left out; more than that, and the whole reply is.
/// </para>
/// <para>
/// Words are compared, not meanings. So a reply in another language than its passages', or in words of its own, is kept back though it may be right; and one that
/// makes another statement of a passage's own words and numbers is not seen through. The first is the safe side, the second says nothing that is not the business's.
/// </para>
/// </remarks>
public static partial class ReplyCheck
{
    // Some words of a sentence are only how it says it. With less, what a passage speaks of and one lie about it would do.
    private const double LeastCoverage = 0.7;

    // A single word ("Confirmed!", "Free!") says what the question makes of it.
    private const int LeastWeight = 2;

    // A number that is right to the letter says more than a word that is there in some form.
    private const int FactWeight = 2;

    /// <summary>Checks a reply.</summary>
    /// <param name="said">What the model said, citations included.</param>
    /// <param name="isCutShort">Whether its last sentence is not whole.</param>
    /// <param name="passages">What it was given, in that order.</param>
    public static CheckedReply Check(string said, bool isCutShort, IReadOnlyList<Passage> passages)
    {
        var cited = Citations().Matches(said).SelectMany(Numbers).Where(number => number >= 1 && number <= passages.Count).Select(number => number - 1).Distinct().Order().ToList();
        if (cited.Count == 0)
            return Withheld("The model's answer names none of the passages.");

        var text = Tidy(Citations().Replace(said, ""));
        var sources = passages.Select(passage => new Wording($"{passage.Heading}\n{passage.Text}")).ToList();
        var kept = new List<Range>();
        int carried = 0, leftOut = 0;
        var sentences = Sentences.Of(text);
        if (isCutShort && sentences.Count > 1)
            (sentences, text) = (sentences[..^1], text[..sentences[^2].End.Value]);
        foreach (var range in sentences)
        {
            var sentence = new Wording(text[range]);
            // A price of something else in the passages is no price of this. (One sentence may bring numbers of two passages together.)
            if (!sentence.Facts.All(fact => sources.Any(source => source.Has(fact) && source.SharesWordWith(sentence))))
                return Withheld("The model's answer has a number, link or address that no passage has for it.");
            if (sources.Any(source => source.Covers(sentence) >= LeastCoverage && source.DeniesAsWell(sentence)))
            {
                kept.Add(range);
                // "Yes!" says nothing by itself: it goes with a sentence that does.
                carried += sentence.Weight;
            }
            else
            {
                leftOut += sentence.Weight;
            }
        }

        if (carried < LeastWeight || leftOut > carried)
            return Withheld("The model's answer says what no passage says.");
        return leftOut == 0 ? new CheckedReply(text, cited, "") : new CheckedReply(Join(text, kept), cited, "A sentence that no passage has was left out.");
    }

    private static CheckedReply Withheld(string why) => new(null, [], why);

    private static IEnumerable<int> Numbers(Match citation) =>
        Digits().Matches(citation.Value).Select(digits => int.TryParse(digits.ValueSpan, out var number) ? number : 0);

    // A numbered list would be taken for numbers, and two asterisks are bold in Markdown alone.
    private static string Tidy(string text) => Bullets().Replace(Gaps().Replace(text, "$1").Replace("**", "*", StringComparison.Ordinal), "- ").Trim();

    // What stood between two sentences stays between them.
    private static string Join(string text, List<Range> sentences)
    {
        var joined = "";
        foreach (var range in sentences)
        {
            var newLine = joined.Length > 0 && text.AsSpan(0, range.Start.Value).TrimEnd(' ').EndsWith("\n");
            joined += joined.Length == 0 ? text[range] : (newLine ? "\n" : " ") + text[range];
        }
        return joined;
    }

    /// <summary>A text as it is compared: its words, and what must be right to the letter.</summary>
    private sealed class Wording
    {
        private readonly HashSet<string> _words;
        private readonly HashSet<string> _denied;
        private readonly HashSet<string> _spelled;

        public Wording(string text)
        {
            var addresses = Addresses().Matches(text).Select(match => Address(match.Value)).ToList();
            var rest = Addresses().Replace(text, " ");
            var words = Words.Of(rest);
            _words = [.. words];
            _denied = [.. Sentences.Of(rest).Select(range => Words.Of(rest[range])).Where(said => said.Skip(1).Any(Denials.Contains)).SelectMany(said => said).Where(word => !StopWords.Contains(word) && !Denials.Contains(word))];
            Meaning = [.. words.Where(word => !StopWords.Contains(word) && !Manner.Contains(word) && !word.All(char.IsAsciiDigit)).Distinct()];
            Facts = [.. addresses.Concat(Amounts().Matches(rest).Select(match => Amount(match.Value))).Distinct()];
            _words.UnionWith(addresses);
            _spelled = [.. words.Select(SpelledOut.GetValueOrDefault).OfType<string>()];
        }

        /// <summary>The words that carry its meaning.</summary>
        public IReadOnlyList<string> Meaning { get; }

        /// <summary>Numbers and addresses.</summary>
        public IReadOnlyList<string> Facts { get; }

        /// <summary>How much it says.</summary>
        public int Weight => Meaning.Count + (FactWeight * Facts.Count);

        /// <summary>Whether a number or address stands here; of a link its beginning will do.</summary>
        public bool Has(string fact) => _spelled.Contains(fact) || Facts.Any(own => own == fact || own.StartsWith($"{fact}/", StringComparison.Ordinal));

        /// <summary>How much of a sentence stands here, words in some form, 0 to 1. That its facts are right was seen before.</summary>
        public double Covers(Wording sentence) => sentence.Weight == 0 ? 1 : (sentence.Meaning.Sum(Closeness) + (FactWeight * sentence.Facts.Count)) / sentence.Weight;

        /// <summary>Whether they speak of the same at all; of a bare number there is no telling.</summary>
        public bool SharesWordWith(Wording sentence) => sentence.Meaning.Count == 0 || sentence.Meaning.Any(word => Closeness(word) > 0);

        /// <summary>Whether what a sentence says not to be so, or to cost nothing, is said so here, of the same. The "No" with which an answer begins is none.</summary>
        public bool DeniesAsWell(Wording sentence) => sentence._denied.Count == 0
            || _denied.Any(here => sentence._denied.Any(there => WordCloseness.OfForms(there, here) > 0));

        private double Closeness(string word) => _words.Contains(word) ? 1 : _words.Select(found => WordCloseness.OfForms(word, found)).DefaultIfEmpty().Max();

        // https://www.shop.example/returns/ and shop.example/returns are one.
        private static string Address(string text)
        {
            var address = text.ToLowerInvariant().TrimEnd('.', ',', ';', ':', '!', '?', '/');
            address = address[(address.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? scheme + 3 : 0)..];
            return address.StartsWith("www.", StringComparison.Ordinal) ? address[4..] : address;
        }

        // 2.50, 2,5 and 2.5 are one; 1,000 and 1000; 9:00 and 9. Digits of other scripts are digits.
        private static string Amount(string text)
        {
            var digits = string.Concat(text.Select(c => char.IsDigit(c) ? (char)('0' + (int)char.GetNumericValue(c)) : c is '٫' ? '.' : c));
            var last = digits.LastIndexOfAny(['.', ',', ':', '\'', '’']);
            var isGrouping = last < 0 || (digits.Length - last == 4 && digits[last] != ':');
            var whole = Bare(isGrouping ? digits : digits[..last]).TrimStart('0');
            var part = isGrouping ? "" : digits[(last + 1)..].TrimEnd('0');
            return $"{(whole.Length == 0 ? "0" : whole)}{(part.Length == 0 ? "" : $".{part}")}";
        }

        private static string Bare(string digits) => string.Concat(digits.Where(char.IsAsciiDigit));
    }

    // "Open from nine to six" is often said again as "9 to 6".
    private static readonly FrozenDictionary<string, string> SpelledOut = new[]
    {
        "one two three four five six seven eight nine ten eleven twelve",
        "un dos tres cuatro cinco seis siete ocho nueve diez once doce",
        "um dois tres quatro cinco seis sete oito nove dez onze doze",
        "un deux trois quatre cinq six sept huit neuf dix onze douze",
        "ein zwei drei vier funf sechs sieben acht neun zehn elf zwolf",
        "un due tre quattro cinque sei sette otto nove dieci undici dodici",
    }.SelectMany(line => line.Split(' ').Select((word, place) => KeyValuePair.Create(word, $"{place + 1}"))).DistinctBy(pair => pair.Key).ToFrozenDictionary();

    // How something is said: nobody is promised anything by it, and few passages have it.
    private static readonly FrozenSet<string> Manner = string.Join(' ',
        "unfortunately sadly sure certainly course usually generally currently however lamentablemente claro supuesto normalmente infelizmente certo geralmente malheureusement bien sur",
        "generalement leider naturlich gerne normalerweise purtroppo certamente helaas natuurlijk")
        .Split(' ').ToFrozenSet();

    // That something is not so, or costs nothing: what a customer would like to be true. As Words gives them: don't is "don" and "t".
    private static readonly FrozenSet<string> Denials = string.Join(' ',
        "not no never nothing none without cannot neither don doesn didn isn aren wasn weren won wouldn couldn shouldn free",
        "nunca nada sin ninguno ninguna tampoco nao nem sem nenhum nenhuma pas jamais rien sans aucun aucune non mai niente senza nessuno nessuna",
        "nicht nie niemals nichts kein keine keinen keinem keiner ohne niet nooit niets geen zonder не нет никогда ничего без gratis kostenlos umsonst gratuit gratuito бесплатно")
        .Split(' ').ToFrozenSet();

    // [1], [1, 3], [passage 2], 【2】: as models write them, whatever they were told.
    [GeneratedRegex(@"[\[【]\s*(?:(?:passages?|sources?)\s*)?#?\d{1,3}(?:\s*[,;]\s*#?\d{1,3})*\s*(?:†[^\]】]*)?[\]】]", RegexOptions.IgnoreCase)]
    private static partial Regex Citations();

    [GeneratedRegex(@"\d{1,3}")]
    private static partial Regex Digits();

    // What a citation leaves behind: "order [1]." → "order."
    [GeneratedRegex(@"[ \t]+([.,;:!?…。！？]|(?=\n)|(?=[ \t])|$)")]
    private static partial Regex Gaps();

    [GeneratedRegex(@"^[ \t]*\d{1,2}[.)][ \t]+", RegexOptions.Multiline)]
    private static partial Regex Bullets();

    // With or without https, e-mail too: a phone makes a link of any of them.
    [GeneratedRegex(@"(?:\p{L}[\p{L}\d+.-]*://[^\s<>""]+|[\p{L}\d._%+-]+@[\p{L}\d.-]+\.\p{L}{2,}|(?<![\p{L}\d])[\p{L}\d][\p{L}\d-]*(?:\.[\p{L}\d-]+)*\.\p{L}{2,}(?:/[^\s<>""]*)?)", RegexOptions.CultureInvariant)]
    private static partial Regex Addresses();

    [GeneratedRegex(@"\d+(?:[.,:'’٫]\d+)*")]
    private static partial Regex Amounts();
}
