extern alias inbound;

using System.Net.Http.Headers;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Support;

/// <summary>The Inbound service in the test process, on a database of its own, with workspaces and keys as tests ask for them.</summary>
public sealed class InboundApp : IAsyncLifetime
{
    private readonly TestDatabase _database = new();
    private WebApplicationFactory<inbound::Program> _factory = null!; // set by InitializeAsync, which xunit awaits before any test

    /// <summary>The database behind the service.</summary>
    public TestDatabase Database => _database;

    public IServiceProvider Services => _factory.Services;

    public async Task InitializeAsync()
    {
        await _database.InitializeAsync();
        _factory = new WebApplicationFactory<inbound::Program>().WithWebHostBuilder(host => host
            .UseEnvironment("Testing")
            .UseSetting("ConnectionStrings:bookbag", _database.ConnectionString)
            // Tests of turns run their own workers.
            .UseSetting("Turns:MaxConcurrency", "0"));
    }

    public async Task DisposeAsync()
    {
        await _factory.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>A workspace with one agent.</summary>
    public async Task<Agent> AgentAsync()
    {
        await using var scope = Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PlatformDb>();
        var now = TimeProvider.System.GetUtcNow();
        var workspace = Workspace.Named("A workspace", now);
        var agent = Agent.Create(workspace.Id, "An agent", now);
        db.AddRange(workspace, agent);
        await db.SaveChangesAsync();
        return agent;
    }

    /// <summary>A client with a key of that workspace.</summary>
    public async Task<HttpClient> ClientAsync(Guid workspaceId, Role role = Role.Editor, Guid? agentId = null)
    {
        await using var scope = Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PlatformDb>();
        var secret = ApiKey.NewSecret();
        db.Add(ApiKey.For(secret, workspaceId, agentId, "A key", role, TimeProvider.System.GetUtcNow()));
        await db.SaveChangesAsync();
        var client = Anonymous();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return client;
    }

    /// <summary>A client without a key.</summary>
    public HttpClient Anonymous() => _factory.CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false });
}
