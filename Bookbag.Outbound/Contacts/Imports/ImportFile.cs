using System.Collections.Frozen;
using System.Text;

namespace Bookbag.Outbound.Contacts.Imports;

/// <summary>Finds out, while the bytes of a file pass, how its text is encoded: by its mark, else UTF-8 while it is valid UTF-8, else Windows' western one.</summary>
internal sealed class EncodingDetector
{
    /// <summary>What spreadsheets in the west write when they do not write UTF-8.</summary>
    public const string Western = "windows-1252";

    private readonly Decoder _utf8 = new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder();
    private string? _marked;
    private bool _first = true;
    private bool _valid = true;

    /// <summary>The encoding's name, once all bytes have passed.</summary>
    public string Name => _marked ?? (_valid && IsWhole() ? "utf-8" : Western);

    /// <summary>Looks at the next bytes; the first ones hold the mark, where there is one.</summary>
    public void Pass(ReadOnlySpan<byte> bytes)
    {
        if (_first && bytes.Length > 0)
        {
            _first = false;
            _marked = bytes switch
            {
                [0xEF, 0xBB, 0xBF, ..] => "utf-8",
                [0xFF, 0xFE, ..] => "utf-16",
                [0xFE, 0xFF, ..] => "utf-16BE",
                _ => null,
            };
        }

        if (_marked is null && _valid)
            Check(bytes, flush: false);
    }

    /// <summary>The encoding of that name.</summary>
    public static Encoding Get(string name) => name == Western ? CodePagesEncodingProvider.Instance.GetEncoding(1252)! : Encoding.GetEncoding(name); // 1252 is part of .NET

    private bool IsWhole()
    {
        Check([], flush: true);
        return _valid;
    }

    private void Check(ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> chars = stackalloc char[4 * 1024];
        try
        {
            var completed = false;
            while (!completed)
            {
                _utf8.Convert(bytes, chars, flush, out var used, out _, out completed);
                bytes = bytes[used..];
            }
        }
        catch (DecoderFallbackException)
        {
            _valid = false;
        }
    }
}

/// <summary>What a column of a file becomes.</summary>
public enum ColumnTarget
{
    /// <summary>Nothing.</summary>
    Ignore,
    Phone,
    Name,
    FirstName,
    LastName,
    Email,
    ExternalId,
    UserId,
    Language,

    /// <summary>Several, parted by commas, semicolons or bars.</summary>
    Tags,

    /// <summary>Yes or no: whether the person agreed to marketing.</summary>
    OptIn,

    /// <summary>A custom attribute.</summary>
    Attribute,
}

/// <summary>What a column becomes.</summary>
/// <param name="Column">The column's place, from 0.</param>
/// <param name="To">What it becomes.</param>
/// <param name="Attribute">The attribute's name.</param>
/// <param name="Type">The attribute's type, where nobody knows the attribute yet.</param>
public sealed record ColumnMapping(int Column, ColumnTarget To, string? Attribute = null, AttributeType? Type = null);

/// <summary>A column of a file.</summary>
/// <param name="Name">Its header; its place where the file has none.</param>
/// <param name="Samples">What stands in it at the beginning.</param>
/// <param name="Guess">What it seems to be.</param>
public sealed record ImportColumn(int Column, string Name, IReadOnlyList<string> Samples, ColumnMapping Guess);

/// <summary>How a file is cut into cells, and what its columns seem to be. Pure.</summary>
internal static class ImportSample
{
    private const int Rows = 50;
    private static readonly char[] Delimiters = [',', ';', '\t', '|'];

