using System.Net;
using System.Net.Sockets;
using Bookbag.AppHost.Embedded;
using Npgsql;

namespace Bookbag.Tests.Embedded;

[Collection("engine")]
public sealed class ConsoleTests : IDisposable
{
    private readonly string _data = ConsoleSystem.NewData();

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task It_shows_where_everything_is_refuses_a_second_run_and_stops_in_order()
    {
        using var system = await ConsoleSystem.StartAsync(_data);
        await system.ReadyAsync();
        Assert.Matches(@"\n  edge +Running +http://localhost:" + system.Port, system.Output);
        Assert.True(await system.IsListeningAsync());
        await CheckPageAsync(system);

        using var second = await ConsoleSystem.StartAsync(_data);
        Assert.Equal(1, await second.Exited);
        Assert.StartsWith($"Bookbag is running already on the data in {_data} (process {system.ProcessId}, http://localhost:{system.Port}, resources at {system.Page})", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', second.Output.TrimEnd());

        var started = TimeProvider.System.GetTimestamp();
        system.Send(Signal.Interrupt);
        Assert.Equal(0, await system.Exited);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(5), $"It took {TimeProvider.System.GetElapsedTime(started)}.");
        Assert.Empty(system.Processes());
    }

    [Fact]
    public async Task Killing_it_leaves_no_process_and_all_data()
    {
        using (var system = await ConsoleSystem.StartAsync(_data))
        {
            await system.ReadyAsync();
            await ExecuteAsync(system, "CREATE TABLE public.survivor AS SELECT 42 AS answer");
            Assert.True(system.Processes().Count >= 7);

            system.KillAlone();

            await Eventually.TrueAsync(() => system.Processes().Count == 0, "nothing runs any more", withinSeconds: 20);
        }

        using var next = await ConsoleSystem.StartAsync(_data);
        await next.ReadyAsync();
        Assert.Equal(42, await ExecuteAsync(next, "SELECT answer FROM public.survivor"));
        next.Send(Signal.Terminate);
        Assert.Equal(0, await next.Exited);
        Assert.Empty(next.Processes());
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_in_one_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        using var system = await ConsoleSystem.StartAsync(_data, port);

        Assert.Equal(1, await system.Exited);
        Assert.Equal($"Port {port}, where edge would listen, is taken: stop what uses it, or choose another with BOOKBAG_EDGE_PORT.", system.Output);
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_written_is_said_in_one_line()
    {
        var file = Path.Combine(_data, "a-file");
        await File.WriteAllTextAsync(file, "");

        using var system = await ConsoleSystem.StartAsync(file);

        Assert.Equal(1, await system.Exited);
        Assert.StartsWith($"The data directory {file} cannot be written", system.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', system.Output.TrimEnd());
    }

    [Fact]
    public async Task A_service_that_will_not_start_ends_the_run_with_its_last_lines()
    {
        using var system = await ConsoleSystem.StartAsync(_data, environment: ("Kestrel__Endpoints__Broken__Url", "no url at all"));

        Assert.Equal(1, await system.Exited);
        Assert.Matches("\n(inbound|outbound|sandbox) will not start: its last lines were\n", system.Output);
        Assert.Empty(system.Processes());
    }

    private static async Task CheckPageAsync(ConsoleSystem system)
    {
        using var client = new HttpClient { BaseAddress = system.Page };
        var page = await client.GetAsync(new Uri("", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.DoesNotContain("://", (await page.Content.ReadAsStringAsync()).Replace("data:,", "", StringComparison.Ordinal), StringComparison.Ordinal);

        // Another name for this machine, a change, and a guess at the address are refused.
        using var foreign = new HttpRequestMessage(HttpMethod.Get, system.Page) { Headers = { Host = "evil.example" } };
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await client.SendAsync(foreign)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await client.PostAsync(system.Page, null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri("/", UriKind.Relative))).StatusCode);

        var inbound = await FirstEventAsync(client, "resources", line => line.Contains("\"id\":\"inbound\"", StringComparison.Ordinal) && line.Contains("\"health\":\"Healthy\"", StringComparison.Ordinal));
        Assert.Contains("\"name\":\"ConnectionStrings__bookbag\"", inbound, StringComparison.Ordinal);
        Assert.DoesNotContain(await PasswordAsync(system), inbound, StringComparison.Ordinal);
        Assert.Contains("ready to accept connections", await FirstEventAsync(client, "logs/postgres", line => line.Contains("ready to accept", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private static async Task<string> FirstEventAsync(HttpClient client, string path, Func<string, bool> isIt)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        using var reader = new StreamReader(await client.GetStreamAsync(new Uri(path, UriKind.Relative), patience.Token));
        while (await reader.ReadLineAsync(patience.Token) is { } line)
        {
            if (isIt(line))
                return line;
        }

        throw new InvalidOperationException($"{path} ended.");
    }

    private static async Task<string> PasswordAsync(ConsoleSystem system) =>
        System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(system.Data, "secrets.json"))).RootElement.GetProperty("postgres-password").GetString()!;

    private static async Task<object?> ExecuteAsync(ConsoleSystem system, string sql)
    {
        var port = System.Text.RegularExpressions.Regex.Match(system.Output, @"postgresql://localhost:(\d+)").Groups[1].Value;
        await using var source = NpgsqlDataSource.Create($"Host=127.0.0.1;Port={port};Username=postgres;Password={await PasswordAsync(system)};Database=bookbag;Pooling=false");
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
