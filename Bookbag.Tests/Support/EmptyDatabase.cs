using Npgsql;

namespace Bookbag.Tests.Support;

/// <summary>A database without a single table, for tests of the very first start.</summary>
public sealed class EmptyDatabase : IAsyncLifetime
{
    private static int _count;

    private string _server = "";

    /// <summary>How to reach the database.</summary>
    public string ConnectionString { get; private set; } = "";

    public async Task InitializeAsync()
    {
        _server = new NpgsqlConnectionStringBuilder(await TestServers.PostgresAsync()) { Pooling = false }.ConnectionString;
        var name = $"empty_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}";
        ConnectionString = new NpgsqlConnectionStringBuilder(_server) { Database = name, Pooling = true, MaxPoolSize = 20 }.ConnectionString;
        await CreateAsync();
    }

    public Task DisposeAsync() => DropAsync();

    /// <summary>Makes it again after <see cref="DropAsync"/>.</summary>
    public Task CreateAsync() => ExecuteAsync($"CREATE DATABASE {Name}");

    /// <summary>Takes it away, connections and all.</summary>
    public Task DropAsync() => ExecuteAsync($"DROP DATABASE IF EXISTS {Name} WITH (FORCE)");

    private string Name => new NpgsqlConnectionStringBuilder(ConnectionString).Database!;

    private async Task ExecuteAsync(string sql)
    {
        await using var server = NpgsqlDataSource.Create(_server);
        await server.ExecuteAsync(sql);
    }
}
