using System.Text.RegularExpressions;

namespace Bookbag.Inbound.Knowledge.Files;

/// <summary>A file cannot be read; the message says to people why, and what to do.</summary>
public sealed class UnreadableFileException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>What a file says, as text with Markdown's headings: what <see cref="Chunker"/> cuts best.</summary>
public static class FileText
{
    /// <summary>About a thousand pages. What is longer is no longer looked after by people.</summary>
    public const int Longest = 2_000_000;

    /// <summary>The text.</summary>
    /// <exception cref="UnreadableFileException">It cannot be read.</exception>
    public static string Read(FileKind kind, byte[] bytes, CancellationToken cancellationToken)
    {
        try
        {
            var text = PlainText.Clean(kind switch
            {
                FileKind.Pdf => PdfText.Read(bytes, cancellationToken),
                FileKind.Docx => DocxText.Read(bytes),
                FileKind.Csv => CsvText.Read(TextDecoding.Decode(bytes)),
                FileKind.Md => MarkdownText.Read(TextDecoding.Decode(bytes)),
                _ => TextDecoding.Decode(bytes),
            });
            if (text.Length > Longest)
                throw TooLong();
            return text.Length > 0 ? text : throw new UnreadableFileException("The file has no text in it.");
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new UnreadableFileException("The file's form cannot be understood: save it as plain text.", e);
        }
    }

    internal static UnreadableFileException TooLong() => new("The file has more text than an agent can learn from one file: split it, and leave out what customers do not ask about.");
}
