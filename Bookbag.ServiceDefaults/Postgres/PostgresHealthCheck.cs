using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Bookbag.ServiceDefaults.Postgres;

/// <summary>Healthy when Postgres answers and every start step, the schemas first of all, is done.</summary>
internal sealed class PostgresHealthCheck(NpgsqlDataSource dataSource, StartSteps start) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!start.Done)
            return HealthCheckResult.Unhealthy("The schemas are not applied yet.");
        try
        {
            await using var command = dataSource.CreateCommand("SELECT 1");
            command.CommandTimeout = 3;
            await command.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (NpgsqlException e)
        {
            return HealthCheckResult.Unhealthy("Postgres does not answer.", e);
        }
    }
}
