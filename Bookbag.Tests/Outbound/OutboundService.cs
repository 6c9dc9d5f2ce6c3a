extern alias outbound;

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Bookbag.Outbound.Sandbox;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Outbound;

/// <summary>The Outbound service on a database of its own, with a clock that stands still and the sandbox in Meta's place.</summary>
public sealed class OutboundService : IAsyncLifetime, IAsyncDisposable
{
    private static int _numbers;

    private WebApplicationFactory<outbound::Program> _host = null!; // these are set by InitializeAsync, which xunit awaits before any test

    public TestDatabase Database { get; } = new();

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 2, 9, 0, 0, TimeSpan.Zero));

    internal SandboxHost Sandbox { get; private set; } = null!;

    public IServiceProvider Services => _host.Services;

    public Workspace Workspace { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Database.InitializeAsync();
        Sandbox = await SandboxHost.StartAsync(clock: Clock);
        _host = new WebApplicationFactory<outbound::Program>().WithWebHostBuilder(host =>
        {
            host.UseSetting("ConnectionStrings:bookbag", Database.ConnectionString);
            host.UseSetting("Logging:LogLevel:Default", "Warning");
            // Tests run the workers themselves.
            host.UseSetting("Imports:Work", "false");
            host.UseSetting("Templates:Sync", "false");
            host.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(Clock));
        });
        Workspace = await Database.AddWorkspaceAsync();
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await Sandbox.DisposeAsync();
        await Database.DisposeAsync();
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    public Task<Agent> AgentAsync() => Database.AddAgentAsync(Workspace);

    /// <summary>An agent on a sandbox number and account of its own.</summary>
    internal async Task<(Agent Agent, Channel Channel)> ConnectedAgentAsync(string? businessAccountId = null)
    {
        var agent = await AgentAsync();
        var number = $"7100{Interlocked.Increment(ref _numbers):000000}";
        var secrets = Services.GetRequiredService<SecretProtector>();
        var channel = Channel.For(agent, Clock.GetUtcNow());
        channel.Connect(
            new ChannelConnection(
                number, Sandbox.SendUrl(number).ToString(), businessAccountId, secrets.Protect("sandbox-access-token"), "oken", secrets.Protect("sandbox-app-secret"), "cret",
                secrets.Protect(number), SecretProtector.Hash(number)),
            Clock.GetUtcNow());
        await using var db = Database.OpenPlatform();
        db.Add(channel);
        await db.SaveChangesAsync();
        return (agent, channel);
    }

    public async Task<Api> ApiAsync(Role role = Role.Editor, Workspace? workspace = null, Agent? agent = null) =>
        new(_host.CreateClient(), await Database.AddKeyAsync(workspace ?? Workspace, role, agent));

    public Api Anonymous() => new(_host.CreateClient(), null);
}

/// <summary>Calls of the API as a program makes them.</summary>
public sealed class Api(HttpClient client, string? key)
{
    public Task<(int Status, JsonElement Body)> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<(int Status, JsonElement Body)> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body);

    public Task<(int Status, JsonElement Body)> PutAsync(string path, object body) => SendAsync(HttpMethod.Put, path, body);

    public Task<(int Status, JsonElement Body)> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null);

    /// <summary>A body that succeeds, or the test fails with what was answered.</summary>
    public static JsonElement Ok((int Status, JsonElement Body) answer)
    {
        Assert.True(answer.Status is >= 200 and < 300, $"{answer.Status}: {answer.Body}");
        return answer.Body;
    }

    /// <summary>The code of a refusal.</summary>
    public static (int Status, string? Code) Code((int Status, JsonElement Body) answer) =>
        (answer.Status, answer.Body.ValueKind == JsonValueKind.Object && answer.Body.TryGetProperty("code", out var code) ? code.GetString() : null);

    public async Task<(int Status, string Text)> SendTextAsync(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<(int Status, JsonElement Body)> SendAsync(HttpMethod method, string path, object? body)
    {
        using var content = body is null ? null : new StringContent(body as string ?? JsonSerializer.Serialize(body, JsonSerializerOptions.Web), Encoding.UTF8, "application/json");
        var (status, text) = await SendTextAsync(method, path, content);
        return (status, text.Length == 0 ? default : JsonElement.Parse(text));
    }
}
