using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Bookbag.ServiceDefaults.Telemetry;

/// <summary>Traces, metrics and logs over OTLP, where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says to whom.</summary>
public static class TelemetryExtensions
{
    private const string OwnSources = "Bookbag.*";

    // What these say of every single request and query at Information is in the traces, without the query strings.
    private static readonly string[] Talkative = ["Microsoft.AspNetCore", "Microsoft.EntityFrameworkCore", "Npgsql", "Polly", "StackExchange.Redis", "System.Net.Http.HttpClient", "Yarp"];

    /// <summary>Collects what the framework, Npgsql and the product's own sources tell, and exports it; without an exporter it only keeps the log readable.</summary>
    public static IHostApplicationBuilder AddTelemetry(this IHostApplicationBuilder builder)
    {
        KeepQueriesOut(builder.Configuration);
        foreach (var category in Talkative)
            builder.Logging.AddFilter(category, LogLevel.Warning);

        // With nobody to tell, nobody listens: listening alone adds a third to what a webhook costs the Edge (measured).
        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not { Length: > 0 })
            return builder;

        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });

        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
            {
                // The app host names the replicas it starts; whoever is started by hand goes by its program's name.
                if (builder.Configuration["OTEL_SERVICE_NAME"] is not { Length: > 0 })
                    resource.AddService(builder.Environment.ApplicationName);
            })
            .WithTracing(tracing => tracing
                .AddSource(OwnSources)
                .AddAspNetCoreInstrumentation(http => http.Filter = context => !IsProbe(context.Request.Path))
                .AddHttpClientInstrumentation()
                .AddNpgsql())
            .WithMetrics(metrics => metrics
                .AddMeter(OwnSources)
                .AddMeter("Npgsql")
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation())
            .UseOtlpExporter();
        return builder;
    }

    private static bool IsProbe(PathString path) => path.StartsWithSegments("/health") || path.StartsWithSegments("/alive");

    /// <summary>Query strings stay out of traces and logs: Meta's handshake carries the verify token in one. Aspire asks for them in development.</summary>
    private static void KeepQueriesOut(IConfigurationManager configuration) => configuration.AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "false",
        ["OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION"] = "false",
    });
}
