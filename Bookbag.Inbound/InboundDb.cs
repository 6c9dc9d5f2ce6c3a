using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound;

/// <summary>The <c>inbound</c> schema for commands and simple reads, limited to the caller's tenant; hot paths are SQL.</summary>
/// <remarks>Features map their own entities (<c>IEntityTypeConfiguration</c>) and read them by <c>Set&lt;T&gt;()</c>: this class knows none of them.</remarks>
public sealed class InboundDb(DbContextOptions<InboundDb> options, Tenant tenant) : DbContext(options), ITenantContext
{
    /// <summary>The schema's name.</summary>
    public const string Schema = "inbound";

    public Tenant Tenant => tenant;

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(InboundDb).Assembly);
        modelBuilder.FilterByTenant(this);
    }
}
