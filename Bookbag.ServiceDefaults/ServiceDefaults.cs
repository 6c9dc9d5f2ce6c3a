using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Bookbag.ServiceDefaults;

/// <summary>What every service of the product shares.</summary>
public static class ServiceDefaultsExtensions
{
    private const string Live = "live";

    /// <summary>Adds the clock, telemetry, health, service discovery, JSON and problem details.</summary>
    public static IHostApplicationBuilder AddServiceDefaults(this IHostApplicationBuilder builder)
    {
        builder.AddTelemetry();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [Live]);
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http => http.AddServiceDiscovery());
        builder.Services.ConfigureHttpJsonOptions(json => Json.Configure(json.SerializerOptions));
        builder.Services.AddProblems();
        return builder;
    }

    /// <summary>Puts in front of every endpoint what all services do the same way, and maps <c>/health</c> (ready to serve) and <c>/alive</c> (the process runs).</summary>
    /// <remarks>Call it first after <c>Build</c>. The health endpoints tell the state in one word and nothing of its reasons, which are in the log.</remarks>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        app.UseProblems();
        if (app.Services.GetService<IAuthenticationSchemeProvider>() is not null)
        {
            app.UseCrossOriginGuard();
            app.UseAuthentication();
            app.UseAuthorization();
        }

        app.MapHealth();
        return app;
    }

    /// <summary>Maps the health endpoints alone, for a service that orders its middleware itself.</summary>
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapHealthChecks("/health").AllowAnonymous().DisableHttpMetrics();
        app.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Live) }).AllowAnonymous().DisableHttpMetrics();
    }
}
