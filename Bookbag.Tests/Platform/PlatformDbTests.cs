using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Tests.Platform;

public sealed class PlatformDbTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private PlatformDb Open(Tenant tenant) =>
        new((DbContextOptions<PlatformDb>)new DbContextOptionsBuilder<PlatformDb>().UseSchema(database.DataSource, PlatformDb.Schema).Options, tenant);

    [Fact]
    public async Task Every_mapped_entity_can_be_queried()
    {
        await using var db = Open(Tenant.Everything);
        foreach (var entity in db.Model.GetEntityTypes())
            await QueryAsync(db, entity.ClrType);
    }

    private static Task QueryAsync(DbContext db, Type entity) =>
        (Task)typeof(PlatformDbTests).GetMethod(nameof(QuerySetAsync), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(entity).Invoke(null, [db])!;

    private static async Task QuerySetAsync<T>(DbContext db) where T : class => await db.Set<T>().IgnoreQueryFilters().Take(1).ToListAsync();
}
