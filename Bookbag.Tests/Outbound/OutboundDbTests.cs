using Bookbag.Outbound;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Tests.Outbound;

/// <summary>Entities are mapped by hand to a schema written in SQL: here they are held against each other.</summary>
public sealed class OutboundDbTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Every_mapped_entity_can_be_read()
    {
        await using var db = new OutboundDb(
            (DbContextOptions<OutboundDb>)new DbContextOptionsBuilder<OutboundDb>().UseSchema(database.DataSource, OutboundDb.Schema).Options, Tenant.Everything);
        foreach (var entity in db.Model.GetEntityTypes())
            await ReadAsync(db, entity.ClrType);
        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
    }

    private static Task ReadAsync(DbContext db, Type entity) => (Task)typeof(OutboundDbTests)
        .GetMethod(nameof(ReadAllAsync), System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!
        .MakeGenericMethod(entity).Invoke(null, [db])!;

    private static Task<List<T>> ReadAllAsync<T>(DbContext db) where T : class => db.Set<T>().Take(1).ToListAsync();
}
