using System.Text;

namespace Bookbag.Inbound.Knowledge.Files;

/// <summary>Tables: each row becomes a line that can be understood alone, with its columns' names.</summary>
public static class CsvText
{
    private const int RowsToGuessBy = 20;

    /// <summary>The rows as text: <c>Product: Mug; Price: €5</c>.</summary>
    public static string Read(string csv)
    {
        var delimiter = DelimiterOf(csv);
        var rows = Rows(csv, delimiter).Where(row => row.Any(cell => cell.Length > 0)).ToList();
        if (rows.Count == 0)
            return "";
        if (!HasHeader(rows))
            return string.Join("\n\n", rows.Select(row => string.Join("; ", row.Where(cell => cell.Length > 0))));

        var names = rows[0];
        return string.Join("\n\n", rows.Skip(1).Select(row => string.Join("; ", row
            .Select((cell, column) => (cell, name: column < names.Length ? names[column] : ""))
            .Where(field => field.cell.Length > 0)
            .Select(field => field.name.Length > 0 ? $"{field.name}: {field.cell}" : field.cell))));
    }

    // A first row of short words above others, none of them a number.
    private static bool HasHeader(List<string[]> rows) =>
        rows.Count > 1 && rows[0].Length > 1 && rows[0].All(cell => cell.Length <= 60 && !cell.Any(char.IsDigit)) && rows[0].Count(cell => cell.Length > 0) > 1;

    // The character that makes the most columns of the first rows, the same number in each.
    private static char DelimiterOf(string csv) => ",;\t|".MaxBy(delimiter =>
    {
        var widths = Rows(csv, delimiter).Take(RowsToGuessBy).Select(row => row.Length).ToList();
        return widths.Count == 0 || widths[0] == 1 ? 0 : (widths.Count(width => width == widths[0]) * 1_000) + Math.Min(widths[0], 999);
    });

    // RFC 4180: quotes hold delimiters and line breaks, and are doubled inside. A quote that never ends is a character.
    private static IEnumerable<string[]> Rows(string csv, char delimiter)
    {
        var row = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < csv.Length; i++)
        {
            var c = csv[i];
            if (quoted)
            {
                if (c != '"')
                    cell.Append(c is '\r' or '\n' ? ' ' : c);
                else if (i + 1 < csv.Length && csv[i + 1] == '"')
                    cell.Append(csv[i++]);
                else
                    quoted = false;
            }
            else if (c == '"' && cell.Length == 0 && csv.IndexOf('"', i + 1) > 0)
                quoted = true;
            else if (c == delimiter)
                EndCell();
            else if (c == '\n')
            {
                EndCell();
                yield return [.. row];
                row.Clear();
            }
            else if (c != '\r')
                cell.Append(c);
        }
        if (cell.Length > 0 || row.Count > 0)
        {
            EndCell();
            yield return [.. row];
        }

        void EndCell()
        {
            row.Add(cell.ToString().Trim());
            cell.Clear();
        }
    }
}
