using Bookbag.Outbound;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Tests.Outbound;

public sealed class OutboundDbTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task The_schema_is_whole()
    {
        await using var db = new OutboundDb(
            (DbContextOptions<OutboundDb>)new DbContextOptionsBuilder<OutboundDb>().UseSchema(database.DataSource, OutboundDb.Schema).Options, Tenant.Everything);
        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
    }
}
