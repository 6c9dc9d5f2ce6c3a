using System.Text.Json;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Platform;

public sealed class ApiDescriptionTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Every_endpoint_of_the_api_is_in_the_document()
    {
        await using var host = new InboundHost(database.ConnectionString);
        using var client = host.CreateClient(await database.AddKeyAsync(await database.AddWorkspaceAsync()));

        using var document = JsonDocument.Parse(await client.GetStringAsync("/openapi/v1.json"));

        var described = document.RootElement.GetProperty("paths").EnumerateObject().Select(p => p.Name);
        var mapped = host.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Select(e => "/" + WithoutConstraints(e.RoutePattern)).Where(p => p.StartsWith("/api/", StringComparison.Ordinal)).Distinct();
        Assert.Empty(mapped.Except(described));
        Assert.Equal("bearer", document.RootElement.GetProperty("components").GetProperty("securitySchemes").GetProperty("apiKey").GetProperty("scheme").GetString());
    }

    private static string WithoutConstraints(RoutePattern pattern) => string.Join('/',
        pattern.PathSegments.Select(s => string.Concat(s.Parts.Select(p => p is RoutePatternParameterPart parameter
            ? $"{{{parameter.Name}}}"
            : ((RoutePatternLiteralPart)p).Content))));
}
