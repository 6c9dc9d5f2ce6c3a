extern alias outbound;

using Bookbag.Inbound;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bookbag.Tests.Platform;

/// <summary>Nothing of a workspace is read without a limit to the workspace: asked of every context that the product has.</summary>
public sealed class TenantFilterTests
{
    // What belongs to a member is reached through the member, and Identity looks for members itself. The key ring is everybody's.
    private static readonly string[] Open = ["data_protection_keys", "member_claims", "member_logins", "member_tokens"];

    public static TheoryData<Type> Contexts =>
        [.. new[] { typeof(PlatformDb).Assembly, typeof(InboundDb).Assembly, typeof(outbound::Program).Assembly }
            .SelectMany(a => a.GetTypes()).Where(t => t.IsSubclassOf(typeof(DbContext)))];

    [Theory]
    [MemberData(nameof(Contexts))]
    public void Every_entity_is_limited_to_the_tenant(Type context)
    {
        // The model needs no server.
        using var dataSource = NpgsqlDataSource.Create("Host=nowhere");
        var options = (DbContextOptionsBuilder)Activator.CreateInstance(typeof(DbContextOptionsBuilder<>).MakeGenericType(context))!;
        using var db = (DbContext)Activator.CreateInstance(context, options.UseSchema(dataSource, "any").Options, Tenant.Everything)!;

        var unlimited = db.Model.GetEntityTypes().Where(e => !e.IsOwned() && e.GetDeclaredQueryFilters().All(f => f.Key != TenantFilters.Name));

        Assert.Empty(unlimited.Select(e => e.GetTableName()).Except(Open));
    }
}
