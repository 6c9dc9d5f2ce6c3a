using Bookbag.Inbound;
using Bookbag.Outbound;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;

namespace Bookbag.Tests.Support;

/// <summary>The servers that all tests of a run share.</summary>
public static class TestServers
{
    /// <summary>The Postgres server's connection string: <c>BOOKBAG_TEST_POSTGRES</c> where a server runs already.</summary>
    public static Task<string> PostgresAsync() =>
        Task.FromResult(Environment.GetEnvironmentVariable("BOOKBAG_TEST_POSTGRES")
            ?? throw new InvalidOperationException("Set BOOKBAG_TEST_POSTGRES to a server's connection string."));

    /// <summary>Applies every schema of the product to an empty database.</summary>
    public static async Task MigrateAsync(string connectionString)
    {
        await using var dataSource = Npgsql.NpgsqlDataSource.Create(connectionString);
        await Schemas.ApplyAsync<PlatformDb>(dataSource, PlatformDb.Schema, CancellationToken.None);
        await Schemas.ApplyAsync<InboundDb>(dataSource, InboundDb.Schema, CancellationToken.None);
        await Schemas.ApplyAsync<OutboundDb>(dataSource, OutboundDb.Schema, CancellationToken.None);
    }
}
