using Npgsql;

namespace Bookbag.Tests.Support;

/// <summary>One statement, for tests that set something up or look behind the product's back.</summary>
public static class Sql
{
    public static async Task<int> ExecuteAsync(this NpgsqlDataSource dataSource, string sql)
    {
        await using var command = dataSource.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync();
    }

    public static async Task<T?> ScalarAsync<T>(this NpgsqlDataSource dataSource, string sql)
    {
        await using var command = dataSource.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    public static async IAsyncEnumerable<T> ReadAsync<T>(this NpgsqlDataSource dataSource, string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var command = dataSource.CreateCommand(sql);
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
            yield return read(row);
    }
}
