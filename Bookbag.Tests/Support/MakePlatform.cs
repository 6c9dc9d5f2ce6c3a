using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Tests.Support;

/// <summary>Rows of the platform, every part optional.</summary>
public static class MakePlatform
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static int _count;

    /// <summary>The platform as a tenant sees it; all of it where none is named.</summary>
    public static PlatformDb OpenPlatform(this TestDatabase database, Tenant? tenant = null) =>
        new(new DbContextOptionsBuilder<PlatformDb>().UseSchema<PlatformDb>(database), tenant ?? Tenant.Everything);

    public static async Task<Workspace> AddWorkspaceAsync(this TestDatabase database, string name = "Acme") =>
        await database.AddAsync(Workspace.Named(name, Now));

    public static async Task<Agent> AddAgentAsync(this TestDatabase database, Workspace workspace, string name = "Helper") =>
        await database.AddAsync(Agent.Create(workspace.Id, name, Now));

    /// <summary>A key that opens; its row is found by its name.</summary>
    public static async Task<string> AddKeyAsync(this TestDatabase database, Workspace workspace, Role role = Role.Admin, Agent? agent = null, string name = "Key")
    {
        var secret = ApiKey.NewSecret();
        await database.AddAsync(ApiKey.For(secret, workspace.Id, agent?.Id, name, role, Now));
        return secret;
    }

    public static async Task<Member> AddMemberAsync(this TestDatabase database, Workspace workspace, Role role = Role.Owner, string password = "correct horse battery staple")
    {
        var email = $"member{Interlocked.Increment(ref _count)}@example.com";
        var member = Member.Invite(workspace.Id, email, role, Now);
        member.NormalizedEmail = member.NormalizedUserName = email.ToUpperInvariant();
        member.SecurityStamp = "first";
        member.PasswordHash = new PasswordHasher<Member>().HashPassword(member, password);
        return await database.AddAsync(member);
    }

    /// <summary>A connected channel, its secrets encrypted by <paramref name="secrets"/>.</summary>
    public static async Task<Channel> AddChannelAsync(
        this TestDatabase database, Agent agent, SecretProtector secrets, string? phoneNumberId = null, string? businessAccountId = null,
        string accessToken = "token-of-a-test", string appSecret = "secret-of-a-test", string verifyToken = "verify-token-of-a-test")
    {
        var number = phoneNumberId ?? $"5550000{Interlocked.Increment(ref _count)}";
        var channel = Channel.For(agent, Now);
        channel.Connect(
            new ChannelConnection(
                number, $"https://graph.facebook.com/v25.0/{number}/messages", businessAccountId,
                secrets.Protect(accessToken), accessToken[^4..], secrets.Protect(appSecret), appSecret[^4..],
                secrets.Protect(verifyToken), SecretProtector.Hash(verifyToken)),
            Now);
        return await database.AddAsync(channel);
    }

    private static async Task<T> AddAsync<T>(this TestDatabase database, T row) where T : class
    {
        await using var db = database.OpenPlatform();
        db.Add(row);
        await db.SaveChangesAsync();
        return row;
    }

    private static DbContextOptions<TContext> UseSchema<TContext>(this DbContextOptionsBuilder<TContext> options, TestDatabase database) where TContext : DbContext
    {
        options.UseSchema(database.DataSource, PlatformDb.Schema);
        return options.Options;
    }
}
