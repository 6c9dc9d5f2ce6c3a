using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Platform;

/// <summary>Who gets in, and who does not.</summary>
public sealed class AccessTests : IClassFixture<TestDatabase>, IDisposable
{
    private readonly TestDatabase _database;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));
    private readonly InboundHost _host;

    public AccessTests(TestDatabase database)
    {
        _database = database;
        _host = new InboundHost(database.ConnectionString, _clock);
    }

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("oc_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("oc_live_")]
    [InlineData("sk_live_something")]
    public async Task Nobody_gets_in_unknown(string? key)
    {
        var response = await _host.CreateClient(key).GetAsync("/api/agents");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
        Assert.Equal("not_signed_in", await CodeOfAsync(response));
    }

    [Fact]
    public void Only_what_is_meant_to_be_open_is_open()
    {
        using var client = _host.CreateClient(); // starts the host
        var open = _host.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is not null).Select(e => e.RoutePattern.RawText!.Trim('/')).Distinct();

        Assert.Empty(open.Except(["health", "alive", "channels/whatsapp/webhook"]));
    }

    [Fact]
    public async Task A_key_that_was_taken_back_opens_nothing_from_then_on()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var admin = _host.CreateClient(await _database.AddKeyAsync(workspace));
        var made = await ReadAsync(await admin.PostAsJsonAsync("/api/workspace/keys", new { name = "Shop", role = "viewer" }));
        var client = _host.CreateClient(made.GetProperty("key").GetString());
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/agents")).StatusCode);

        var revoked = await admin.DeleteAsync($"/api/workspace/keys/{made.GetProperty("id")}");

        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/agents")).StatusCode);
    }

    [Fact]
    public async Task A_key_is_shown_once_and_then_only_its_last_four_characters()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var admin = _host.CreateClient(await _database.AddKeyAsync(workspace));
        var made = await ReadAsync(await admin.PostAsJsonAsync("/api/workspace/keys", new { name = "Shop" }));
        var key = made.GetProperty("key").GetString()!;

        var list = await admin.GetStringAsync("/api/workspace/keys");

        Assert.StartsWith("oc_live_", key, StringComparison.Ordinal);
        Assert.Equal(51, key.Length);
        Assert.DoesNotContain(key, list, StringComparison.Ordinal);
        Assert.Contains($"\"last4\":\"{key[^4..]}\"", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_another_workspace_sees_and_changes_nothing_here()
    {
        var (ours, theirs) = (await _database.AddWorkspaceAsync(), await _database.AddWorkspaceAsync());
        var agent = await _database.AddAgentAsync(ours);
        var member = await _database.AddMemberAsync(ours, Role.Viewer);
        var ourAdmin = _host.CreateClient(await _database.AddKeyAsync(ours));
        var key = await ReadAsync(await ourAdmin.PostAsJsonAsync("/api/workspace/keys", new { name = "Shop" }));
        var stranger = _host.CreateClient(await _database.AddKeyAsync(theirs, Role.Owner));

        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/api/agents/{agent.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.PatchAsJsonAsync($"/api/agents/{agent.Id}", new { name = "Taken" })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.DeleteAsync($"/api/workspace/keys/{key.GetProperty("id")}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.DeleteAsync($"/api/workspace/members/{member.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.PatchAsJsonAsync($"/api/workspace/members/{member.Id}", new { role = "owner" })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.PostAsJsonAsync("/api/workspace/keys", new { name = "In", agentId = agent.Id })).StatusCode);
        Assert.Empty((await ReadAsync(await stranger.GetAsync("/api/agents"))).GetProperty("items").EnumerateArray());
        Assert.Empty((await ReadAsync(await stranger.GetAsync("/api/workspace/members"))).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task A_key_of_one_agent_sees_no_other_agent_and_nothing_of_the_workspaces_people_and_keys()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var (own, other) = (await _database.AddAgentAsync(workspace, "Own"), await _database.AddAgentAsync(workspace, "Other"));
        var client = _host.CreateClient(await _database.AddKeyAsync(workspace, Role.Owner, own));

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"/api/agents/{own.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/api/agents/{other.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PatchAsJsonAsync($"/api/agents/{other.Id}", new { name = "Taken" })).StatusCode);
        var seen = (await ReadAsync(await client.GetAsync("/api/agents"))).GetProperty("items").EnumerateArray().Select(a => a.GetProperty("id").GetGuid());
        Assert.Equal([own.Id], seen);

        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/workspace/keys")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsJsonAsync("/api/workspace/keys", new { name = "Wider" })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/workspace/members")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsJsonAsync("/api/agents", new { name = "Third" })).StatusCode);
    }

    [Fact]
    public async Task A_role_may_do_what_the_one_before_it_may_and_no_more()
    {
        var policies = _host.Services.GetRequiredService<IAuthorizationService>();
        foreach (var role in Enum.GetValues<Role>())
        {
            var principal = new System.Security.Claims.ClaimsPrincipal(new System.Security.Claims.ClaimsIdentity(
                CallerClaims.Of(new Caller(Guid.CreateVersion7(_clock.GetUtcNow()), null, role, Guid.CreateVersion7(_clock.GetUtcNow()), "")), "test"));
            foreach (var least in Enum.GetValues<Role>())
                Assert.Equal(role >= least, (await policies.AuthorizeAsync(principal, least.ToString())).Succeeded);
        }
    }

    [Fact]
    public async Task An_editor_makes_no_agents_keys_or_members()
    {
        var editor = _host.CreateClient(await _database.AddKeyAsync(await _database.AddWorkspaceAsync(), Role.Editor));

        var refused = await editor.PostAsJsonAsync("/api/agents", new { name = "Mine" });
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("forbidden", await CodeOfAsync(refused));
        Assert.Equal(HttpStatusCode.Forbidden, (await editor.PostAsJsonAsync("/api/workspace/keys", new { name = "Mine" })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await editor.PostAsJsonAsync("/api/workspace/members", new { email = "a@example.com", role = "viewer" })).StatusCode);
    }

    [Fact]
    public async Task When_a_key_was_last_used_is_written_at_most_once_a_minute()
    {
        var client = _host.CreateClient(await _database.AddKeyAsync(await _database.AddWorkspaceAsync(), name: "Used"));
        var first = _clock.GetUtcNow();

        await client.GetAsync("/api/agents");
        _clock.Advance(TimeSpan.FromSeconds(59));
        await client.GetAsync("/api/agents");
        Assert.Equal(first, await LastUsedAsync());

        _clock.Advance(TimeSpan.FromSeconds(2));
        await client.GetAsync("/api/agents");
        Assert.Equal(first + TimeSpan.FromSeconds(61), await LastUsedAsync());
    }

    [Fact]
    public async Task A_new_role_or_a_removal_reaches_a_cookie_within_a_minute()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var member = await _database.AddMemberAsync(workspace, Role.Editor);
        var client = _host.CreateClient();
        client.DefaultRequestHeaders.Add("Cookie", await _host.SignInAsync(member));
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/workspace/keys")).StatusCode);

        await _database.DataSource.ExecuteAsync($"UPDATE platform.members SET role = 'admin' WHERE id = '{member.Id}'");
        _clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/workspace/keys")).StatusCode);

        // The client above keeps its first cookie, as a thief would: it is checked again at every request by now.
        await _database.DataSource.ExecuteAsync($"DELETE FROM platform.members WHERE id = '{member.Id}'");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/workspace/keys")).StatusCode);
    }

    [Fact]
    public async Task A_new_password_ends_the_cookies_that_are_out()
    {
        var member = await _database.AddMemberAsync(await _database.AddWorkspaceAsync());
        var client = _host.CreateClient();
        client.DefaultRequestHeaders.Add("Cookie", await _host.SignInAsync(member));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/agents")).StatusCode);

        await _database.DataSource.ExecuteAsync($"UPDATE platform.members SET security_stamp = 'second' WHERE id = '{member.Id}'");
        _clock.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/agents")).StatusCode);
    }

    [Fact]
    public async Task A_cookie_of_one_service_is_good_in_another()
    {
        await using var other = new InboundHost(_database.ConnectionString, _clock);
        var member = await _database.AddMemberAsync(await _database.AddWorkspaceAsync());
        var client = other.CreateClient();
        client.DefaultRequestHeaders.Add("Cookie", await _host.SignInAsync(member));

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/agents")).StatusCode);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.Created)]
    [InlineData("Origin", "https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "http://localhost", HttpStatusCode.Created)]
    [InlineData("X-None", "neither header", HttpStatusCode.Created)]
    public async Task Another_sites_page_cannot_use_the_cookie(string header, string value, HttpStatusCode expected)
    {
        var member = await _database.AddMemberAsync(await _database.AddWorkspaceAsync());
        var client = _host.CreateClient();
        client.DefaultRequestHeaders.Add("Cookie", await _host.SignInAsync(member));
        client.DefaultRequestHeaders.Add(header, value);

        var response = await client.PostAsJsonAsync("/api/agents", new { name = "Made" });

        Assert.Equal(expected, response.StatusCode);
        if (expected == HttpStatusCode.Forbidden)
            Assert.Equal("cross_origin_request", await CodeOfAsync(response));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/agents")).StatusCode);
    }

    [Fact]
    public async Task Behind_a_proxy_the_browsers_own_host_counts_and_a_key_needs_no_origin()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var browser = _host.CreateClient();
        browser.DefaultRequestHeaders.Add("Cookie", await _host.SignInAsync(await _database.AddMemberAsync(workspace)));
        browser.DefaultRequestHeaders.Add("Origin", "https://bookbag.example");
        browser.DefaultRequestHeaders.Add("X-Forwarded-Host", "bookbag.example");
        var program = _host.CreateClient(await _database.AddKeyAsync(workspace));
        program.DefaultRequestHeaders.Add("Origin", "https://elsewhere.example");

        Assert.Equal(HttpStatusCode.Created, (await browser.PostAsJsonAsync("/api/agents", new { name = "Made" })).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await program.PostAsJsonAsync("/api/agents", new { name = "Made" })).StatusCode);
    }

    private async Task<DateTimeOffset> LastUsedAsync() =>
        new(await _database.DataSource.ScalarAsync<DateTime>("SELECT last_used_at FROM platform.api_keys WHERE name = 'Used'"));

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response) => await response.Content.ReadFromJsonAsync<JsonElement>();

    private static async Task<string?> CodeOfAsync(HttpResponseMessage response) => (await ReadAsync(response)).GetProperty("code").GetString();
}
