using System.Text;
using Bookbag.Inbound.Knowledge.Files;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Rules.Knowledge;

public sealed class FileTextTests
{
    [Theory]
    [InlineData("prices.txt", "Mugs cost 5.", FileKind.Txt)]
    [InlineData("C:\\Users\\me\\Help.MD", "# Help", FileKind.Md)]
    [InlineData("prices.csv", "a,b", FileKind.Csv)]
    [InlineData("prices.pdf", "%PDF-1.7 …", FileKind.Pdf)]
    [InlineData("prices.docx", "PK\u0003\u0004…", FileKind.Docx)]
    public void A_file_is_what_its_name_and_its_beginning_say(string name, string content, FileKind kind)
    {
        var (upload, problem) = Upload.Of(name, Encoding.UTF8.GetBytes(content));
        Assert.Null(problem);
        Assert.Equal((kind, Path.GetFileName(name.Replace('\\', '/'))), (upload!.Kind, upload.FileName));
    }

    [Theory]
    [InlineData("virus.exe", "MZ", "file_type_unknown")]
    [InlineData("letter.doc", "x", "file_type_unknown")]
    [InlineData("noname", "x", "file_type_unknown")]
    [InlineData("", "x", "file_type_unknown")]
    [InlineData("empty.txt", "", "file_empty")]
    [InlineData("prices.pdf", "PK\u0003\u0004", "file_not_what_it_says")]
    [InlineData("prices.docx", "%PDF-1.7", "file_not_what_it_says")]
    [InlineData("prices.txt", "%PDF-1.7", "file_not_what_it_says")]
    [InlineData("prices.csv", "PK\u0003\u0004", "file_not_what_it_says")]
    [InlineData("prices.md", "abc\0def", "file_not_what_it_says")]
    public void What_is_no_file_to_learn_is_refused_with_a_reason(string name, string content, string code) =>
        Assert.Equal(code, Upload.Of(name, Encoding.UTF8.GetBytes(content)).Problem?.Code);

