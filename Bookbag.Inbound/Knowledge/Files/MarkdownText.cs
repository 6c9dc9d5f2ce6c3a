using System.Text.RegularExpressions;

namespace Bookbag.Inbound.Knowledge.Files;

/// <summary>Markdown without the marks that a customer should not see; headings keep theirs.</summary>
public static partial class MarkdownText
{
    // No file may keep a worker busy by its form.
    private const int Patience = 2_000;

    /// <summary>The text.</summary>
    public static string Read(string markdown)
    {
        var text = markdown.ReplaceLineEndings("\n");
        text = FrontMatter().Replace(text, "");
        text = Comment().Replace(text, "");
        text = Underlined().Replace(text, "# $1\n");
        text = Image().Replace(text, "$1");
        text = Link().Replace(text, "$1");
        text = Fence().Replace(text, "");
        text = TableRule().Replace(text, "");
        text = Emphasis().Replace(text, "$2");
        text = Bullet().Replace(text, "- ");
        return Quote().Replace(text, "");
    }

    [GeneratedRegex(@"\A---\n.*?\n---\n", RegexOptions.Singleline, Patience)]
    private static partial Regex FrontMatter();

    [GeneratedRegex("<!--.*?-->", RegexOptions.Singleline, Patience)]
    private static partial Regex Comment();

    // Delivery
    // --------
    [GeneratedRegex(@"^(\S[^\n]*)\n(?:={3,}|-{3,})[ \t]*$\n?", RegexOptions.Multiline, Patience)]
    private static partial Regex Underlined();

    [GeneratedRegex(@"!\[([^\]\n]*)\]\([^)\n]*\)", RegexOptions.None, Patience)]
    private static partial Regex Image();

    [GeneratedRegex(@"\[([^\]\n]+)\](?:\([^)\n]*\)|\[[^\]\n]*\])", RegexOptions.None, Patience)]
    private static partial Regex Link();

    [GeneratedRegex(@"^[ \t]*(?:```|~~~)[^\n]*$", RegexOptions.Multiline, Patience)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^[ \t]*\|?(?:[ \t]*:?-{3,}:?[ \t]*\|?)+[ \t]*$\n?", RegexOptions.Multiline | RegexOptions.NonBacktracking, Patience)]
    private static partial Regex TableRule();

    [GeneratedRegex(@"(\*\*|__|`|(?<!\w)\*(?=\S))([^*_`\n]+)\1", RegexOptions.None, Patience)]
    private static partial Regex Emphasis();

    [GeneratedRegex(@"^[ \t]*[*+][ \t]+", RegexOptions.Multiline, Patience)]
    private static partial Regex Bullet();

    [GeneratedRegex(@"^[ \t]*>[ \t]?", RegexOptions.Multiline, Patience)]
    private static partial Regex Quote();
}
