using System.IO.Compression;
using System.Text;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.DocumentLayoutAnalysis;
using UglyToad.PdfPig.DocumentLayoutAnalysis.PageSegmenter;
using UglyToad.PdfPig.DocumentLayoutAnalysis.ReadingOrderDetector;
using UglyToad.PdfPig.DocumentLayoutAnalysis.WordExtractor;
using UglyToad.PdfPig.Exceptions;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Tokens;

namespace Bookbag.Inbound.Knowledge.Files;

/// <summary>PDF files: letters on pages, put together to paragraphs in the order in which people read them.</summary>
public static class PdfText
{
    private const int MostPages = 1_000;

    // Finding paragraphs among more costs seconds a page.
    private const int MostLettersOnPage = 30_000;

    // Letters that much larger than the document's own begin a heading.
    private const double HeadingSize = 1.15;
    private const int LongestHeading = 80;

    /// <summary>The text.</summary>
    /// <exception cref="UnreadableFileException">It cannot be read.</exception>
    public static string Read(byte[] bytes, CancellationToken cancellationToken)
    {
        try
        {
            var options = new ParsingOptions { UseLenientParsing = true, SkipMissingFonts = true, FilterProvider = new BoundedFilters() };
            using var document = PdfDocument.Open(bytes, options);
            if (document.NumberOfPages > MostPages)
                throw new UnreadableFileException($"The PDF has {document.NumberOfPages} pages; the most is {MostPages}. Split it.");
            return Read(document, cancellationToken);
        }
        catch (PdfDocumentEncryptedException e)
        {
            throw new UnreadableFileException("The PDF is protected by a password: save it without one.", e);
        }
        // Whatever a foreign parser throws at a foreign file means the same; only that our own time is over does not.
        catch (Exception e) when (e is not (UnreadableFileException or OperationCanceledException or OutOfMemoryException))
        {
            throw new UnreadableFileException("The PDF is damaged: open it and save or print it as a PDF again.", e);
        }
    }

    private static string Read(PdfDocument document, CancellationToken cancellationToken)
    {
        var blocks = new List<(string Text, double Size)>();
        foreach (var page in document.GetPages())
        {
            cancellationToken.ThrowIfCancellationRequested();
            blocks.AddRange(Blocks(page).Where(block => block.Text.Length > 0));
            if (blocks.Sum(block => (long)block.Text.Length) > FileText.Longest)
                throw FileText.TooLong();
        }
        if (blocks.Count == 0)
            throw new UnreadableFileException("The PDF has no text in it, only pictures: have its text recognised (OCR) and upload it again.");

        var usual = blocks.GroupBy(block => Math.Round(block.Size)).MaxBy(size => size.Sum(block => block.Text.Length))!.Key;
        var text = new StringBuilder();
        foreach (var (block, size) in blocks)
            text.Append(size > usual * HeadingSize && block.Length <= LongestHeading ? "# " : "").Append(block).Append("\n\n");
        return text.ToString();
    }

    private static IEnumerable<(string Text, double Size)> Blocks(Page page)
    {
        if (page.Letters.Count == 0)
            return [];
        if (page.Letters.Count > MostLettersOnPage)
            throw new UnreadableFileException($"Page {page.Number} of the PDF has more letters than a page can have.");
        var words = NearestNeighbourWordExtractor.Instance.GetWords(page.Letters).ToList();
        return UnsupervisedReadingOrderDetector.Instance.Get(DocstrumBoundingBoxes.Instance.GetBlocks(words)).SelectMany(Paragraphs);
    }

    // Lines that stand close together are one block, whatever their size: a heading is parted from what it stands over.
    private static IEnumerable<(string Text, double Size)> Paragraphs(TextBlock block)
    {
        var lines = new List<TextLine>();
        var size = 0.0;
        foreach (var line in block.TextLines)
        {
            var own = line.Words.SelectMany(word => word.Letters).Average(letter => letter.PointSize);
            if (lines.Count > 0 && (own > size * HeadingSize || own < size / HeadingSize))
            {
                yield return (Join(lines), size);
                lines.Clear();
            }
            size = lines.Count == 0 ? own : size;
            lines.Add(line);
        }
        yield return (Join(lines), size);
    }

    // Lines that were broken for the page's width are one paragraph; what was divided at a line's end is one word; list items stay lines.
    private static string Join(List<TextLine> lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines.Select(line => line.Text.Trim()).Where(line => line.Length > 0))
        {
            if (text.Length > 1 && text[^1] is '-' or '\u00AD' && char.IsLetter(text[^2]) && char.IsLower(line[0]))
                text.Length--;
            else if (text.Length > 0)
                text.Append(line[0] is '•' or '–' or '-' or '▪' or '◦' ? '\n' : ' ');
            text.Append(line);
        }
        return text.ToString();
    }

    /// <summary>The filters that unpack a PDF's streams, none of them to more than a document has.</summary>
    private sealed class BoundedFilters : IFilterProvider
    {
        private const long MostOfStream = 32 * 1024 * 1024;
        private const long MostInAll = 512 * 1024 * 1024;

        // Old compressions, whose result cannot be foreseen: texts of their day are short.
        private const int LargestOld = 128 * 1024;

        private readonly IFilterProvider _filters = DefaultFilterProvider.Instance;
        private long _unpacked;

        public IReadOnlyList<IFilter> GetFilters(DictionaryToken dictionary) => Bound(_filters.GetFilters(dictionary));

        public IReadOnlyList<IFilter> GetNamedFilters(IReadOnlyList<NameToken> names) => Bound(_filters.GetNamedFilters(names));

        public IReadOnlyList<IFilter> GetAllFilters() => Bound(_filters.GetAllFilters());

        private List<IFilter> Bound(IReadOnlyList<IFilter> filters) => [.. filters.Select(filter => new Bounded(filter, this))];

        private void Check(IFilter filter, ReadOnlyMemory<byte> input)
        {
            long size = filter switch
            {
                FlateFilter => Measure(input),
                LzwFilter or RunLengthFilter when input.Length > LargestOld => MostOfStream + 1,
                _ => input.Length,
            };
            _unpacked += size;
            if (size > MostOfStream || _unpacked > MostInAll)
                throw new UnreadableFileException("The PDF unpacks to far more than its size: it is not a document that somebody wrote.");
        }

        // Unpacked once to be counted, and thrown away.
        private static long Measure(ReadOnlyMemory<byte> input)
        {
            using var packed = new ZLibStream(new MemoryStream(input.ToArray(), writable: false), CompressionMode.Decompress);
            var buffer = new byte[64 * 1024];
            long size = 0;
            try
            {
                for (int read; size <= MostOfStream && (read = packed.Read(buffer)) > 0;)
                    size += read;
            }
            catch (InvalidDataException)
            {
                // The filter itself makes of it what it can; more than this it does not become.
            }
            return size;
        }

        private sealed class Bounded(IFilter filter, BoundedFilters bounds) : IFilter
        {
            public bool IsSupported => filter.IsSupported;

            public Memory<byte> Decode(Memory<byte> input, DictionaryToken streamDictionary, IFilterProvider filterProvider, int filterIndex)
            {
                bounds.Check(filter, input);
                return filter.Decode(input, streamDictionary, filterProvider, filterIndex);
            }
        }
    }
}
