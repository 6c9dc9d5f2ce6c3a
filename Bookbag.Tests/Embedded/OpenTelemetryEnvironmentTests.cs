using Bookbag.AppHost.Embedded;
using Microsoft.Extensions.Configuration;

namespace Bookbag.Tests.Embedded;

public sealed class OpenTelemetryEnvironmentTests
{
    [Fact]
    public void Nothing_is_exported_without_an_address()
    {
        var environment = new Dictionary<string, object>();
        OpenTelemetryEnvironment.Add(environment, Configuration(("OTEL_EXPORTER_OTLP_HEADERS", "x=1")), "inbound");
        Assert.Empty(environment);
    }

    [Fact]
    public void An_address_is_passed_on_with_what_belongs_to_it_and_the_services_name()
    {
        var environment = new Dictionary<string, object>();
        OpenTelemetryEnvironment.Add(environment, Configuration(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_EXPORTER_OTLP_HEADERS", "x=1")), "inbound");

        Assert.Equal(
            new Dictionary<string, object>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://localhost:4318",
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_EXPORTER_OTLP_HEADERS"] = "x=1",
                ["OTEL_SERVICE_NAME"] = "inbound",
            },
            environment);
    }

    [Fact]
    public void Replicas_are_told_apart_beside_what_the_caller_says_of_all()
    {
        var environment = new Dictionary<string, string?> { ["OTEL_SERVICE_NAME"] = "inbound", ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment=try" };
        OpenTelemetryEnvironment.AddInstance(environment, "inbound-2");
        Assert.Equal($"deployment.environment=try,service.instance.id=inbound-2-{Environment.ProcessId}", environment["OTEL_RESOURCE_ATTRIBUTES"]);
    }

    private static IConfiguration Configuration(params (string Name, string Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(pair => KeyValuePair.Create<string, string?>(pair.Name, pair.Value))).Build();
}
