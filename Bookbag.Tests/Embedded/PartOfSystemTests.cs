using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Npgsql;

namespace Bookbag.Tests.Embedded;

[Collection("engine")]
public sealed class PartOfSystemTests
{
    [Fact]
    public async Task Only_what_a_test_leaves_in_the_model_is_started_and_goes_without_a_trace()
    {
        await using var model = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Bookbag_AppHost>();
        foreach (var project in model.Resources.OfType<ProjectResource>().ToList())
            model.Resources.Remove(project);
        await using var app = await model.BuildAsync();
        await app.StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("bookbag");
        var connectionString = await app.GetConnectionStringAsync("bookbag");
        await using var source = NpgsqlDataSource.Create($"{connectionString};Pooling=false");
        await using var command = source.CreateCommand("SELECT current_setting('data_directory')");
        var directory = (string)(await command.ExecuteScalarAsync())!; // never null
        Assert.True(Directory.Exists(directory));

        await app.DisposeAsync();

        Assert.False(Directory.Exists(Path.GetDirectoryName(directory)));
        await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await source.OpenConnectionAsync());
    }

    [Fact]
    public async Task A_service_that_will_not_start_is_reported_with_its_last_words()
    {
        await using var model = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Bookbag_AppHost>();
        foreach (var other in model.Resources.Where(resource => resource.Name is not ("sandbox" or "postgres" or "bookbag")).ToList())
            model.Resources.Remove(other);
        model.CreateResourceBuilder<ProjectResource>("sandbox")
            .WithEnvironment(context => { context.EnvironmentVariables.Remove("EDGE_HTTP"); context.EnvironmentVariables.Remove("services__edge__http__0"); })
            .WithEnvironment("Kestrel__Endpoints__Broken__Url", "no url at all");
        await using var app = await model.BuildAsync();
        await app.StartAsync();

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.ResourceNotifications.WaitForResourceHealthyAsync("sandbox"));

        Assert.StartsWith("sandbox will not start: its last lines were", failure.Message, StringComparison.Ordinal);
        Assert.Contains("no url at all", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_waits_for_what_is_not_in_the_model_is_not_left_waiting()
    {
        await using var model = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Bookbag_AppHost>();
        model.Resources.Remove(model.Resources.OfType<RedisResource>().Single());
        await using var app = await model.BuildAsync();

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.StartAsync());

        Assert.Equal("inbound waits for redis, which is not in the model.", failure.Message);
    }
}
