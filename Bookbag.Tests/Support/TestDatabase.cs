using Npgsql;

namespace Bookbag.Tests.Support;

/// <summary>A database of its own for one test class, migrated, gone when the class is done.</summary>
/// <remarks>The first use migrates one template; every class gets a copy of it in about 0.1 s.</remarks>
public sealed class TestDatabase : IAsyncLifetime
{
    private static readonly SemaphoreSlim TemplateLock = new(1);
    private static string? _template;
    private static int _count;

    /// <summary>How to reach the database.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Connections to it.</summary>
    public NpgsqlDataSource DataSource { get; private set; } = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync()
    {
        var server = await TestServers.PostgresAsync();
        var template = await TemplateAsync(server);
        var name = $"test_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}";
        await ExecuteAsync(server, $"CREATE DATABASE {name} TEMPLATE {template}");
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name, MaxPoolSize = 20 }.ConnectionString;
        DataSource = NpgsqlDataSource.Create(ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await DataSource.DisposeAsync();
        var database = new NpgsqlConnectionStringBuilder(ConnectionString).Database;
        await ExecuteAsync(await TestServers.PostgresAsync(), $"DROP DATABASE IF EXISTS {database} WITH (FORCE)");
    }

    private static async Task<string> TemplateAsync(string server)
    {
        await TemplateLock.WaitAsync();
        try
        {
            if (_template is not null)
                return _template;
            var name = $"template_{Environment.ProcessId}";
            await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            await ExecuteAsync(server, $"CREATE DATABASE {name}");
            await TestServers.MigrateAsync(new NpgsqlConnectionStringBuilder(server) { Database = name, Pooling = false }.ConnectionString);
            return _template = name;
        }
        finally
        {
            TemplateLock.Release();
        }
    }

    private static async Task ExecuteAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
