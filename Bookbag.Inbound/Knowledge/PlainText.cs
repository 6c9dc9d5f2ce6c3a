using System.Text;

namespace Bookbag.Inbound.Knowledge;

/// <summary>Text as people write it.</summary>
internal static class PlainText
{
    /// <summary>Without control characters (Postgres takes no NUL), halves of surrogate pairs, and white space around it; line breaks are <c>\n</c>.</summary>
    public static string Clean(string? text)
    {
        var clean = new StringBuilder(text?.Length ?? 0);
        foreach (var rune in (text ?? "").EnumerateRunes())
            if (rune.Value is '\n' or '\r' or '\t' || (!Rune.IsControl(rune) && rune != Rune.ReplacementChar))
                clean.Append(rune.ToString());
        return clean.ToString().ReplaceLineEndings("\n").Trim();
    }
}
