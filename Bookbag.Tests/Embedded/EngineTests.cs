using System.Diagnostics;
using System.Net;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using StackExchange.Redis;

namespace Bookbag.Tests.Embedded;

[Collection("engine")]
public sealed class EngineTests(RunningSystem system) : IClassFixture<RunningSystem>
{
    [Theory]
    [InlineData("inbound")]
    [InlineData("outbound")]
    [InlineData("edge")]
    [InlineData("sandbox")]
    public async Task Every_service_answers(string service)
    {
        using var client = system.App.CreateHttpClient(service);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public void Who_refers_to_a_service_is_given_the_address_of_each_replica()
    {
        var environment = system.Now("edge").EnvironmentVariables.ToDictionary(variable => variable.Name, variable => variable.Value);

        Assert.Equal(system.Now("inbound-1").Urls.Single().Url, environment["services__inbound__http__0"]);
        Assert.Equal(system.Now("inbound-2").Urls.Single().Url, environment["services__inbound__http__1"]);
        Assert.Equal(environment["services__inbound__http__0"], environment["INBOUND_HTTP"]);
        Assert.NotEqual(environment["services__inbound__http__0"], environment["services__inbound__http__1"]);
    }

    [Fact]
    public async Task The_database_is_there_and_lets_nobody_in_without_the_password()
    {
        var connectionString = await system.App.GetConnectionStringAsync("bookbag");
        await using var source = NpgsqlDataSource.Create(connectionString!);
        await using var command = source.CreateCommand("SELECT current_database() || ' ' || lower('É') || ' ' || current_setting('listen_addresses')");
        Assert.Equal("bookbag é 127.0.0.1", await command.ExecuteScalarAsync());

        await using var stranger = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Password = "guess" }.ConnectionString);
        Assert.Equal(PostgresErrorCodes.InvalidPassword, (await Assert.ThrowsAsync<PostgresException>(async () => await stranger.OpenConnectionAsync())).SqlState);
    }

    [Fact]
    public async Task Redis_runs_scripts_and_lets_nobody_in_without_the_password()
    {
        var connectionString = await system.App.GetConnectionStringAsync("redis");
        await using var redis = await ConnectionMultiplexer.ConnectAsync(connectionString!);
        var result = await redis.GetDatabase().ScriptEvaluateAsync("redis.call('set', KEYS[1], ARGV[1]) return redis.call('get', KEYS[1])", ["engine-test"], ["kept"]);
        Assert.Equal("kept", (string?)result);

        await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync(connectionString!.Split(',')[0] + ",password=guess,connectRetry=0"));
    }

    [Fact]
    public async Task Scripts_are_atomic()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync((await system.App.GetConnectionStringAsync("redis"))!);
        // Reads, computes, writes: it loses counts if another script comes between.
        const string Script = "local n = tonumber(redis.call('get', KEYS[1]) or '0') redis.call('set', KEYS[1], n + 1) return n";
        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => redis.GetDatabase().ScriptEvaluateAsync(Script, ["atomic-test"])));
        Assert.Equal(500, (int)await redis.GetDatabase().StringGetAsync("atomic-test"));
    }

    [Theory]
    [InlineData("inbound-2")]
    [InlineData("postgres")]
    [InlineData("redis")]
    public async Task What_dies_is_started_again_at_the_same_address(string resourceId)
    {
        var (before, url) = (system.ProcessIdOf(resourceId), system.Now(resourceId).Urls.Single().Url);

        Process.GetProcessById(before).Kill();

        await Eventually.TrueAsync(
            () => system.Now(resourceId).HealthStatus is HealthStatus.Healthy && system.ProcessIdOf(resourceId) != before, $"{resourceId} is well again");
        Assert.Equal(url, system.Now(resourceId).Urls.Single().Url);
        Assert.True((int)system.Now(resourceId).Properties.Single(property => property.Name == "restarts").Value! >= 1);
        await system.App.ResourceNotifications.WaitForResourceHealthyAsync("edge");
    }

    [Fact]
    public async Task A_resource_can_be_stopped_and_started_by_command()
    {
        var outbound = system.App.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == "outbound");

        Assert.True((await system.App.ResourceCommands.ExecuteCommandAsync(outbound, KnownResourceCommands.StopCommand)).Success);
        Assert.Equal(KnownResourceStates.Finished, system.Now("outbound").State?.Text);
        using (var client = system.App.CreateHttpClient("outbound"))
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("/health", UriKind.Relative)));

        Assert.True((await system.App.ResourceCommands.ExecuteCommandAsync(outbound, KnownResourceCommands.StartCommand)).Success);
        await system.App.ResourceNotifications.WaitForResourceHealthyAsync("outbound");
    }

    [Theory]
    [InlineData("inbound-1")]
    [InlineData("postgres")]
    public void What_shares_the_cores_does_not_interrupt_each_other(string resourceId)
    {
        if (!OperatingSystem.IsLinux())
            return;

        // Behind the name, which may hold anything: the state is field 3, the scheduling policy field 41.
        var status = File.ReadAllText($"/proc/{system.ProcessIdOf(resourceId)}/stat");
        var policy = status[(status.LastIndexOf(')') + 2)..].Split(' ')[41 - 3];
        Assert.Equal("3", policy); // SCHED_BATCH
    }

    [Fact]
    public async Task A_command_for_nothing_says_so()
    {
        var result = await system.App.ResourceCommands.ExecuteCommandAsync("nothing", KnownResourceCommands.StopCommand);
        Assert.False(result.Success);
    }

    [Fact]
    public async Task What_a_resource_writes_is_kept()
    {
        var lines = await system.App.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync("postgres").FirstAsync();
        Assert.Contains(lines, line => line.Content.Contains("ready to accept connections", StringComparison.Ordinal));
    }
}
