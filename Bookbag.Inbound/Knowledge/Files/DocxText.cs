using System.IO.Compression;
using System.Text;
using System.Xml;

namespace Bookbag.Inbound.Knowledge.Files;

/// <summary>Word documents: a zip with <c>word/document.xml</c> in it, of which only the words and their headings are read.</summary>
public static class DocxText
{
    private const string Word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    private const string StrictWord = "http://purl.oclc.org/ooxml/wordprocessingml/main";

    // A document of two million characters has less; what unpacks to more is a bomb.
    private const int MostUnpacked = 64 * 1024 * 1024;

    /// <summary>The text.</summary>
    /// <exception cref="UnreadableFileException">It cannot be read.</exception>
    public static string Read(byte[] bytes)
    {
        try
        {
            using var archive = new ZipArchive(new MemoryStream(bytes, writable: false), ZipArchiveMode.Read);
            var document = archive.GetEntry("word/document.xml") ?? throw new UnreadableFileException("The file is no Word document: there is no text part in it.");
            var headings = archive.GetEntry("word/styles.xml") is { } styles ? HeadingStyles(styles) : [];
            using var xml = Open(document);
            return new Reading(xml, headings).Text();
        }
        catch (Exception e) when (e is InvalidDataException or XmlException or EndOfStreamException or NotSupportedException)
        {
            throw new UnreadableFileException("The Word document is damaged: open it in Word and save it again.", e);
        }
    }

    private static XmlReader Open(ZipArchiveEntry entry) => XmlReader.Create(new BoundedStream(entry.Open(), MostUnpacked), new XmlReaderSettings
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        CloseInput = true,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    });

    // Ids of styles are translated ("berschrift1"), their names are not: <w:style w:styleId="berschrift1"><w:name w:val="heading 1"/>
    private static HashSet<string> HeadingStyles(ZipArchiveEntry styles)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        using var xml = Open(styles);
        string? id = null;
        while (xml.Read())
        {
            if (xml.NodeType != XmlNodeType.Element || !IsWord(xml))
                continue;
            if (xml.LocalName == "style")
                id = Attribute(xml, "styleId");
            else if (xml.LocalName == "name" && id is not null && Attribute(xml, "val") is { } name
                && (name.StartsWith("heading ", StringComparison.OrdinalIgnoreCase) || name.Equals("title", StringComparison.OrdinalIgnoreCase)))
                found.Add(id);
        }
        return found;
    }

    private static bool IsWord(XmlReader xml) => xml.NamespaceURI is Word or StrictWord;

    private static string? Attribute(XmlReader xml, string name) => xml.GetAttribute(name, xml.NamespaceURI);

    /// <summary>One pass over a document's elements, without a tree of them.</summary>
    private sealed class Reading(XmlReader xml, HashSet<string> headings)
    {
        private readonly StringBuilder _text = new();
        private readonly StringBuilder _paragraph = new();
        private bool _isHeading;
        private bool _isListed;
        private int _tables;

        public string Text()
        {
            while (xml.Read())
            {
                switch (xml.NodeType)
                {
                    // What older programs show instead of what stands before it.
                    case XmlNodeType.Element when xml.LocalName == "Fallback":
                        xml.Skip();
                        break;
                    case XmlNodeType.Element when IsWord(xml):
                        Begin();
                        break;
                    case XmlNodeType.EndElement when IsWord(xml):
                        End();
                        break;
                }
                if (_text.Length > FileText.Longest)
                    throw FileText.TooLong();
            }
            return _text.ToString();
        }

        private void Begin()
        {
            switch (xml.LocalName)
            {
                case "t" when !xml.IsEmptyElement:
                    _paragraph.Append(xml.ReadString());
                    break;
                case "tab":
                    _paragraph.Append(' ');
                    break;
                case "br" or "cr":
                    _paragraph.Append('\n');
                    break;
                case "pStyle":
                    _isHeading |= Attribute(xml, "val") is { } style && headings.Contains(style);
                    break;
                case "outlineLvl":
                    _isHeading |= Attribute(xml, "val") is { Length: 1 } level && level[0] is >= '0' and <= '8';
                    break;
                case "numPr":
                    _isListed = true;
                    break;
                case "tbl":
                    _tables++;
                    break;
            }
        }

        private void End()
        {
            switch (xml.LocalName)
            {
                case "p":
                    EndParagraph();
                    break;
                case "tc":
                    Separate(" | ");
                    break;
                case "tr":
                    Separate("\n\n");
                    break;
                case "tbl":
                    _tables--;
                    break;
            }
        }

        private void EndParagraph()
        {
            var paragraph = _paragraph.ToString().Trim();
            if (paragraph.Length > 0)
            {
                // Inside a table lines are cells: what parts them comes after the cell.
                var mark = _tables > 0 ? "" : _isHeading ? "# " : _isListed ? "- " : "";
                _text.Append(mark).Append(_isHeading ? paragraph.ReplaceLineEndings(" ") : paragraph).Append(_tables > 0 ? " " : "\n\n");
            }
            _paragraph.Clear();
            (_isHeading, _isListed) = (false, false);
        }

        // In place of what parted what came before.
        private void Separate(string separator)
        {
            var end = _text.Length;
            while (end > 0 && _text[end - 1] is ' ' or '|')
                end--;
            _text.Length = end;
            if (end > 0 && _text[end - 1] != '\n')
                _text.Append(separator);
        }
    }
}

/// <summary>A stream that refuses to go on for ever.</summary>
internal sealed class BoundedStream(Stream inner, long most) : Stream
{
    private long _left = most;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        _left -= read;
        return _left >= 0 ? read : throw new UnreadableFileException("The file unpacks to far more than its size: it is not a document that somebody wrote.");
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
