using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;

namespace Bookbag.Edge.Console.Outbound;

/// <summary>Text with WhatsApp's own marks, as a phone shows it: *bold*, _italic_, ~struck out~, `monospaced`.</summary>
public static partial class WhatsAppText
{
    /// <summary>The text as markup. Nothing in it is markup but what this makes of its marks.</summary>
    public static MarkupString Show(string text)
    {
        var safe = WebUtility.HtmlEncode(text);
        safe = Monospaced().Replace(safe, "<code>$1</code>");
        safe = Bold().Replace(safe, "<strong>$1</strong>");
        safe = Italic().Replace(safe, "<em>$1</em>");
        return new MarkupString(Struck().Replace(safe, "<s>$1</s>"));
    }

    [GeneratedRegex(@"`([^`\n]+)`", RegexOptions.CultureInvariant)]
    private static partial Regex Monospaced();

    // A mark stands at the edge of a word, on the outside, and next to it on the inside.
    [GeneratedRegex(@"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])", RegexOptions.CultureInvariant)]
    private static partial Regex Bold();

    [GeneratedRegex(@"(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)", RegexOptions.CultureInvariant)]
    private static partial Regex Italic();

    [GeneratedRegex(@"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])", RegexOptions.CultureInvariant)]
    private static partial Regex Struck();
}
