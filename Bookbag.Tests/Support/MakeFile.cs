using System.IO.Compression;
using System.Security;
using System.Text;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Fonts.Standard14Fonts;
using UglyToad.PdfPig.Writer;

namespace Bookbag.Tests.Support;

/// <summary>Files as people upload them.</summary>
public static class MakeFile
{
    /// <summary>A PDF of one page; a line with <c>#</c> is set large.</summary>
    public static byte[] Pdf(params string[] lines)
    {
        var builder = new PdfDocumentBuilder();
        var font = builder.AddStandard14Font(Standard14Font.Helvetica);
        var page = builder.AddPage(PageSize.A4);
        var y = 780;
        foreach (var line in lines)
        {
            var isHeading = line.StartsWith('#');
            if (line.Length > 0)
                page.AddText(line.TrimStart('#', ' '), isHeading ? 20 : 11, new PdfPoint(50, y), font);
            y -= isHeading || line.Length == 0 ? 36 : 14;
        }
        return builder.Build();
    }

    /// <summary>A PDF made by hand, with its table of objects.</summary>
    public static byte[] RawPdf(string trailer, params byte[][] objects)
    {
        using var pdf = new MemoryStream();
        void Write(string text) => pdf.Write(Encoding.Latin1.GetBytes(text));
        Write("%PDF-1.7\n");
        var places = new List<long>();
        for (var i = 0; i < objects.Length; i++)
        {
            places.Add(pdf.Position);
            Write($"{i + 1} 0 obj\n");
            pdf.Write(objects[i]);
            Write("\nendobj\n");
        }
        var table = pdf.Position;
        Write($"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        foreach (var place in places)
            Write($"{place:0000000000} 00000 n \n");
        Write($"trailer\n<< /Size {objects.Length + 1} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF");
        return pdf.ToArray();
    }

    /// <summary>A stream object, packed.</summary>
    public static byte[] PackedStream(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(content);
        return [.. Encoding.Latin1.GetBytes($"<< /Length {packed.Length} /Filter /FlateDecode >>\nstream\n"), .. packed.ToArray(), .. "\nendstream"u8];
    }

    /// <summary>A Word document with this body.</summary>
    public static byte[] Docx(string body, string styles = "") => Zip(
        ("word/document.xml", $"""<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>"""),
        ("word/styles.xml", $"""<?xml version="1.0"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">{styles}</w:styles>"""));

    /// <summary>A paragraph of a Word document.</summary>
    public static string Paragraph(string text, string properties = "") => $"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{SecurityElement.Escape(text)}</w:t></w:r></w:p>";

    public static byte[] Zip(params (string Name, string Content)[] entries)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var writer = new StreamWriter(zip.CreateEntry(name).Open());
                writer.Write(content);
            }
        }
        return bytes.ToArray();
    }
}
