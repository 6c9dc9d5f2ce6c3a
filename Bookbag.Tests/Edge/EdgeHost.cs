extern alias edge;

using System.Net.Http.Headers;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bookbag.Tests.Edge;

/// <summary>The Edge on a real port, in front of stand-ins for its services.</summary>
internal sealed class EdgeHost : WebApplicationFactory<edge::Program>
{
    private readonly TestDatabase _database;
    private readonly Dictionary<string, string?> _settings;

    public EdgeHost(TestDatabase database, Dictionary<string, string?> settings)
    {
        (_database, _settings) = (database, settings);
        UseKestrel(0);
        StartServer();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => ClientOptions.BaseAddress;

    /// <summary>A client that follows no redirect and brings no credentials.</summary>
    public HttpClient Anonymous() => Client(allowCookies: false);

    /// <summary>A client that keeps cookies, as a browser does.</summary>
    public HttpClient Browser()
    {
        var client = Client(allowCookies: true);
        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        return client;
    }

    /// <summary>A client with a new API key.</summary>
    public async Task<HttpClient> WithKeyAsync(Role role = Role.Viewer)
    {
        var secret = ApiKey.NewSecret();
        await using var scope = Services.CreateAsyncScope();
        var workspaceId = await AddWorkspaceAsync(scope.ServiceProvider);
        var db = scope.ServiceProvider.GetRequiredService<PlatformDb>();
        db.Add(ApiKey.For(secret, workspaceId, agentId: null, "test", role, Now));
        await db.SaveChangesAsync();
        var client = Anonymous();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return client;
    }

    /// <summary>A member of a new workspace.</summary>
    public async Task AddMemberAsync(string email, string password, Role role = Role.Admin)
    {
        await using var scope = Services.CreateAsyncScope();
        var workspaceId = await AddWorkspaceAsync(scope.ServiceProvider);
        var created = await scope.ServiceProvider.GetRequiredService<UserManager<Member>>().CreateAsync(Member.Invite(workspaceId, email, role, Now), password);
        Assert.True(created.Succeeded, string.Join(" ", created.Errors.Select(e => e.Description)));
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment(_settings.GetValueOrDefault("environment") ?? "Development");
        builder.UseSetting("ConnectionStrings:bookbag", _database.ConnectionString);
        foreach (var (key, value) in _settings)
            builder.UseSetting(key, value);
        builder.ConfigureLogging(logging => logging.ClearProviders());
    }

    private DateTimeOffset Now => Services.GetRequiredService<TimeProvider>().GetUtcNow();

    private async Task<Guid> AddWorkspaceAsync(IServiceProvider services)
    {
        var db = services.GetRequiredService<PlatformDb>();
        var workspace = Workspace.Named("Paper & Ink", Now);
        db.Add(workspace);
        await db.SaveChangesAsync();
        return workspace.Id;
    }

    private HttpClient Client(bool allowCookies) => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = allowCookies }) { BaseAddress = Address };
}
