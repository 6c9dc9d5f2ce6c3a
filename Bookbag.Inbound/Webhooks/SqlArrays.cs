using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Statements over whole batches: one array a column.</summary>
internal static class SqlArrays
{
    public static NpgsqlCommand Statement(this NpgsqlConnection connection, string sql) => new(sql, connection);

    /// <summary>Adds one column of rows.</summary>
    public static NpgsqlCommand Column<TRow, T>(this NpgsqlCommand command, string name, IReadOnlyCollection<TRow> rows, NpgsqlDbType type, Func<TRow, T> value)
    {
        var values = new T[rows.Count];
        var at = 0;
        foreach (var row in rows)
            values[at++] = value(row);
        command.Parameters.Add(new NpgsqlParameter<T[]>(name, NpgsqlDbType.Array | type) { TypedValue = values });
        return command;
    }

    public static string? Text(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static DateTimeOffset? Time(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
