namespace Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;

/// <summary>What can be set about a context's wiring; the members of Aspire's settings that this product uses.</summary>
public sealed class NpgsqlEntityFrameworkCorePostgreSQLSettings
{
    /// <summary>How long a command may take, in seconds; null keeps the driver's own limit.</summary>
    public int? CommandTimeout { get; set; }

    /// <summary>Leaves out the execution strategy that repeats what failed for a passing reason.</summary>
    public bool DisableRetry { get; set; }

    /// <summary>Leaves out the health check of the context.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Leaves out the spans of the database's commands.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Leaves out the driver's metrics.</summary>
    public bool DisableMetrics { get; set; }
}
