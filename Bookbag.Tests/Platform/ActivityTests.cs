using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.Inbound.Activities;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Bookbag.Tests.Platform;

/// <summary>Who did what is written down, and no more than that.</summary>
public sealed class ActivityTests : IClassFixture<TestDatabase>, IDisposable
{
    private readonly TestDatabase _database;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));
    private readonly InboundHost _host;

    public ActivityTests(TestDatabase database)
    {
        _database = database;
        _host = new InboundHost(database.ConnectionString, _clock);
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task What_a_member_and_a_key_change_is_written_down_with_who_and_what()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var boss = await _database.AddMemberAsync(workspace, Role.Owner);
        var program = _host.CreateClient(await _database.AddKeyAsync(workspace, name: "Shop system"));
        using var person = _host.CreateClient();
        person.DefaultRequestHeaders.Add("Cookie", await _host.SignInAsync(boss));

        await program.PostAsJsonAsync("/api/workspace/members", new { email = "ana@example.com", role = "editor" });
        _clock.Advance(TimeSpan.FromMinutes(1));
        var agent = await ReadAsync(await person.PostAsJsonAsync("/api/agents", new { name = "Helper" }));
        _clock.Advance(TimeSpan.FromMinutes(1));
        await person.PostAsJsonAsync($"/api/agents/{agent.GetProperty("id").GetGuid()}/sources", new { type = "qa", question = "When?", answer = "A secret answer" });

        var entries = (await ListAsync(program)).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(
            [("source.added", "member", boss.Email, "When?"), ("agent.created", "member", boss.Email, "Helper"), ("member.invited", "key", "Shop system", "ana@example.com, editor")],
            entries.Select(e => (Text(e, "action"), Text(e, "actorKind"), Text(e, "actor"), Text(e, "subject"))));
        Assert.Equal(agent.GetProperty("id").GetGuid(), entries[0].GetProperty("agentId").GetGuid());
        Assert.Equal(agent.GetProperty("id").GetGuid(), entries[1].GetProperty("subjectId").GetGuid());
        Assert.Equal(_clock.GetUtcNow(), entries[0].GetProperty("at").GetDateTimeOffset());
    }

    [Fact]
    public async Task What_is_refused_or_fails_is_not_written_down()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var admin = _host.CreateClient(await _database.AddKeyAsync(workspace));
        var viewer = _host.CreateClient(await _database.AddKeyAsync(workspace, Role.Viewer));

        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsJsonAsync("/api/agents", new { name = "Not mine to make" })).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await admin.PostAsJsonAsync("/api/agents", new { name = "" })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.PostAsJsonAsync("/api/workspace/members", new { email = "boss@example.com", role = "owner" })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.DeleteAsync($"/api/workspace/keys/{Guid.Empty}")).StatusCode);

        Assert.Empty((await ListAsync(admin)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task No_secret_is_in_it()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var admin = _host.CreateClient(await _database.AddKeyAsync(workspace));

        var key = Text(await ReadAsync(await admin.PostAsJsonAsync("/api/workspace/keys", new { name = "Shop", role = "viewer" })), "key");
        var password = Text(await ReadAsync(await admin.PostAsJsonAsync("/api/workspace/members", new { email = "first.day@example.com", role = "viewer" })), "password");
        var webhook = await ReadAsync(await admin.PostAsJsonAsync("/api/workspace/webhooks", new { url = "https://hooks.example.com/?token=hidden-in-the-address", events = new[] { "*" }, description = "Warehouse" }));

        var log = await admin.GetStringAsync("/api/activity");
        Assert.Contains("Warehouse", log, StringComparison.Ordinal);
        foreach (var secret in new[] { key, password, Text(webhook, "secret"), "hidden-in-the-address" })
            Assert.DoesNotContain(secret!, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_admin_sees_it_and_nobody_else()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var agent = await _database.AddAgentAsync(workspace);
        await _host.CreateClient(await _database.AddKeyAsync(workspace)).PostAsJsonAsync("/api/agents", new { name = "Helper" });

        foreach (var refused in new[]
        {
            await _database.AddKeyAsync(workspace, Role.Viewer), await _database.AddKeyAsync(workspace, Role.Editor), await _database.AddKeyAsync(workspace, Role.Admin, agent),
        })
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await _host.CreateClient(refused).GetAsync("/api/activity")).StatusCode);
        }

        Assert.Single((await ListAsync(_host.CreateClient(await _database.AddKeyAsync(workspace)))).GetProperty("items").EnumerateArray());
        var strangers = _host.CreateClient(await _database.AddKeyAsync(await _database.AddWorkspaceAsync("Others")));
        Assert.Empty((await ListAsync(strangers)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task It_is_filtered_by_actor_action_and_time_and_comes_in_pages()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var first = _host.CreateClient(await _database.AddKeyAsync(workspace, name: "First"));
        var second = _host.CreateClient(await _database.AddKeyAsync(workspace, name: "Second"));
        for (var i = 0; i < 3; i++)
        {
            await first.PostAsJsonAsync("/api/agents", new { name = $"Agent {i}" });
            await second.PostAsJsonAsync("/api/workspace/keys", new { name = $"Key {i}" });
            _clock.Advance(TimeSpan.FromHours(1));
        }

        var all = (await ListAsync(first)).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(6, all.Count);
        Assert.Equal(["Agent 2", "Agent 1", "Agent 0"], await SubjectsAsync(first, $"?actorId={all.First(e => Text(e, "actor") == "First").GetProperty("actorId").GetGuid()}"));
        Assert.Equal(["Agent 2", "Agent 1", "Agent 0"], await SubjectsAsync(first, "?action=agent.created"));
        Assert.Equal(["Key 2, editor", "Key 1, editor", "Key 0, editor"], await SubjectsAsync(first, "?action=key.*"));
        Assert.Empty(await SubjectsAsync(first, "?action=ke.*"));
        Assert.Equal(["Agent 1"], await SubjectsAsync(first, "?action=agent.*&from=2026-03-02T10:00:00Z&to=2026-03-02T11:00:00Z"));
        Assert.Equal(HttpStatusCode.BadRequest, (await first.GetAsync("/api/activity?action=everything")).StatusCode);

        var paged = new List<Guid>();
        for (string? cursor = "", query = "?limit=4"; cursor is not null; query = $"?limit=4&cursor={cursor}")
        {
            var page = await ListAsync(first, query);
            paged.AddRange(page.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("id").GetGuid()));
            cursor = Text(page, "next");
        }

        Assert.Equal(all.Select(e => e.GetProperty("id").GetGuid()), paged);
    }

    [Fact]
    public async Task It_is_never_rewritten_and_goes_when_its_time_is_over()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var admin = _host.CreateClient(await _database.AddKeyAsync(workspace));
        await admin.PostAsJsonAsync("/api/agents", new { name = "Old" });
        _clock.Advance(TimeSpan.FromDays(364));
        await admin.PostAsJsonAsync("/api/agents", new { name = "New" });

        await Assert.ThrowsAsync<PostgresException>(() => _database.DataSource.ScalarAsync<long>("WITH forged AS (UPDATE platform.activity SET actor = 'somebody else' RETURNING 1) SELECT count(*) FROM forged"));
        var keeper = _host.Services.GetRequiredService<ActivityKeeper>();
        await keeper.RunOnceAsync(CancellationToken.None);
        Assert.Equal(["New", "Old"], await SubjectsAsync(admin, ""));
        _clock.Advance(TimeSpan.FromDays(2));
        await keeper.RunOnceAsync(CancellationToken.None);
        Assert.Equal(["New"], await SubjectsAsync(admin, ""));
    }

    [Fact]
    public void Every_endpoint_that_changes_something_says_what_of_it_is_written_down()
    {
        using var client = _host.CreateClient(); // starts the host
        Assert.Empty(Undeclared(_host.Services));
    }

    /// <summary>Endpoints for members and keys that change something, and do not say what the activity log has of it.</summary>
    internal static IEnumerable<string> Undeclared(IServiceProvider services) =>
        services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is null && e.Metadata.GetMetadata<Recorded>() is null)
            .Where(e => e.Metadata.GetMetadata<IHttpMethodMetadata>() is { } methods && methods.HttpMethods.Any(m => m is "POST" or "PUT" or "PATCH" or "DELETE"))
            .Select(e => e.DisplayName ?? "");

    private static Task<JsonElement> ListAsync(HttpClient client, string query = "") => client.GetFromJsonAsync<JsonElement>($"/api/activity{query}");

    private static async Task<IEnumerable<string?>> SubjectsAsync(HttpClient client, string query) =>
        (await ListAsync(client, query)).GetProperty("items").EnumerateArray().Select(e => Text(e, "subject"));

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();
}
