using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Npgsql;

namespace Bookbag.Tests.Support;

/// <summary>The whole product as a user starts it, throw-away: every resource of the app model, reached through the Edge.</summary>
public sealed class Product : IAsyncDisposable
{
    /// <summary>The key that the first start takes; the tests' own.</summary>
    public const string ApiKey = "oc_live_0000000000000000000000000000000000000000000";

    private readonly ConcurrentDictionary<(string Service, string ResourceId), int> _processes = [];
    private readonly ConcurrentDictionary<int, bool> _killed = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _watching;

    private Product(DistributedApplication app, HttpClient edge, NpgsqlDataSource database)
    {
        (App, Edge, Database) = (app, edge, database);
        _watching = WatchAsync();
    }

    public DistributedApplication App { get; }

    /// <summary>The Edge, with the API key.</summary>
    public HttpClient Edge { get; }

    /// <summary>The database, to look at what is stored.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>Starts it and waits until every service is healthy.</summary>
    /// <param name="configure">Changes the app model before it is built: replicas, environment.</param>
    /// <param name="data">Where its data is, safe from a power cut as a user's is; null for data that go with the test.</param>
    public static async Task<Product> StartAsync(Action<IDistributedApplicationTestingBuilder>? configure = null, DurableData? data = null)
    {
        string[] where = data is null ? ["Data=throw-away"] : [$"Data={data.Location}", $"BOOKBAG_EDGE_PORT={LoopbackPort.Free()}"];
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Bookbag_AppHost>([.. where, $"Parameters:api-key={ApiKey}"]);
        configure?.Invoke(builder);
        var app = await builder.BuildAsync();
        await app.StartAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        foreach (var service in (string[])["inbound", "outbound", "sandbox", "edge"])
            await app.ResourceNotifications.WaitForResourceHealthyAsync(service, patience.Token);

        var edge = app.CreateHttpClient("edge", "http");
        edge.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiKey);
        var database = NpgsqlDataSource.Create((await app.GetConnectionStringAsync("bookbag"))!);
        return new Product(app, edge, database);
    }

    /// <summary>An agent that knows one answer, with a sandbox number connected to it.</summary>
    public async Task<ConnectedAgent> ConnectAgentAsync(string phoneNumberId, string sendUrl)
    {
        var agent = await PostAsync("/api/agents", new { name = $"Agent {phoneNumberId}" });
        var agentId = agent.GetProperty("id").GetGuid();
        await PostAsync($"/api/agents/{agentId}/sources", new { type = "qa", question = "When are you open?", answer = ConnectedAgent.OpeningHours });
        using var connected = await Edge.PutAsJsonAsync($"/api/agents/{agentId}/channels/whatsapp",
            new { accessToken = ConnectedAgent.AccessToken, sendUrl, appSecret = ConnectedAgent.AppSecret, businessAccountId = ConnectedAgent.BusinessAccountId });
        Assert.True(connected.IsSuccessStatusCode, await connected.Content.ReadAsStringAsync());
        return new ConnectedAgent(agentId, phoneNumberId);
    }

    public async Task<JsonElement> PostAsync(string path, object body)
    {
        using var response = await Edge.PostAsJsonAsync(path, body);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>kill -9 of one replica of a service, without a word to it; the engine starts it again.</summary>
    public void Kill(string service, int replica = 0)
    {
        int[] running = [.. _processes.Where(p => p.Key.Service == service).OrderBy(p => p.Key.ResourceId, StringComparer.Ordinal).Select(p => p.Value)];
        using var process = Process.GetProcessById(running[replica]);
        process.Kill();
    }

    /// <summary>kill -9 of one replica that runs; false where it is dead and not started again yet.</summary>
    public bool TryKill(string service, int replica)
    {
        if (ProcessOf(service, replica) is not { } id || !_killed.TryAdd(id, true))
            return false;
        using var process = Process.GetProcessById(id);
        process.Kill();
        return true;
    }

    /// <summary>Sends a signal, such as STOP, to a service.</summary>
    public async Task SignalAsync(string service, string signal)
    {
        if (ProcessOf(service, 0) is not { } id)
            return;
        using var kill = Process.Start("kill", [$"-{signal}", id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>The most memory that any replica of a service had resident since it started, in megabytes.</summary>
    public long PeakMemory(string service) => _processes.Where(p => p.Key.Service == service).Max(p => PeakMemory(p.Value));

    /// <summary>How long a service's processes that run now have used a processor.</summary>
    public TimeSpan ProcessorTimeOf(string service) =>
        _processes.Where(p => p.Key.Service == service).Aggregate(TimeSpan.Zero, (sum, process) => sum + ProcessorTime.Of(process.Value));

    private int? ProcessOf(string service, int replica) =>
        _processes.Where(p => p.Key.Service == service).OrderBy(p => p.Key.ResourceId, StringComparer.Ordinal).Select(p => (int?)p.Value).ElementAtOrDefault(replica) is { } id
        && Directory.Exists($"/proc/{id}") ? id : null;

    // "VmHWM:\t  123456 kB"
    private static long PeakMemory(int process) =>
        long.Parse(File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    /// <summary>Keeps the process id of every replica, as the engine tells it.</summary>
    private async Task WatchAsync()
    {
        try
        {
            await foreach (var change in App.ResourceNotifications.WatchAsync(_stopping.Token))
            {
                if (change.Snapshot.Properties.FirstOrDefault(p => p.Name == "executable.pid")?.Value is int pid)
                    _processes[(change.Resource.Name, change.ResourceId)] = pid;
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        _stopping.Dispose();
        Edge.Dispose();
        await Database.DisposeAsync();
        await App.DisposeAsync();
    }
}

/// <summary>A new directory for the data of a product that is measured as users run it: what is committed has reached the disk.</summary>
public sealed class DurableData : IDisposable
{
    public string Location { get; } = Path.Combine(Path.GetTempPath(), $"bookbag-bench-{Path.GetRandomFileName()}");

    /// <summary>Removes it. The product must have stopped.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Location))
            Directory.Delete(Location, recursive: true);
    }
}

/// <summary>An agent with a sandbox number.</summary>
public sealed record ConnectedAgent(Guid AgentId, string PhoneNumberId)
{
    public const string AccessToken = "sandbox-access-token";
    public const string AppSecret = "sandbox-app-secret";
    public const string BusinessAccountId = "200000000000077";

    /// <summary>The question that every agent here can answer.</summary>
    public const string Question = "When are you open?";

    /// <summary>Its answer.</summary>
    public const string OpeningHours = "We are open Monday to Saturday, nine to six.";

    /// <summary>Where Meta posts webhooks.</summary>
    public const string WebhookPath = "/channels/whatsapp/webhook";
}

/// <summary>What a test changes of the app model.</summary>
public static class AppModelExtensions
{
    /// <summary>Gives a service an environment variable.</summary>
    public static void Set(this IDistributedApplicationTestingBuilder builder, string service, string variable, string value) =>
        builder.Service(service).WithEnvironment(variable, value);

    /// <summary>How long Inbound waits for a customer who may still be typing; null for as long as by default.</summary>
    public static void SetDebounce(this IDistributedApplicationTestingBuilder builder, TimeSpan? quiet)
    {
        if (quiet is not { } period)
            return;
        builder.Set("inbound", "Turns__Debounce__QuietPeriod", period.ToString());
        builder.Set("inbound", "Turns__Debounce__QuietPeriodWhenComplete", period.ToString());
    }

    /// <summary>The builder of a service.</summary>
    public static IResourceBuilder<ProjectResource> Service(this IDistributedApplicationTestingBuilder builder, string service) =>
        builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(r => r.Name == service));
}
