using System.Reflection;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bookbag.Tests.Platform;

public sealed class PlatformDbTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Every_mapped_entity_can_be_queried()
    {
        await using var db = database.OpenPlatform(Tenant.Of(() => null));
        foreach (var entity in db.Model.GetEntityTypes())
        {
            var query = typeof(PlatformDbTests).GetMethod(nameof(QueryAsync), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(entity.ClrType);
            await (Task)query.Invoke(null, [db])!;
        }
    }

    [Fact]
    public async Task A_caller_sees_the_own_workspace_and_with_an_agents_key_the_one_agent()
    {
        var (ours, theirs) = (await database.AddWorkspaceAsync("Ours"), await database.AddWorkspaceAsync("Theirs"));
        var (first, second) = (await database.AddAgentAsync(ours), await database.AddAgentAsync(ours));
        var foreign = await database.AddAgentAsync(theirs);

        Assert.Equal(new[] { first.Id, second.Id }.Order(), await SeenAsync(new Caller(ours.Id, null, Role.Viewer, Guid.Empty, "")));
        Assert.Equal([first.Id], await SeenAsync(new Caller(ours.Id, first.Id, Role.Owner, Guid.Empty, "")));
        Assert.Empty(await SeenAsync(new Caller(ours.Id, foreign.Id, Role.Owner, Guid.Empty, "")));
        Assert.Empty(await SeenAsync(null));
    }

    [Fact]
    public async Task A_phone_number_belongs_to_one_channel_of_all_workspaces()
    {
        var secrets = new SecretProtector(new Microsoft.AspNetCore.DataProtection.EphemeralDataProtectionProvider());
        var first = await database.AddAgentAsync(await database.AddWorkspaceAsync());
        var second = await database.AddAgentAsync(await database.AddWorkspaceAsync());
        await database.AddChannelAsync(first, secrets, phoneNumberId: "777");

        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => database.AddChannelAsync(second, secrets, phoneNumberId: "777"));
        Assert.Equal("channels_one_per_number", Assert.IsType<PostgresException>(refused.InnerException).ConstraintName);
    }

    private async Task<List<Guid>> SeenAsync(Caller? caller)
    {
        await using var db = database.OpenPlatform(Tenant.Of(() => caller));
        return await db.Agents.OrderBy(a => a.Id).Select(a => a.Id).ToListAsync();
    }

    private static async Task QueryAsync<T>(DbContext db) where T : class => await db.Set<T>().Take(1).ToListAsync();
}
