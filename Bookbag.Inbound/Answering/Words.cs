using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Bookbag.Inbound.Answering;

/// <summary>Cuts a text into the words by which it is found. Sources and questions go through this one function, so both always agree.</summary>
/// <remarks>
/// Postgres's own text parser is not used: it depends on the database's locale, keeps accents, and takes a whole Chinese
/// sentence for one word. Here case and accents go, alphabetic scripts give words, and scripts without spaces give
/// overlapping pairs of characters (fours for Thai, Lao, Khmer and Burmese, whose pairs are as common as Latin letters).
/// </remarks>
public static class Words
{
    /// <summary>Longer runs are no words (links, base64) and would only bloat the index.</summary>
    public const int MaxLength = 40;

    /// <summary>Every word of a text, in order.</summary>
    public static List<string> Of(string text)
    {
        var words = new List<string>();
        var run = new StringBuilder();
        var script = Script.None;
        var joined = false;

        foreach (var rune in text.EnumerateRunes())
        {
            if (IsSilent(rune))
                continue;
            var next = ScriptOf(rune);
            // A lone letter stays with what follows its hyphen: "e-mail" and "t-shirt" are as often written "email" and "tshirt".
            if (rune.Value is '-' or 0x2011 && script == Script.Alphabet && run.Length == 1 && char.IsLetter(run[0]) && !joined)
            {
                joined = true;
                continue;
            }
            if (next != script || next == Script.None)
                Flush();
            if (next != Script.None)
                Fold(rune, run);
            script = next;
        }
        Flush();
        return words;

        void Flush()
        {
            Add(run.ToString(), script, words);
            run.Clear();
            joined = false;
        }
    }

    /// <summary>The words that carry a text's meaning, each once; when it has none ("who are you?"), all of its words.</summary>
    public static List<string> Content(string text)
    {
        var all = Of(text);
        var content = all.Where(word => !StopWords.Contains(word)).Distinct().ToList();
        return content.Count > 0 ? content : [.. all.Distinct()];
    }

    /// <summary>Whether a word may be written with another ending or a slip of the finger; numbers and pieces of unspaced scripts may not.</summary>
    public static bool IsAlphabetic(string word) =>
        word.EnumerateRunes().All(rune => ScriptOf(rune) == Script.Alphabet && !Rune.IsDigit(rune));

    /// <summary>Whether a word is a piece of a script without spaces.</summary>
    public static bool IsPiece(string word) => ScriptOf(Rune.GetRuneAt(word, 0)) is Script.Pairs or Script.Fours;

    private static void Add(string run, Script script, List<string> words)
    {
        switch (script)
        {
            case Script.Alphabet when run.Length <= MaxLength:
                words.Add(WithoutArabicArticle(run));
                break;
            case Script.Pairs:
                AddPieces(run, 2, words);
                break;
            case Script.Fours:
                AddPieces(run, 4, words);
                break;
        }
    }

    private static void AddPieces(string run, int size, List<string> words)
    {
        var runes = run.EnumerateRunes().Select(rune => rune.ToString()).ToArray();
        if (runes.Length <= size)
            words.Add(run);
        else
            for (var i = 0; i + size <= runes.Length; i++)
                words.Add(string.Concat(runes[i..(i + size)]));
    }

    private static string WithoutArabicArticle(string word) =>
        word.Length > 4 && word.StartsWith("\u0627\u0644", StringComparison.Ordinal) ? word[2..] : word;

    private enum Script { None, Alphabet, Pairs, Fours }

    private static Script ScriptOf(Rune rune) => rune.Value switch
    {
        >= 0x3040 and <= 0x30FF or >= 0x3400 and <= 0x9FFF or >= 0xF900 and <= 0xFAFF => Script.Pairs, // kana, Han
        >= 0xAC00 and <= 0xD7AF or >= 0x20000 and <= 0x3FFFF => Script.Pairs,                         // Hangul, rarer Han
        >= 0x0E00 and <= 0x0EFF or >= 0x1000 and <= 0x109F or >= 0x1780 and <= 0x17FF => Script.Fours, // Thai, Lao, Burmese, Khmer
        _ => Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark => Script.Alphabet,
            _ => Script.None,
        },
    };

    // Marks that say how a letter sounds, not which word it is: Latin, Greek and Cyrillic accents written apart, Hebrew points,
    // Arabic vowels and elongation; and what has no width at all. The vowel signs of Indic scripts are letters and stay.
    private static bool IsSilent(Rune rune) => rune.Value is
        (>= 0x0300 and <= 0x036F) or (>= 0x0591 and <= 0x05C7) or (>= 0x064B and <= 0x065F) or 0x0670 or 0x0640
        or 0x00AD or (>= 0x200B and <= 0x200F) or 0x2060 or 0xFEFF or (>= 0xFE00 and <= 0xFE0F);

    private static void Fold(Rune rune, StringBuilder to)
    {
        var lower = Rune.ToLowerInvariant(rune);
        if (lower.Value is >= 0xFF01 and <= 0xFF5E) // full-width Latin, as Japanese keyboards write it
            lower = Rune.ToLowerInvariant(new Rune(lower.Value - 0xFEE0));
        if (lower.IsBmp && Plain.TryGetValue((char)lower.Value, out var plain))
            to.Append(plain);
        else
            to.Append(lower.ToString());
    }

    // A table, because string.Normalize does nothing under InvariantGlobalization.
    private static readonly FrozenDictionary<char, string> Plain = new (string Plain, string Letters)[]
    {
        ("a", "àáâãäåāăąǎǟǡǻȁȃȧạảấầẩẫậắằẳẵặ"), ("ae", "æǽ"), ("b", "ƀɓ"), ("c", "çćĉċčƈ"), ("d", "ďđðɖɗ"),
        ("e", "èéêëēĕėęěȅȇȩẹẻẽếềểễệ"), ("f", "ƒ"), ("g", "ĝğġģǥǧǵ"), ("h", "ĥħȟ"), ("i", "ìíîïĩīĭįıİǐȉȋỉị"), ("ij", "ĳ"),
        ("j", "ĵǰ"), ("k", "ķĸƙǩ"), ("l", "ĺļľŀł"), ("n", "ñńņňŉŋǹ"), ("o", "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱọỏốồổỗộớờởỡợ"), ("oe", "œ"),
        ("r", "ŕŗřȑȓ"), ("s", "śŝşšșſ"), ("ss", "ßẞ"), ("t", "ţťŧț"), ("th", "þ"), ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗụủứừửữự"), ("w", "ŵẁẃẅ"),
        ("y", "ýÿŷȳỳỵỷỹ"), ("z", "źżžƶ"),
        ("α", "ά"), ("ε", "έ"), ("η", "ή"), ("ι", "ίϊΐ"), ("ο", "ό"), ("υ", "ύϋΰ"), ("ω", "ώ"), ("σ", "ς"),
        ("е", "ё"), ("и", "й"), ("і", "ї"), ("г", "ґ"), ("у", "ў"),
        ("ا", "أإآٱ"), ("ي", "ىی"), ("ه", "ة"), ("ك", "ک"), ("و", "ؤ"),
        ("0", "٠۰०"), ("1", "١۱१"), ("2", "٢۲२"), ("3", "٣۳३"), ("4", "٤۴४"), ("5", "٥۵५"), ("6", "٦۶६"), ("7", "٧۷७"), ("8", "٨۸८"), ("9", "٩۹९"),
    }.SelectMany(row => row.Letters.Select(letter => KeyValuePair.Create(letter, row.Plain))).ToFrozenDictionary();
}
