using System.Globalization;

namespace Bookbag.Tests.Benchmarks;

/// <summary>A plain table for the console, and for a page of `docs/` as it is.</summary>
public sealed class Table(params string[] columns)
{
    private readonly List<string[]> _rows = [];

    public void Row(params object[] cells) =>
        _rows.Add([.. cells.Select(c => c is double number ? number.ToString("N1", CultureInfo.InvariantCulture) : Convert.ToString(c, CultureInfo.InvariantCulture) ?? "")]);

    public override string ToString()
    {
        var widths = columns.Select((column, i) => _rows.Select(r => r[i].Length).Append(column.Length).Max()).ToArray();
        string Line(IReadOnlyList<string> cells) => $"| {string.Join(" | ", cells.Select((cell, i) => cell.PadRight(widths[i])))} |";
        return string.Join(Environment.NewLine, [Line(columns), Line([.. widths.Select(w => new string('-', w))]), .. _rows.Select(r => Line(r))]);
    }
}