    [Fact]
    public void A_file_that_is_too_large_and_a_document_with_a_password_are_refused()
    {
        Assert.Equal("file_too_large", Upload.Of("a.txt", new byte[Upload.Largest + 1]).Problem?.Code);
        var (_, problem) = Upload.Of("a.docx", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1]);
        Assert.Contains("password", problem!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_is_read_in_the_encodings_that_people_have()
    {
        const string Text = "Größe: 5 €, naïve";
        Assert.Equal(Text, Read(FileKind.Txt, Encoding.UTF8.GetBytes(Text)));
        Assert.Equal(Text, Read(FileKind.Txt, [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Text)]));
        Assert.Equal(Text, Read(FileKind.Txt, [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Text)]));
        Assert.Equal(Text, Read(FileKind.Txt, TextDecodingOfWindows(Text)));
    }

    [Fact]
    public void Markdown_loses_its_marks_and_keeps_its_headings()
    {
        const string Markdown = """
            ---
            title: Help
            ---
            Delivery
            --------
            We deliver **everywhere**, see [our map](https://example.com/map) or `the list`. <!-- secret -->

            ## Prices ![logo](x.png)

            | Zone | Price |
            | ---- | ----: |
            | City | 3 |

            * one
            * two_words_stay
            """;
        Assert.Equal("""
            # Delivery
            We deliver everywhere, see our map or the list. 

            ## Prices logo

            | Zone | Price |
            | City | 3 |

            - one
            - two_words_stay
            """.ReplaceLineEndings("\n"), Read(FileKind.Md, Encoding.UTF8.GetBytes(Markdown)));
    }

    [Theory]
    [InlineData("Product,Price\nMug,\"€5, with handle\"\n\"Cup \"\"Big\"\"\",€4\n", "Product: Mug; Price: €5, with handle\n\nProduct: Cup \"Big\"; Price: €4")]
    [InlineData("Product;Price\r\nMug;5,90\r\nCup;\r\n", "Product: Mug; Price: 5,90\n\nProduct: Cup")]
    [InlineData("1,Mug\n2,Cup", "1; Mug\n\n2; Cup")]
    [InlineData("Just one line", "Just one line")]
    [InlineData("a\tb\n\"never closed\tx", "a: \"never closed; b: x")]
    public void Each_row_of_a_table_can_be_understood_alone(string csv, string text) => Assert.Equal(text, Read(FileKind.Csv, Encoding.UTF8.GetBytes(csv)));

    [Fact]
    public void A_word_document_gives_its_headings_lists_and_tables()
    {
        var docx = MakeFile.Docx(
            MakeFile.Paragraph("Lieferung", """<w:pStyle w:val="berschrift1"/>""")
            + "<w:p><w:r><w:t>Wir liefern </w:t></w:r><w:r><w:t>überall</w:t></w:r><w:r><w:br/><w:t>hin &amp; zurück.</w:t></w:r><w:r><w:delText>nie</w:delText></w:r></w:p>"
            + MakeFile.Paragraph("schnell", "<w:numPr/>")
            + "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Zone</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Preis</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>Stadt</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>3 €</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
            + MakeFile.Paragraph("Ende"),
            """<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>""");
        Assert.Equal("# Lieferung\n\nWir liefern überall\nhin & zurück.\n\n- schnell\n\nZone | Preis\n\nStadt | 3 €\n\nEnde", Read(FileKind.Docx, docx));
    }

    [Fact]
    public void A_pdf_gives_its_headings_and_whole_paragraphs()
    {
        var text = Read(FileKind.Pdf, MakeFile.Pdf("# Delivery times", "We deliver everything that is in stock within two work-", "ing days, to the whole country.", "", "# Returns", "You can return what you do not like within 30 days."));
        Assert.Equal("# Delivery times\n\nWe deliver everything that is in stock within two working days, to the whole country.\n\n# Returns\n\nYou can return what you do not like within 30 days.", text);
    }

    [Fact]
    public void A_pdf_without_text_with_a_password_or_in_pieces_is_refused_in_words()
    {
        Assert.Contains("OCR", Refused(FileKind.Pdf, MakeFile.Pdf()), StringComparison.Ordinal);
        Assert.Contains("damaged", Refused(FileKind.Pdf, "%PDF-1.7 and nothing more"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("damaged", Refused(FileKind.Pdf, [.. "%PDF-1.7\n1 0 obj\n"u8, .. Enumerable.Repeat((byte)'[', 300_000)]), StringComparison.Ordinal);
        var locked = MakeFile.RawPdf($"/Encrypt 3 0 R /ID [<{new string('0', 32)}> <{new string('0', 32)}>]",
            "<< /Type /Catalog /Pages 2 0 R >>"u8.ToArray(), "<< /Type /Pages /Kids [] /Count 0 >>"u8.ToArray(),
            Encoding.Latin1.GetBytes($"<< /Filter /Standard /V 1 /R 2 /O <{new string('A', 64)}> /U <{new string('B', 64)}> /P -44 >>"));
        Assert.Contains("password", Refused(FileKind.Pdf, locked), StringComparison.Ordinal);
    }

    [Fact]
    public void What_unpacks_to_far_more_than_its_size_is_refused_before_it_fills_the_memory()
    {
        var spaces = new string(' ', 70 * 1024 * 1024);
        Assert.Contains("unpacks", Refused(FileKind.Docx, MakeFile.Docx($"<w:p><w:r><w:t>{spaces}</w:t></w:r></w:p>")), StringComparison.Ordinal);
        var bomb = MakeFile.RawPdf("", "<< /Type /Catalog /Pages 2 0 R >>"u8.ToArray(), "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"u8.ToArray(),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R >>"u8.ToArray(), MakeFile.PackedStream(new byte[70 * 1024 * 1024]));
        Assert.Contains("unpacks", Refused(FileKind.Pdf, bomb), StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_document_that_is_none_is_refused_in_words()
    {
        Assert.Contains("no Word document", Refused(FileKind.Docx, MakeFile.Zip(("xl/workbook.xml", "<x/>"))), StringComparison.Ordinal);
        Assert.Contains("damaged", Refused(FileKind.Docx, "PK\u0003\u0004 and nothing more"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("damaged", Refused(FileKind.Docx, MakeFile.Zip(("word/document.xml", "<w:document"))), StringComparison.Ordinal);
        // Entities that multiply are not even begun with.
        Assert.Contains("damaged", Refused(FileKind.Docx, MakeFile.Zip(("word/document.xml", "<!DOCTYPE d [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><d>&b;</d>"))), StringComparison.Ordinal);
        Assert.Contains("no text", Refused(FileKind.Docx, MakeFile.Docx("<w:p/>")), StringComparison.Ordinal);
    }

    private static string Read(FileKind kind, byte[] bytes) => FileText.Read(kind, bytes, CancellationToken.None);

    private static string Refused(FileKind kind, byte[] bytes) => Assert.Throws<UnreadableFileException>(() => Read(kind, bytes)).Message;

    private static byte[] TextDecodingOfWindows(string text)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        return Encoding.GetEncoding(1252).GetBytes(text);
    }
}
