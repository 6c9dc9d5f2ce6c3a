using Microsoft.Extensions.Configuration;

namespace Bookbag.AppHost.Embedded;

/// <summary>Tells a service where telemetry goes. Without an address nothing is exported.</summary>
internal static class OpenTelemetryEnvironment
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Attributes = "OTEL_RESOURCE_ATTRIBUTES";

    private static readonly string[] PassedOn = [Endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_HEADERS", Attributes];

    public static void Add(Dictionary<string, object> environment, IConfiguration configuration, string resourceName)
    {
        if (string.IsNullOrEmpty(configuration[Endpoint]))
            return;

        environment.TryAdd("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        foreach (var variable in PassedOn)
        {
            if (configuration[variable] is { Length: > 0 } value)
                environment[variable] = value;
        }

        environment["OTEL_SERVICE_NAME"] = resourceName;
    }

    /// <summary>Tells the replicas of one service apart, beside what the caller says of all of them.</summary>
    public static void AddInstance(IDictionary<string, string?> environment, string resourceId)
    {
        if (!environment.ContainsKey("OTEL_SERVICE_NAME"))
            return;
        var instance = $"service.instance.id={resourceId}-{Environment.ProcessId}";
        var others = environment.TryGetValue(Attributes, out var given) && !string.IsNullOrEmpty(given) ? $"{given}," : "";
        environment[Attributes] = others + instance;
    }
}