    private static readonly FrozenDictionary<string, ColumnTarget> Names = new (ColumnTarget Target, string Words)[]
    {
        (ColumnTarget.Phone, "phone phonenumber mobile mobilephone mobilenumber whatsapp whatsappnumber tel telephone cell number telefon handy telefono celular telefone"),
        (ColumnTarget.Name, "name fullname customername nombre nome"),
        (ColumnTarget.FirstName, "firstname givenname vorname"),
        (ColumnTarget.LastName, "lastname surname familyname nachname"),
        (ColumnTarget.Email, "email emailaddress mail"),
        (ColumnTarget.ExternalId, "externalid customerid id"),
        (ColumnTarget.UserId, "userid bsuid"),
        (ColumnTarget.Language, "language locale lang sprache"),
        (ColumnTarget.Tags, "tags tag labels"),
        (ColumnTarget.OptIn, "optin optedin marketingconsent consent subscribed"),
    }.SelectMany(column => column.Words.Split(' '), (column, word) => (column.Target, Word: word)).ToFrozenDictionary(name => name.Word, name => name.Target, StringComparer.Ordinal);

    /// <summary>The character that parts the cells: the one that makes the most columns of the first lines, the same number in each.</summary>
    public static char DelimiterOf(string text) => Delimiters.MaxBy(delimiter =>
    {
        var widths = ReadRows(text, delimiter, 10).Select(row => row.Length).ToList();
        return widths.Count == 0 || widths[0] == 1 ? 0 : widths.Count(width => width == widths[0]) * 100 + widths[0];
    });

    /// <summary>The first rows of a text.</summary>
    public static List<string[]> ReadRows(string text, char delimiter, int most = Rows) => CsvRows.Parse(text, delimiter, most);

    /// <summary>Whether the first row names the columns: it has no number in it that could be a telephone's, and no address.</summary>
    public static bool HasHeader(IReadOnlyList<string[]> rows) =>
        rows.Count > 0 && rows[0].Any(cell => cell.Trim().Length > 0)
        && !rows[0].Any(cell => cell.Contains('@', StringComparison.Ordinal) || cell.Count(char.IsAsciiDigit) >= 6);

    /// <summary>What the columns are called, hold, and seem to be.</summary>
    public static IReadOnlyList<ImportColumn> Columns(IReadOnlyList<string[]> rows, bool hasHeader)
    {
        if (rows.Count == 0)
            return [];
        var body = rows.Skip(hasHeader ? 1 : 0).ToList();
        var taken = new HashSet<ColumnTarget>();
        var columns = new List<ImportColumn>();
        for (var i = 0; i < rows.Max(row => row.Length); i++)
        {
            var place = i;
            var name = hasHeader ? rows[0].ElementAtOrDefault(i)?.Trim() is { Length: > 0 } given ? given : $"Column {i + 1}" : $"Column {i + 1}";
            var values = body.Select(row => row.ElementAtOrDefault(place) ?? "").ToList();
            columns.Add(new ImportColumn(i, name, [.. values.Where(v => v.Length > 0).Take(5)], Guess(i, name, values, hasHeader, taken)));
        }

        return columns;
    }

    private static ColumnMapping Guess(int column, string name, List<string> values, bool hasHeader, HashSet<ColumnTarget> taken)
    {
        var key = string.Concat(name.ToLowerInvariant().Normalize(NormalizationForm.FormD).Where(char.IsAsciiLetter));
        var target = hasHeader && Names.TryGetValue(key, out var known) ? known : ByContent(values);
        if (target is { } found && taken.Add(found))
            return new ColumnMapping(column, found);
        if (!hasHeader || values.TrueForAll(string.IsNullOrWhiteSpace))
            return new ColumnMapping(column, ColumnTarget.Ignore);
        var attribute = string.Join('_', name.ToLowerInvariant().Split([' ', '-', '.', '/', '{', '}'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return AttributeValues.IsName(attribute) ? new ColumnMapping(column, ColumnTarget.Attribute, attribute, AttributeValues.TypeOf(values)) : new ColumnMapping(column, ColumnTarget.Ignore);
    }

    private static ColumnTarget? ByContent(List<string> values)
    {
        var given = values.Where(v => v.Trim().Length > 0).ToList();
        if (given.Count == 0)
            return null;
        if (given.TrueForAll(v => v.Contains('@', StringComparison.Ordinal)))
            return ColumnTarget.Email;
        return given.TrueForAll(v => v.Trim().StartsWith('+') && v.Count(char.IsAsciiDigit) >= 7) ? ColumnTarget.Phone : null;
    }
}
