using System.Globalization;

namespace Bookbag.Inbound.Knowledge.Files;

/// <summary>The kinds of files that an agent can learn.</summary>
public enum FileKind
{
    Txt,
    Md,
    Csv,
    Pdf,
    Docx,
}

/// <summary>A file as it came, of a kind that can be read.</summary>
/// <param name="FileName">What it was called.</param>
/// <param name="Kind">What it is, by its name and its first bytes.</param>
/// <param name="Bytes">All of it.</param>
public sealed record Upload(string FileName, FileKind Kind, byte[] Bytes)
{
    /// <summary>Larger files are pictures of text, or books.</summary>
    public const int Largest = 20 * 1024 * 1024;

    /// <summary>Takes a file, or says why not. Whether all of it can be read is seen at training.</summary>
    public static (Upload? Upload, SourceProblem? Problem) Of(string? fileName, byte[] bytes)
    {
        var name = PlainText.Clean(Path.GetFileName(fileName?.Replace('\\', '/'))).ReplaceLineEndings(" ");
        var extension = Path.GetExtension(name).TrimStart('.').ToLowerInvariant();
        if (KindOf(extension) is not { } kind)
            return Refused("file_type_unknown", extension is "doc" or "odt" or "rtf" or "pages"
                ? $"A .{extension} file cannot be read: save it as .docx or .pdf."
                : "Upload a text (.txt, .md), a table (.csv), a PDF (.pdf) or a Word document (.docx).");
        if (bytes.Length == 0)
            return Refused("file_empty", "The file is empty.");
        if (bytes.Length > Largest)
            return Refused("file_too_large", string.Create(CultureInfo.InvariantCulture, $"The file has {bytes.Length / 1024.0 / 1024.0:N1} MB; the most is {Largest / 1024 / 1024} MB. Split it, or leave the pictures out."));
        return Mismatch(kind, bytes) is { } mismatch
            ? Refused("file_not_what_it_says", mismatch)
            : (new Upload(name.Length <= SourceRequest.LongestName ? name : name[^SourceRequest.LongestName..], kind, bytes), null);
    }

    private static (Upload?, SourceProblem?) Refused(string code, string text) => (null, new SourceProblem(code, text));

    private static FileKind? KindOf(string extension) => extension switch
    {
        "txt" or "text" => FileKind.Txt,
        "md" or "markdown" => FileKind.Md,
        "csv" or "tsv" => FileKind.Csv,
        "pdf" => FileKind.Pdf,
        "docx" => FileKind.Docx,
        _ => null,
    };

    private static string? Mismatch(FileKind kind, ReadOnlySpan<byte> bytes)
    {
        // Readers of PDF look for its mark in the first kilobyte.
        var isPdf = bytes[..Math.Min(bytes.Length, 1_024)].IndexOf("%PDF-"u8) >= 0;
        var isZip = bytes.StartsWith("PK\x03\x04"u8);
        return kind switch
        {
            FileKind.Pdf => isPdf ? null : "The file is called .pdf and is none.",
            // The old format of Word, and the wrapping of a document with a password.
            FileKind.Docx when bytes.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0]) =>
                "The document is protected by a password, or is of a Word before 2007: save it as .docx, without a password.",
            FileKind.Docx => isZip ? null : "The file is called .docx and is no Word document.",
            _ => isPdf || isZip || !TextDecoding.IsText(bytes) ? $"The file is called .{kind.ToString().ToLowerInvariant()} and is no text." : null,
        };
    }
}
