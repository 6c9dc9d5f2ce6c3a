using System.Collections.Frozen;

namespace Bookbag.Inbound.Answering;

/// <summary>Where the sentences of a text begin and end; a line break ends one too.</summary>
public static class Sentences
{
    /// <summary>The sentences in order, without the white space around them.</summary>
    public static List<Range> Of(string text)
    {
        var sentences = new List<Range>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (!EndsAt(text, i))
                continue;
            while (i + 1 < text.Length && IsClosing(text[i + 1]))
                i++;
            AddTrimmed(text, start, i + 1, sentences);
            start = i + 1;
        }
        AddTrimmed(text, start, text.Length, sentences);
        return sentences;
    }

    private static bool EndsAt(string text, int i) => text[i] switch
    {
        '\n' or '。' or '！' or '？' or '।' or '؟' or '۔' => true,
        '!' or '?' or '…' => i + 1 == text.Length || !char.IsLetterOrDigit(text[i + 1]),
        '.' => (i + 1 == text.Length || char.IsWhiteSpace(text[i + 1]) || IsClosing(text[i + 1])) && !IsAbbreviation(text, i) && !GoesOn(text, i + 1),
        _ => false,
    };

    private static bool IsClosing(char c) => c is '"' or '\'' or ')' or ']' or '»' or '”' or '’' or '.' or '!' or '?';

    // "approx. 3 days", "e.g. mugs": what follows in lower case goes on.
    private static bool GoesOn(string text, int i)
    {
        while (i < text.Length && text[i] is ' ')
            i++;
        return i < text.Length && char.IsLower(text[i]);
    }

    private static bool IsAbbreviation(string text, int dot)
    {
        var start = dot;
        while (start > 0 && char.IsLetter(text[start - 1]))
            start--;
        return dot - start == 1 || Abbreviations.Contains(text[start..dot].ToLowerInvariant());
    }

    private static readonly FrozenSet<string> Abbreviations =
        "mr mrs ms dr prof st no nr vs approx incl excl max min tel ca bzw inkl zzgl str sr sra av art núm núms aprox".Split(' ').ToFrozenSet();

    private static void AddTrimmed(string text, int start, int end, List<Range> to)
    {
        while (start < end && char.IsWhiteSpace(text[start]))
            start++;
        while (end > start && char.IsWhiteSpace(text[end - 1]))
            end--;
        if (end > start)
            to.Add(start..end);
    }
}
