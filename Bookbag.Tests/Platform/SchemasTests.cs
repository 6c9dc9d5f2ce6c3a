using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.Tests.Support;
using Npgsql;

namespace Bookbag.Tests.Platform;

public sealed class SchemasTests(EmptyDatabase database) : IClassFixture<EmptyDatabase>
{
    [Fact]
    public async Task Many_processes_at_once_apply_every_migration_once()
    {
        // A data source each, as processes have.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var dataSource = NpgsqlDataSource.Create(database.ConnectionString);
            await Schemas.ApplyAsync<PlatformDb>(dataSource, PlatformDb.Schema, CancellationToken.None);
        }));

        await using var one = NpgsqlDataSource.Create(database.ConnectionString);
        Assert.Equal(2, await one.ScalarAsync<long>("SELECT count(*) FROM platform.migrations"));
        Assert.Equal(0, await one.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"));
    }
}
