using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound;

/// <summary>Statements over whole batches: one array a column.</summary>
internal static class SqlArrays
{
    /// <summary>Adds one column of rows.</summary>
    public static void Column<TRow, T>(this NpgsqlCommand command, string name, NpgsqlDbType type, IReadOnlyCollection<TRow> rows, Func<TRow, T> value)
    {
        var values = new T[rows.Count];
        var at = 0;
        foreach (var row in rows)
            values[at++] = value(row);
        command.Parameters.Add(new NpgsqlParameter<T[]>(name, NpgsqlDbType.Array | type) { TypedValue = values });
    }

    /// <summary>Adds a value that may be null.</summary>
    public static void Value(this NpgsqlCommand command, string name, NpgsqlDbType type, object? value) =>
        command.Parameters.Add(new NpgsqlParameter(name, type) { Value = value ?? DBNull.Value });

    /// <summary>A column that may be null.</summary>
    public static string? Text(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    /// <summary>A time that may be null.</summary>
    public static DateTimeOffset? Time(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
