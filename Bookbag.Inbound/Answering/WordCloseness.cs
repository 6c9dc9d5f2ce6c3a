using System.Collections.Frozen;

namespace Bookbag.Inbound.Answering;

/// <summary>How close a word of a source is to a word that was asked: 1 the same, 0 another word.</summary>
public static class WordCloseness
{
    private const double Inflected = 0.95;
    private const double SameStem = 0.65;
    private const double OneSlip = 0.85;
    private const double TwoSlips = 0.75;

    /// <summary>The same word, or the same with another ending: return, returns, returning; Lieferung, liefern.</summary>
    public static double OfForms(string asked, string found)
    {
        if (asked == found)
            return 1;
        var shared = asked.AsSpan().CommonPrefixLength(found);
        var longer = Math.Max(asked.Length, found.Length);
        if (shared == 3 ? IsShortForm(asked, found) || IsShortForm(found, asked) : shared > 3 && IsEnding(asked, shared) && IsEnding(found, shared))
            return Inflected;
        // Endings of languages that are not in the list, and compounds: доставка, доставляете; Versand, Versandkosten.
        return shared >= 6 && shared >= 0.45 * longer ? SameStem : 0;
    }

    /// <summary>The same word with one slip, or two in a long one. Ask only for words that the sources do not know: a known word is no slip.</summary>
    public static double OfSlips(string asked, string found)
    {
        var forms = OfForms(asked, found);
        if (forms >= Inflected || asked.Length < 5 || IsAnotherBeginning(asked, found))
            return forms;
        var most = asked.Length >= 8 ? 2 : 1;
        return Math.Max(forms, Slips(asked, found, most) switch { 1 => OneSlip, 2 when most == 2 => TwoSlips, _ => 0 });
    }

    // Fingers slip anywhere, but people know how a word begins: weather is not leather. (A first letter left out is a slip.)
    private static bool IsAnotherBeginning(string asked, string found) => asked.Length == found.Length && asked[0] != found[0] && asked[0] != found[1];

    // Of three letters much can be made: pay, payment, but not pen, pension.
    private static bool IsShortForm(string stem, string word) =>
        stem.Length == 3 && (ShortEndings.Contains(word[3..]) || (word[3] == word[2] && ShortEndings.Contains(word[4..])));

    private static bool IsEnding(string word, int stem)
    {
        if (stem == word.Length || Endings.Contains(word[stem..]))
            return true;
        // ship, shipping: the consonant before the ending is doubled.
        return word[stem] == word[stem - 1] && Endings.Contains(word[(stem + 1)..]);
    }

    // How often a letter was left out, added, exchanged or swapped with its neighbour; more than `most` counts as most + 1.
    private static int Slips(ReadOnlySpan<char> a, ReadOnlySpan<char> b, int most)
    {
        if (Math.Abs(a.Length - b.Length) > most)
            return most + 1;
        Span<int> beforeLast = stackalloc int[Words.MaxLength + 2], last = stackalloc int[Words.MaxLength + 2], row = stackalloc int[Words.MaxLength + 2];
        for (var j = 0; j <= b.Length; j++)
            last[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
            }
            var oldest = beforeLast;
            beforeLast = last;
            last = row;
            row = oldest;
        }
        return last[b.Length];
    }

    private static readonly FrozenSet<string> ShortEndings = "s es ed ing er ment ments".Split(' ').ToFrozenSet();

    // Endings by which one word takes several forms in English, Spanish, Portuguese, French, Italian, German, Dutch and Russian.
    private static readonly FrozenSet<string> Endings = string.Join(' ',
        "s es e ed d er ers ing ings y ies ied ment ments able ly ion ions ation ations al",
        "o a os as i is ar er ir ado ada ados adas ido ida idos idas ando endo iendo amos emos an en on cion ciones sion cao coes mento mentos",
        "ez ent ait ons aison aisons eur euse eurs ement iamo ono ate are ere ire ato ata ati zione zioni",
        "em n t te ten st et ung ungen bar lich je jes",
        "а у ы и е о ь я ю ю ои ои ую ая ое ые ых ом ем ам ами ах ями ов ев еи ть ет ит ут ют ат ят ете ите ка ки ку ке кои ок ни ния ние")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet();
}
