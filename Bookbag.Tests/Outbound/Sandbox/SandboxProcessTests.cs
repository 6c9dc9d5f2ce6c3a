using System.Net.Http.Headers;
using System.Net.Http.Json;
using Bookbag.Outbound.Sandbox;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Outbound.Sandbox;

/// <summary>The sandbox as the app model runs it.</summary>
public sealed class SandboxProcessTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    public async Task It_runs_in_Development_only(string environment) => Assert.Equal(1, await SandboxHost.RunAsync([$"--environment={environment}"]));

    [Fact]
    public async Task A_callback_outside_the_app_model_stops_the_start()
    {
        await using var app = Build("--Sandbox:CallbackUrl=https://example.com/callback");
        var exception = await Assert.ThrowsAnyAsync<Exception>(() => app.StartAsync());
        Assert.Contains("Sandbox:CallbackUrl", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_control_API_asks_for_a_key_and_Graph_for_the_token()
    {
        await using var app = Build();
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        Assert.Equal(401, await StatusAsync(null, HttpMethod.Get, "sandbox/customers"));
        Assert.Equal(401, await StatusAsync("sandbox-access-token", HttpMethod.Delete, "sandbox/state"));
        Assert.Equal(401, await StatusAsync(null, HttpMethod.Get, "v25.0/100000000000001"));
        Assert.Equal(200, await StatusAsync("sandbox-access-token", HttpMethod.Get, "v25.0/100000000000001"));

        var workspace = Workspace.Named("Shop", TimeProvider.System.GetUtcNow());
        var (viewer, editor) = (ApiKey.NewSecret(), ApiKey.NewSecret());
        await SaveAsync(app, workspace, Key(viewer, Role.Viewer), Key(editor, Role.Editor));
        Assert.Equal(403, await StatusAsync(viewer, HttpMethod.Get, "sandbox/customers"));
        Assert.Equal(200, await StatusAsync(editor, HttpMethod.Get, "sandbox/customers"));
        Assert.Equal(200, await StatusAsync(editor, HttpMethod.Post, "sandbox/customers/15551234567/messages"));
        Assert.Equal(200, await StatusAsync(null, HttpMethod.Get, "health"));

        ApiKey Key(string secret, Role role) => ApiKey.For(secret, workspace.Id, null, "Test", role, TimeProvider.System.GetUtcNow());

        async Task<int> StatusAsync(string? bearer, HttpMethod method, string path)
        {
            using var request = new HttpRequestMessage(method, path);
            if (method == HttpMethod.Post)
                request.Content = JsonContent.Create(new { text = "Hello" });
            request.Headers.Authorization = bearer is null ? null : new AuthenticationHeaderValue("Bearer", bearer);
            using var response = await http.SendAsync(request);
            return (int)response.StatusCode;
        }
    }

    // The callback is a port that nobody listens on.
    private WebApplication Build(string callback = "--Sandbox:CallbackUrl=http://127.0.0.1:9/callback") => SandboxHost.Build(
        ["--environment=Development", "--urls=http://127.0.0.1:0", $"--ConnectionStrings:bookbag={database.ConnectionString}", "--Logging:LogLevel:Default=None", callback])!;

    private static async Task SaveAsync(WebApplication app, params object[] rows)
    {
        await using var scope = app.Services.CreateAsyncScope();
        var platform = scope.ServiceProvider.GetRequiredService<PlatformDb>();
        platform.AddRange(rows);
        await platform.SaveChangesAsync();
    }
}
