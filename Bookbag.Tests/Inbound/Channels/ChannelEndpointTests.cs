using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.Outbound.Sandbox;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Inbound.Channels;

/// <summary>The WhatsApp card, against the sandbox in Meta's place.</summary>
public sealed class ChannelEndpointTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime, IDisposable
{
    private const string AccessToken = "sandbox-access-token";
    private const string AppSecret = "an-app-secret-that-nobody-may-see";
    private static int _numbers;

    private readonly CapturedLog _log = new();
    private readonly string _number = $"7{Interlocked.Increment(ref _numbers):D14}";
    private SandboxHost _sandbox = null!; // the four are set by InitializeAsync, which xunit awaits before any test
    private InboundHost _host = null!;
    private Workspace _workspace = null!;
    private Agent _agent = null!;

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxHost.StartAsync();
        _host = new InboundHost(database.ConnectionString, environment: "Development", settings: new() { ["Logging:LogLevel:Default"] = "Trace" }, log: _log);
        _workspace = await database.AddWorkspaceAsync();
        _agent = await database.AddAgentAsync(_workspace);
    }

    public async Task DisposeAsync() => await _sandbox.DisposeAsync();

    public void Dispose()
    {
        _host.Dispose();
        _log.Dispose();
    }

    private string Path(Agent? agent = null) => $"/api/agents/{(agent ?? _agent).Id}/channels/whatsapp";

    private async Task<HttpClient> ClientAsync(Role role = Role.Admin, Agent? agent = null, Workspace? workspace = null) =>
        _host.CreateClient(await database.AddKeyAsync(workspace ?? _workspace, role, agent));

    private object Card(string? sendUrl = null, string? accessToken = AccessToken, string? appSecret = AppSecret, string? verifyToken = null) =>
        new { accessToken, sendUrl = sendUrl ?? _sandbox.SendUrl(_number).ToString(), appSecret, verifyToken };

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, HttpStatusCode expected = HttpStatusCode.OK)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{response.StatusCode}: {text}");
        Assert.DoesNotContain(AccessToken, text, StringComparison.Ordinal);
        Assert.DoesNotContain(AppSecret, text, StringComparison.Ordinal);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    [Fact]
    public async Task Connecting_proves_the_token_and_shows_what_to_enter_at_Meta()
    {
        using var client = await ClientAsync();
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "bookbag.example.com");
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        var card = await ReadAsync(await client.PutAsJsonAsync(Path(), Card()));

        Assert.Equal(_number, card.GetProperty("phoneNumberId").GetString());
        Assert.Equal("https://bookbag.example.com/channels/whatsapp/webhook", card.GetProperty("webhookUrl").GetString());
        Assert.Equal(32, card.GetProperty("verifyToken").GetString()!.Length);
        Assert.Equal("connected", card.GetProperty("status").GetString());
        Assert.Equal("oken", card.GetProperty("accessTokenLast4").GetString());
        Assert.NotNull(card.GetProperty("displayPhoneNumber").GetString());
        Assert.StartsWith("TIER_", card.GetProperty("tier").GetString());
        Assert.NotNull(card.GetProperty("businessAccountId").GetString());
        Assert.Contains(card.GetProperty("health").EnumerateArray(), h => h.GetString()!.Contains("No webhook yet", StringComparison.Ordinal));

        using var viewer = await ClientAsync(Role.Viewer);
        var seen = await ReadAsync(await viewer.GetAsync(Path()));
        Assert.Equal(JsonValueKind.Null, seen.GetProperty("verifyToken").ValueKind);
    }

    [Fact]
    public async Task Secrets_that_are_left_out_stay_and_the_handshake_verifies_the_channel()
    {
        using var client = await ClientAsync();
        await ReadAsync(await client.PutAsJsonAsync(Path(), Card(verifyToken: "my-own-verify-token")));
        var again = await ReadAsync(await client.PutAsJsonAsync(Path(), new { sendUrl = _sandbox.SendUrl(_number) }));
        Assert.Equal("my-own-verify-token", again.GetProperty("verifyToken").GetString());

        using var handshake = await client.GetAsync("/channels/whatsapp/webhook?hub.mode=subscribe&hub.verify_token=my-own-verify-token&hub.challenge=42");
        Assert.Equal("42", await handshake.Content.ReadAsStringAsync());
        var card = await ReadAsync(await client.GetAsync(Path()));
        Assert.Equal("verified", card.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("https://evil.example.com/v25.0/100000000000001/messages", AccessToken, AppSecret, 400, "send_url_invalid", "sendUrl")]
    [InlineData("https://graph.facebook.com/100000000000001/messages", AccessToken, AppSecret, 400, "send_url_invalid", "sendUrl")]
    [InlineData("", AccessToken, AppSecret, 400, "send_url_invalid", "sendUrl")]
    [InlineData(null, "", AppSecret, 400, "access_token_required", "accessToken")]
    [InlineData(null, AccessToken, null, 400, "app_secret_required", "appSecret")]
    [InlineData(null, "a-token-that-Meta-does-not-know", AppSecret, 422, "access_token_refused", "accessToken")]
    public async Task What_is_wrong_is_said_of_its_field_and_nothing_is_saved(string? sendUrl, string accessToken, string? appSecret, int status, string code, string field)
    {
        using var client = await ClientAsync();
        var problem = await ReadAsync(await client.PutAsJsonAsync(Path(), Card(sendUrl, accessToken, appSecret)), (HttpStatusCode)status);

        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.NotEmpty(problem.GetProperty("errors").GetProperty(field)[0].GetString()!);
        await ReadAsync(await client.GetAsync(Path()), HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task When_Meta_cannot_be_reached_nothing_is_saved_and_no_blame_is_put_on_the_token()
    {
        using var client = await ClientAsync();
        var problem = await ReadAsync(await client.PutAsJsonAsync(Path(), Card("http://127.0.0.1:9/v25.0/100000000000001/messages")), HttpStatusCode.ServiceUnavailable);
        Assert.Equal("graph_unreachable", problem.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_number_is_connected_once_over_all_workspaces()
    {
        using var client = await ClientAsync();
        await ReadAsync(await client.PutAsJsonAsync(Path(), Card()));

        var elsewhere = await database.AddWorkspaceAsync();
        var agent = await database.AddAgentAsync(elsewhere);
        using var other = await ClientAsync(workspace: elsewhere);
        var refused = await ReadAsync(await other.PutAsJsonAsync(Path(agent), Card()), HttpStatusCode.Conflict);
        Assert.Equal("number_already_connected", refused.GetProperty("code").GetString());

        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync(Path())).StatusCode);
        await ReadAsync(await client.GetAsync(Path()), HttpStatusCode.NotFound);
        await ReadAsync(await other.PutAsJsonAsync(Path(agent), Card()));
    }

    [Fact]
    public async Task Who_may_not_change_or_see_it_does_not()
    {
        using var admin = await ClientAsync();
        await ReadAsync(await admin.PutAsJsonAsync(Path(), Card()));
        using var editor = await ClientAsync(Role.Editor);
        using var ofAnotherAgent = await ClientAsync(agent: await database.AddAgentAsync(_workspace));
        using var stranger = await ClientAsync(workspace: await database.AddWorkspaceAsync());
        using var nobody = _host.CreateClient();

        Assert.Equal(HttpStatusCode.Forbidden, (await editor.PutAsJsonAsync(Path(), Card())).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await editor.DeleteAsync(Path())).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await ofAnotherAgent.GetAsync(Path())).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await ofAnotherAgent.PutAsJsonAsync(Path(), Card())).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync(Path())).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.DeleteAsync(Path())).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.PostAsync($"{Path()}/test", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync(Path())).StatusCode);
    }

    [Fact]
    public async Task The_test_names_the_hop_that_fails()
    {
        using var client = await ClientAsync();
        await ReadAsync(await client.PutAsJsonAsync(Path(), Card()));
        Assert.Equal("handshake", (await ReadAsync(await client.PostAsync($"{Path()}/test", null))).GetProperty("failed").GetString());

        await database.DataSource.ExecuteAsync($"UPDATE platform.channels SET verified_at = now() WHERE agent_id = '{_agent.Id}'");
        Assert.Equal("webhooks", (await ReadAsync(await client.PostAsync($"{Path()}/test", null))).GetProperty("failed").GetString());

        await database.DataSource.ExecuteAsync($"UPDATE platform.channels SET last_webhook_at = now() WHERE agent_id = '{_agent.Id}'");
        Assert.True((await ReadAsync(await client.PostAsync($"{Path()}/test", null))).GetProperty("ok").GetBoolean());

        // A token that Meta took back.
        var secrets = _host.Services.GetRequiredService<SecretProtector>();
        await database.DataSource.ExecuteAsync($"UPDATE platform.channels SET access_token_cipher = '{secrets.Protect("taken-back")}' WHERE agent_id = '{_agent.Id}'");
        var broken = await ReadAsync(await client.PostAsync($"{Path()}/test", null));
        Assert.Equal("token", broken.GetProperty("failed").GetString());
        Assert.Equal("broken", broken.GetProperty("channel").GetProperty("status").GetString());
        Assert.NotEmpty(broken.GetProperty("channel").GetProperty("problem").GetString()!);

        await database.DataSource.ExecuteAsync($"UPDATE platform.channels SET access_token_cipher = '{secrets.Protect(AccessToken)}' WHERE agent_id = '{_agent.Id}'");
        Assert.Equal("verified", (await ReadAsync(await client.PostAsync($"{Path()}/test", null))).GetProperty("channel").GetProperty("status").GetString());
    }

    [Fact]
    public async Task What_Meta_reported_of_the_number_is_on_the_card_for_a_day()
    {
        using var client = await ClientAsync();
        await ReadAsync(await client.PutAsJsonAsync(Path(), Card()));
        await database.DataSource.ExecuteAsync($"""
            INSERT INTO inbound.channel_reports (channel_id, code, text, reported_at)
            SELECT id, code, 'Reported ' || code || '.', now() - age FROM platform.channels, (VALUES (131031, interval '1 hour'), (130429, interval '25 hours')) AS report (code, age)
            WHERE agent_id = '{_agent.Id}'
            """);

        var health = (await ReadAsync(await client.GetAsync(Path()))).GetProperty("health").EnumerateArray().Select(line => line.GetString()!).ToList();
        Assert.Contains("Meta reported a problem (error 131031). Reported 131031.", health[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(health, line => line.Contains("130429", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_secret_is_in_any_column_or_log_line_in_clear()
    {
        using var client = await ClientAsync();
        await ReadAsync(await client.PutAsJsonAsync(Path(), Card(verifyToken: "a-verify-token-of-our-own")));
        await client.PutAsJsonAsync(Path(), Card(accessToken: "a-token-that-Meta-does-not-know"));
        await client.PostAsync($"{Path()}/test", null);

        var row = await database.DataSource.ScalarAsync<string>($"SELECT c::text FROM platform.channels c WHERE agent_id = '{_agent.Id}'");
        foreach (var secret in (string[])[AccessToken, AppSecret, "a-verify-token-of-our-own", "a-token-that-Meta-does-not-know"])
        {
            Assert.DoesNotContain(secret, row!, StringComparison.Ordinal);
            Assert.DoesNotContain(_log.Lines, line => line.Contains(secret, StringComparison.Ordinal));
        }
    }
}
