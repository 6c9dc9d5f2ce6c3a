using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Bookbag.Inbound;
using Bookbag.Outbound;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;

namespace Bookbag.Tests.Support;

/// <summary>The servers that all tests of a run share.</summary>
public static class TestServers
{
    private static readonly Lazy<Task<string>> Postgres = new(StartPostgresAsync);
    private static readonly Lazy<Task<string>> Redis = new(StartRedisAsync);

    /// <summary>The Postgres server's connection string: <c>BOOKBAG_TEST_POSTGRES</c> where a server runs already, else one that the app model starts for this run.</summary>
    public static Task<string> PostgresAsync() => Postgres.Value;

    /// <summary>The Redis server's connection string: <c>BOOKBAG_TEST_REDIS</c> where a server runs already, else one that the app model starts for this run.</summary>
    public static Task<string> RedisAsync() => Redis.Value;

    /// <summary>Applies every schema of the product to an empty database.</summary>
    public static async Task MigrateAsync(string connectionString)
    {
        await using var dataSource = Npgsql.NpgsqlDataSource.Create(connectionString);
        await Schemas.ApplyAsync<PlatformDb>(dataSource, PlatformDb.Schema, CancellationToken.None);
        await Schemas.ApplyAsync<InboundDb>(dataSource, InboundDb.Schema, CancellationToken.None);
        await Schemas.ApplyAsync<OutboundDb>(dataSource, OutboundDb.Schema, CancellationToken.None);
    }

    /// <summary>The app model without its services. It stops with the test process.</summary>
    private static async Task<string> StartPostgresAsync()
    {
        if (Environment.GetEnvironmentVariable("BOOKBAG_TEST_POSTGRES") is { } running)
            return running;
        return await StartAsync("postgres", r => r is ProjectResource or RedisResource);
    }

    private static async Task<string> StartRedisAsync() =>
        Environment.GetEnvironmentVariable("BOOKBAG_TEST_REDIS") ?? await StartAsync("redis", r => r is not RedisResource);

    private static async Task<string> StartAsync(string name, Func<IResource, bool> without)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Bookbag_AppHost>(["Data=throw-away"]);
        foreach (var resource in builder.Resources.Where(without).ToList())
            builder.Resources.Remove(resource);
        var app = await builder.BuildAsync();
        await app.StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync(name);
        return (await app.GetConnectionStringAsync(name))!;
    }
}
