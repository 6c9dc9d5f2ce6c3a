using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Outbound;

/// <summary>The <c>outbound</c> schema for commands and simple reads, limited to the caller's tenant; hot paths are SQL.</summary>
/// <remarks>Features map their own entities (<c>IEntityTypeConfiguration</c>) and read them by <c>Set&lt;T&gt;()</c>: this class knows none of them.</remarks>
public sealed class OutboundDb(DbContextOptions<OutboundDb> options, Tenant tenant) : DbContext(options), ITenantContext
{
    /// <summary>The schema's name.</summary>
    public const string Schema = "outbound";

    public Tenant Tenant => tenant;

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(OutboundDb).Assembly);
        modelBuilder.FilterByTenant(this);
    }
}
