using Bookbag.Inbound.Answering;

namespace Bookbag.Inbound.Knowledge;

/// <summary>A piece of a source, small enough to be about one thing.</summary>
/// <param name="Heading">The heading it stands under, or a Q&amp;A pair's question; empty without one.</param>
/// <param name="Text">What it says.</param>
/// <param name="Url">Of a website: the page it stands on.</param>
public sealed record Chunk(string Heading, string Text, string? Url = null);

/// <summary>Cuts a text into chunks along its headings, paragraphs and sentences.</summary>
public static class Chunker
{
    /// <summary>A chunk that has reached this is closed at the next paragraph.</summary>
    public const int Target = 800;

    /// <summary>No chunk is longer.</summary>
    public const int Most = 1_200;

    // The last sentence is repeated in the next chunk, so that "It takes three days." stays with what takes three days.
    private const int MostOverlap = 200;
    private const int LongestHeading = 80;

    /// <summary>The chunks in the order of the text. Nothing is left out; each carries the heading it stands under.</summary>
    public static List<Chunk> Cut(string text)
    {
        var chunks = new List<Chunk>();
        foreach (var (heading, paragraphs) in Sections(text))
            AddSection(heading, paragraphs, chunks);
        return chunks;
    }

    private static void AddSection(string heading, List<string> paragraphs, List<Chunk> chunks)
    {
        var open = ""; // the chunk that is being filled
        var carried = 0; // how much of it stands in the chunk before as well
        foreach (var piece in paragraphs.SelectMany(Pieces))
        {
            var separator = piece.StartsParagraph ? "\n\n" : " ";
            if (open.Length > 0 && (open.Length + separator.Length + piece.Text.Length > Most || (piece.StartsParagraph && open.Length >= Target)))
            {
                Close();
                open = Overlap(open, piece.Text.Length);
                carried = open.Length;
                separator = " ";
            }
            open += open.Length == 0 ? piece.Text : separator + piece.Text;
        }
        Close();

        void Close()
        {
            if (open.Length > carried)
                chunks.Add(new Chunk(heading, open));
        }
    }

    private enum BlockKind { Paragraph, Title, Heading }

    // A heading belongs to the text below it. Headings in a row ("# Returns", "## Within 30 days") are one; one without text below is text itself.
    private static IEnumerable<(string Heading, List<string> Paragraphs)> Sections(string text)
    {
        var heading = "";
        var paragraphs = new List<string>();
        var blocks = Blocks(text).ToList();
        for (var i = 0; i < blocks.Count; i++)
        {
            var (block, kind) = blocks[i];
            // A line that only looks like a title is one where text follows; else it may be one line of a list.
            var next = i + 1 < blocks.Count ? blocks[i + 1].Kind : BlockKind.Title;
            if (kind == BlockKind.Paragraph || (kind == BlockKind.Title && next != BlockKind.Paragraph))
            {
                paragraphs.Add(block);
                continue;
            }
            if (paragraphs.Count == 0 && heading.Length > 0 && heading.Length + block.Length <= 2 * LongestHeading)
            {
                heading += ": " + block;
                continue;
            }
            if (Section() is { } section)
                yield return section;
            (heading, paragraphs) = (block, []);
        }
        if (Section() is { } last)
            yield return last;

        (string, List<string>)? Section() =>
            paragraphs.Count > 0 ? (heading, paragraphs) : heading.Length > 0 ? ("", [heading]) : null;
    }

    private static IEnumerable<(string Text, BlockKind Kind)> Blocks(string text)
    {
        foreach (var paragraph in text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = paragraph.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            var rest = new List<string>();
            foreach (var line in lines)
            {
                if (MarkedHeading(line) is not { } marked)
                {
                    rest.Add(line);
                    continue;
                }
                if (rest.Count > 0)
                    yield return (string.Join('\n', rest), BlockKind.Paragraph);
                rest.Clear();
                yield return (marked, BlockKind.Heading);
            }
            if (rest.Count > 0)
                yield return (string.Join('\n', rest), lines.Length == 1 && IsTitle(lines[0]) ? BlockKind.Title : BlockKind.Paragraph);
        }
    }

    // "## Delivery"
    private static string? MarkedHeading(string line) =>
        line.StartsWith('#') && line.TrimStart('#').Trim(' ', '#') is { Length: > 0 and <= LongestHeading } heading ? heading : null;

    private static bool IsTitle(string line) =>
        line.Length <= LongestHeading && char.IsLetterOrDigit(line[0]) && (char.IsLetterOrDigit(line[^1]) || line[^1] is ')') && Sentences.Of(line).Count == 1;

    // The whole block where it fits; else its sentences; a sentence that does not fit, in lines of words.
    private static IEnumerable<(string Text, bool StartsParagraph)> Pieces(string block)
    {
        if (block.Length <= Most)
        {
            yield return (block, true);
            yield break;
        }
        var first = true;
        foreach (var sentence in Sentences.Of(block))
            foreach (var part in Fitting(block[sentence]))
            {
                yield return (part, first);
                first = false;
            }
    }

    private static IEnumerable<string> Fitting(string sentence)
    {
        while (sentence.Length > Most)
        {
            var cut = sentence.LastIndexOf(' ', Most - 1);
            if (cut < Most / 2)
                cut = char.IsHighSurrogate(sentence[Most - 1]) ? Most - 1 : Most;
            yield return sentence[..cut].TrimEnd();
            sentence = sentence[cut..].TrimStart();
        }
        if (sentence.Length > 0)
            yield return sentence;
    }

    private static string Overlap(string chunk, int next)
    {
        if (chunk.Length == 0)
            return "";
        var last = chunk[Sentences.Of(chunk)[^1]];
        return last.Length <= MostOverlap && last.Length < chunk.Length && last.Length + 1 + next <= Most ? last : "";
    }
}
