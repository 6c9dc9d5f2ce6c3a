using System.Data;
using Bookbag.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Bookbag.ServiceDefaults.Postgres;

/// <summary>Applies migrations, one process at a time.</summary>
public static class Schemas
{
    // Any number that nothing else in this database locks.
    private const long LockKey = 0x0B00_4BA6;

    /// <summary>Applies what a context's schema lacks. Safe to call from any number of processes at once.</summary>
    public static Task ApplyAsync<TContext>(NpgsqlDataSource dataSource, string schema, CancellationToken cancellationToken) where TContext : DbContext =>
        UnderLockAsync(dataSource, () => MigrateAsync<TContext>(dataSource, schema, cancellationToken), cancellationToken);

    /// <summary>Runs something that no other process runs at the same time. Not re-entrant.</summary>
    internal static async Task UnderLockAsync(NpgsqlDataSource dataSource, Func<Task> run, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, "SELECT pg_advisory_lock(@key)", cancellationToken);
        try
        {
            await run();
        }
        finally
        {
            // Closing would only give the connection back to the pool, the lock with it. Where the connection broke, the lock is gone too.
            if (connection.State == ConnectionState.Open)
                await ExecuteAsync(connection, "SELECT pg_advisory_unlock(@key)", CancellationToken.None);
        }
    }

    /// <summary>Applies what a schema lacks; the caller holds the lock.</summary>
    internal static async Task MigrateAsync<TContext>(NpgsqlDataSource dataSource, string schema, CancellationToken cancellationToken) where TContext : DbContext
    {
        // Not the application's own context: that one is limited to a tenant.
        await using var services = new ServiceCollection()
            .AddSingleton(Tenant.Everything)
            .AddDbContext<TContext>(options => options.UseSchema(dataSource, schema))
            .BuildServiceProvider();
        await using var scope = services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<TContext>().Database;
        database.SetCommandTimeout(TimeSpan.FromMinutes(30));
        // Asked for before it is there, it would be the first error in the log of Postgres.
        await database.GetService<IHistoryRepository>().CreateIfNotExistsAsync(cancellationToken);
        await database.MigrateAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // Another replica may be migrating for long: wait for it as long as it takes.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.Parameters.AddWithValue("key", LockKey);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
