using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Bookbag.Tests.AppHost;

/// <summary>What <c>AppHost.cs</c> describes. Written against the API of both engines; nothing is started.</summary>
public sealed class AppModelTests
{
    [Fact]
    public async Task The_system_is_a_database_a_cache_three_services_and_the_sandbox()
    {
        await using var model = await ReadAsync();

        Assert.Equal("postgres", Assert.Single(model.Resources.OfType<PostgresServerResource>()).Name);
        Assert.Equal("bookbag", Assert.Single(model.Resources.OfType<PostgresDatabaseResource>()).Name);
        Assert.Equal("redis", Assert.Single(model.Resources.OfType<RedisResource>()).Name);
        Assert.Equal(["edge", "inbound", "outbound", "sandbox"], model.Resources.OfType<ProjectResource>().Select(project => project.Name).Order());
    }

    [Theory]
    [InlineData("inbound", "bookbag", "postgres", "redis")]
    [InlineData("outbound", "bookbag", "postgres", "redis")]
    [InlineData("edge", "bookbag", "inbound", "outbound", "postgres", "redis")]
    [InlineData("sandbox", "bookbag", "postgres")]
    public async Task A_service_waits_for_all_that_it_needs_to_be_well(string service, params string[] dependencies)
    {
        await using var model = await ReadAsync();

        var waits = Resource(model, service).Annotations.OfType<WaitAnnotation>().ToList();
        Assert.Equal(dependencies, waits.Select(wait => wait.Resource.Name).Distinct().Order());
        Assert.All(waits, wait => Assert.Equal(WaitType.WaitUntilHealthy, wait.WaitType));
    }

    [Fact]
    public async Task Nobody_waits_in_a_circle()
    {
        await using var model = await ReadAsync();

        var waits = model.Resources.ToDictionary(resource => resource, resource => resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource).ToHashSet());
        while (waits.Where(entry => entry.Value.Count == 0).Select(entry => entry.Key).ToList() is { Count: > 0 } ready)
        {
            foreach (var resource in ready)
                waits.Remove(resource);
            foreach (var waiting in waits.Values)
                waiting.ExceptWith(ready);
        }

        Assert.Empty(waits);
    }

    [Theory]
    [InlineData("inbound")]
    [InlineData("outbound")]
    [InlineData("edge")]
    [InlineData("sandbox")]
    public async Task Each_service_is_asked_for_its_health(string service)
    {
        await using var model = await ReadAsync();

        Assert.Equal($"{service}_http_/health_200_check", Assert.Single(Resource(model, service).Annotations.OfType<HealthCheckAnnotation>()).Key);
    }

    [Fact]
    public async Task The_two_services_run_in_as_many_replicas_as_configured()
    {
        await using var single = await ReadAsync();
        await using var several = await ReadAsync("--Replicas:inbound=3", "--Replicas:outbound=2");

        Assert.Equal((1, 1, 1), (Resource(single, "inbound").GetReplicaCount(), Resource(single, "outbound").GetReplicaCount(), Resource(single, "edge").GetReplicaCount()));
        Assert.Equal((3, 2, 1), (Resource(several, "inbound").GetReplicaCount(), Resource(several, "outbound").GetReplicaCount(), Resource(several, "edge").GetReplicaCount()));
    }

    [Fact]
    public async Task Only_the_edge_is_open_to_the_outside_on_a_port_that_can_be_chosen()
    {
        await using var model = await ReadAsync("--BOOKBAG_EDGE_PORT=5999");

        var external = model.Resources
            .SelectMany(resource => resource.Annotations.OfType<EndpointAnnotation>().Select(endpoint => (resource.Name, Endpoint: endpoint)))
            .Where(pair => pair.Endpoint.IsExternal)
            .Select(pair => (pair.Name, pair.Endpoint.Port));
        Assert.Equal([("edge", 5999)], external);
    }

    [Theory]
    [InlineData("inbound", "ConnectionStrings__bookbag", "ConnectionStrings__redis", "BOOKBAG_HOST", "BOOKBAG_PASSWORD", "REDIS_URI", "services__sandbox__http__0")]
    [InlineData("outbound", "ConnectionStrings__bookbag", "ConnectionStrings__redis", "services__sandbox__http__0")]
    [InlineData("edge", "ConnectionStrings__bookbag", "ConnectionStrings__redis", "services__inbound__http__0", "INBOUND_HTTP", "services__outbound__http__0", "services__sandbox__http__0")]
    [InlineData("sandbox", "ConnectionStrings__bookbag", "services__edge__http__0", "ASPNETCORE_ENVIRONMENT")]
    public async Task A_service_is_given_the_addresses_of_what_it_needs(string service, params string[] variables)
    {
        await using var model = await ReadAsync();

        Assert.Subset((await EnvironmentAsync(model, service)).Keys.ToHashSet(), variables.ToHashSet());
    }

    [Fact]
    public async Task The_sandbox_is_the_outbound_program_told_to_be_it()
    {
        await using var model = await ReadAsync();

        var context = new CommandLineArgsCallbackContext([]);
        foreach (var annotation in Resource(model, "sandbox").Annotations.OfType<CommandLineArgsCallbackAnnotation>())
            await annotation.Callback(context);
        Assert.Equal(["sandbox"], context.Args);
    }

    [Fact]
    public async Task The_first_start_is_told_what_is_set_and_asked_for_nothing_else()
    {
        await using var unset = await ReadAsync();
        await using var set = await ReadAsync("--Parameters:admin-email=ada@example.com", "--Parameters:api-key=oc_live_x");

        Assert.DoesNotContain((await EnvironmentAsync(unset, "inbound")).Keys, IsOfFirstStart);
        Assert.DoesNotContain(unset.Resources, resource => resource.Name is "admin-email" or "admin-password" or "api-key");

        var environment = await EnvironmentAsync(set, "inbound");
        Assert.Equal(["FirstStart__AdminEmail", "FirstStart__ApiKey"], environment.Keys.Where(IsOfFirstStart).Order());
        var key = Assert.IsType<ParameterResource>(environment["FirstStart__ApiKey"]);
        Assert.True(key.Secret);
        Assert.Equal("oc_live_x", await key.GetValueAsync(CancellationToken.None));

        static bool IsOfFirstStart(string name) => name.StartsWith("FirstStart__", StringComparison.Ordinal);
    }

    private static Task<IDistributedApplicationTestingBuilder> ReadAsync(params string[] settings) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.Bookbag_AppHost>(["--Data=throw-away", .. settings]);

    private static IResource Resource(IDistributedApplicationTestingBuilder model, string name) =>
        model.Resources.Single(resource => resource.Name == name);

    private static async Task<Dictionary<string, object>> EnvironmentAsync(IDistributedApplicationTestingBuilder model, string service)
    {
        var resource = Resource(model, service);
        var context = new EnvironmentCallbackContext(model.ExecutionContext, resource);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
            await annotation.Callback(context);
        return context.EnvironmentVariables;
    }
}
