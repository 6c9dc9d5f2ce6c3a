using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.ServiceDefaults.Platform;

/// <summary>The schema <c>platform</c>: what every service needs to know of workspaces, their people, keys, agents and channels.</summary>
public sealed class PlatformDb(DbContextOptions<PlatformDb> options, Tenant tenant)
    : IdentityUserContext<Member, Guid>(options), IDataProtectionKeyContext, ITenantContext
{
    /// <summary>The schema's name.</summary>
    public const string Schema = "platform";

    /// <inheritdoc />
    public Tenant Tenant { get; } = tenant;

    /// <summary>The tenants.</summary>
    public DbSet<Workspace> Workspaces => Set<Workspace>();

    /// <summary>The AI assistants.</summary>
    public DbSet<Agent> Agents => Set<Agent>();

    /// <summary>Their WhatsApp connections.</summary>
    public DbSet<Channel> Channels => Set<Channel>();

    /// <summary>The keys of programs.</summary>
    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();

    /// <summary>The people.</summary>
    public DbSet<Member> Members => Users;

    /// <summary>Who did what, and when.</summary>
    public DbSet<ActivityEntry> Activity => Set<ActivityEntry>();

    /// <summary>Data Protection's key ring.</summary>
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<Role>().HaveConversion<SnakeCaseEnum<Role>>();
        configurationBuilder.Properties<ActorKind>().HaveConversion<SnakeCaseEnum<ActorKind>>();
    }

    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.HasDefaultSchema(Schema);

        builder.Entity<Workspace>().ToTable("workspaces");
        builder.Entity<Agent>().ToTable("agents");
        builder.Entity<Channel>().ToTable("channels");
        builder.Entity<ApiKey>().ToTable("api_keys");
        builder.Entity<ActivityEntry>().ToTable("activity").HasKey(e => new { e.WorkspaceId, e.At, e.Id });
        builder.Entity<DataProtectionKey>().ToTable("data_protection_keys");
        builder.Entity<IdentityUserClaim<Guid>>().ToTable("member_claims");
        builder.Entity<IdentityUserLogin<Guid>>().ToTable("member_logins");
        builder.Entity<IdentityUserToken<Guid>>().ToTable("member_tokens");

        var members = builder.Entity<Member>().ToTable("members");
        // Nobody signs in or is called by telephone.
        members.Ignore(m => m.PhoneNumber);
        members.Ignore(m => m.PhoneNumberConfirmed);

        // The foreign keys of the schema, so that rows made together are written in an order that it takes.
        builder.Entity<Agent>().HasOne<Workspace>().WithMany().HasForeignKey(a => a.WorkspaceId);
        builder.Entity<Channel>().HasOne<Workspace>().WithMany().HasForeignKey(c => c.WorkspaceId);
        builder.Entity<Channel>().HasOne<Agent>().WithMany().HasForeignKey(c => c.AgentId);
        builder.Entity<ApiKey>().HasOne<Workspace>().WithMany().HasForeignKey(k => k.WorkspaceId);
        builder.Entity<ApiKey>().HasOne<Agent>().WithMany().HasForeignKey(k => k.AgentId);
        members.HasOne<Workspace>().WithMany().HasForeignKey(m => m.WorkspaceId);

        builder.FilterByTenant(this);
        builder.FilterByTenant(this, builder.Entity<Workspace>().Metadata, workspaceId: nameof(Workspace.Id), agentId: null);
        builder.FilterByTenant(this, builder.Entity<Agent>().Metadata, nameof(Agent.WorkspaceId), agentId: nameof(Agent.Id));
    }
}
