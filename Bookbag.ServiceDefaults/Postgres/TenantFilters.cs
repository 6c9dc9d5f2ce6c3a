using System.Linq.Expressions;
using Bookbag.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Bookbag.ServiceDefaults.Postgres;

/// <summary>A context whose queries are limited to a tenant.</summary>
public interface ITenantContext
{
    /// <summary>Who is asking.</summary>
    Tenant Tenant { get; }
}

/// <summary>Puts a filter on every query of a tenant's rows, so that no handler can forget it.</summary>
public static class TenantFilters
{
    /// <summary>The filter's name: <c>IgnoreQueryFilters([TenantFilters.Name])</c> is how a query says that it is meant to cross workspaces.</summary>
    public const string Name = "tenant";

    /// <summary>Call it last in <c>OnModelCreating</c>: every entity with a <c>WorkspaceId</c> is limited to the tenant's, and with an <c>AgentId</c> to the agent of a key that has one.</summary>
    public static void FilterByTenant<TContext>(this ModelBuilder modelBuilder, TContext context) where TContext : DbContext, ITenantContext
    {
        foreach (var entity in modelBuilder.Model.GetEntityTypes().Where(e => e.FindProperty("WorkspaceId") is not null && e.BaseType is null))
            modelBuilder.FilterByTenant(context, entity, "WorkspaceId", entity.FindProperty("AgentId") is null ? null : "AgentId");
    }

    /// <summary>The same for an entity whose workspace or agent is in a property of another name.</summary>
    public static void FilterByTenant<TContext>(this ModelBuilder modelBuilder, TContext context, IMutableEntityType entity, string workspaceId, string? agentId)
        where TContext : DbContext, ITenantContext
    {
        var row = Expression.Parameter(entity.ClrType, "row");
        // EF puts the context that runs the query in this constant's place, and makes parameters of what is read from it.
        var tenant = Expression.Property(Expression.Constant(context, typeof(TContext)), nameof(ITenantContext.Tenant));

        Expression seen = Expression.Equal(Expression.Property(row, workspaceId), Expression.Property(tenant, nameof(Tenant.WorkspaceId)));
        if (agentId is not null)
        {
            var limit = Expression.Property(tenant, nameof(Tenant.AgentId));
            seen = Expression.AndAlso(seen, Expression.OrElse(
                Expression.Equal(limit, Expression.Constant(null, typeof(Guid?))),
                Expression.Equal(Expression.Convert(Expression.Property(row, agentId), typeof(Guid?)), limit)));
        }

        var filter = Expression.OrElse(Expression.Property(tenant, nameof(Tenant.SeesEverything)), seen);
        modelBuilder.Entity(entity.ClrType).HasQueryFilter(Name, Expression.Lambda(filter, row));
    }
}
