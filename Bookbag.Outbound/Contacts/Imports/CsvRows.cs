using System.Buffers;
using System.Text;

namespace Bookbag.Outbound.Contacts.Imports;

/// <summary>Reads the rows of a CSV file as they come: RFC 4180, and forgiving where spreadsheets are careless. Blank lines are passed over.</summary>
/// <remarks><c>a,"b ""quoted"", c",d</c> has three cells. A quotation mark within a cell that has not begun with one is a character like any other.</remarks>
internal sealed class CsvRows(TextReader text, char delimiter)
{
    // A quotation mark that is never closed would make one cell of the rest of the file, and hold it in memory.
    private const int LargestCell = 64 * 1024;
    private const int MostCells = 1_000;

    private readonly char[] _buffer = new char[32 * 1024];
    private readonly StringBuilder _cell = new();
    private readonly List<string> _cells = [];
    private int _at;
    private int _length;
    private State _state = State.CellBegins;
    private bool _afterReturn;

    private enum State
    {
        CellBegins,
        Plain,
        Quoted,
        AfterQuote,
    }

    /// <summary>The next row; null at the end.</summary>
    /// <exception cref="CsvCellException">A cell never ends.</exception>
    public async ValueTask<string[]?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_at < _length)
            {
                if (Take(_buffer[_at++]) is { } row)
                    return row;
            }

            (_at, _length) = (0, await text.ReadAsync(_buffer, cancellationToken));
            if (_length == 0)
                return EndRow();
        }
    }

    /// <summary>The first rows of a text; those before a cell that never ends.</summary>
    public static List<string[]> Parse(string text, char delimiter, int most)
    {
        var rows = new List<string[]>();
        var parser = new CsvRows(TextReader.Null, delimiter);
        try
        {
            foreach (var c in text)
            {
                if (rows.Count == most)
                    return rows;
                if (parser.Take(c) is { } row)
                    rows.Add(row);
            }

            if (rows.Count < most && parser.EndRow() is { } last)
                rows.Add(last);
        }
        catch (CsvCellException)
        {
            return rows;
        }

        return rows;
    }

    /// <summary>A row as it is written, with its line's end. What a spreadsheet would take for a formula is written as a text.</summary>
    public static string Write(IEnumerable<string> cells) => string.Join(',', cells.Select(Escape)) + "\r\n";

    private static string Escape(string cell)
    {
        if (cell is ['=' or '@' or '\t' or '\r', ..] or ['+' or '-', not (>= '0' and <= '9'), ..])
            cell = $"'{cell}";
        return cell.AsSpan().ContainsAny(Special) ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
    }

    private static readonly SearchValues<char> Special = SearchValues.Create(",;\"\r\n\t");

    /// <summary>Takes a character; a row, where it ends one that is not blank.</summary>
    private string[]? Take(char c)
    {
        var secondOfTwo = _afterReturn && c == '\n';
        _afterReturn = false;
        if (secondOfTwo)
            return null;

        switch (_state)
        {
            case State.Quoted:
                if (c == '"')
                    _state = State.AfterQuote;
                else
                    Append(c);
                return null;
            case State.AfterQuote when c == '"':
                Append(c);
                _state = State.Quoted;
                return null;
            case State.CellBegins when c == '"':
                _state = State.Quoted;
                return null;
        }

        if (c == delimiter)
        {
            EndCell();
            return null;
        }

        if (c is '\n' or '\r')
        {
            _afterReturn = c == '\r';
            return EndRow();
        }

        Append(c);
        _state = State.Plain;
        return null;
    }

    private void Append(char c)
    {
        if (_cell.Length == LargestCell)
            throw new CsvCellException();
        _cell.Append(c);
    }

    private void EndCell()
    {
        // What is beyond is no table of people.
        if (_cells.Count < MostCells)
            _cells.Add(_cell.ToString());
        _cell.Clear();
        _state = State.CellBegins;
    }

    private string[]? EndRow()
    {
        var blank = _cells.Count == 0 && _cell.Length == 0 && _state == State.CellBegins;
        if (blank)
            return null;
        EndCell();
        string[] row = [.. _cells];
        _cells.Clear();
        return Array.TrueForAll(row, string.IsNullOrWhiteSpace) ? null : row;
    }
}

/// <summary>A cell is larger than any cell is: a quotation mark is opened and never closed.</summary>
internal sealed class CsvCellException() : Exception("A cell of the file is larger than 64 KB: a quotation mark is opened and never closed.");
