using Npgsql;

namespace Bookbag.Inbound.Conversations;

/// <summary>Less ceremony for statements that go to Postgres together.</summary>
internal static class NpgsqlBatchExtensions
{
    /// <summary>Adds a statement with its parameters; all statements of a batch are one round trip and one transaction.</summary>
    public static void Add(this NpgsqlBatch batch, string sql, params (string Name, object? Value)[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        batch.BatchCommands.Add(command);
    }

    /// <summary>A column that may be null.</summary>
    public static string? Text(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>A time that may be null.</summary>
    public static DateTimeOffset? Instant(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
