extern alias outbound;

using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.Outbound.Sandbox;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Outbound.Campaigns;

/// <summary>Campaigns and single sends over HTTP: the real service with its workers, Postgres, Redis, and the sandbox in Meta's place.</summary>
public sealed class CampaignApiTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static int _numbers;
    private WebApplicationFactory<outbound::Program> _service = null!; // these are set by InitializeAsync, which xunit awaits before any test
    private SandboxHost _sandbox = null!;
    private HttpClient _client = null!;
    private Workspace _workspace = null!;
    private Guid _agent;
    private Guid _template;
    private string _number = "";

    private string Path => $"/api/agents/{_agent}/outbound";

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxHost.StartAsync();
        var redis = await TestServers.RedisAsync();
        _service = new WebApplicationFactory<outbound::Program>().WithWebHostBuilder(host =>
        {
            host.UseSetting("ConnectionStrings:bookbag", database.ConnectionString);
            host.UseSetting("ConnectionStrings:redis", redis);
            host.ConfigureTestServices(_ => { });
        });
        var now = TimeProvider.System.GetUtcNow();
        _workspace = Workspace.Named("Shop", now);
        var agent = Agent.Create(_workspace.Id, "Agent", now);
        await SaveAsync(_workspace);
        await SaveAsync(agent);
        _number = $"7100{Interlocked.Increment(ref _numbers):000000}";
        var secrets = _service.Services.GetRequiredService<SecretProtector>();
        var channel = Channel.For(agent, now);
        channel.Connect(
            new ChannelConnection(
                _number, _sandbox.SendUrl(_number).ToString(), null, secrets.Protect("sandbox-access-token"), "oken", secrets.Protect("sandbox-app-secret"), "cret",
                secrets.Protect(_number), SecretProtector.Hash(_number)),
            now);
        await SaveAsync(channel);
        (_agent, _template) = (agent.Id, Guid.CreateVersion7(now));
        _sandbox.Control.Learn(new SandboxTemplate { Name = "order_update", Language = "en_US", BodyParameters = new SandboxTemplate.Parameters { Positional = 1 } });
        await database.DataSource.ExecuteAsync($$$"""
            INSERT INTO outbound.templates (workspace_id, agent_id, id, meta_id, name, language, category, status, status_at, parameter_format, components, created_at, updated_at)
            VALUES ('{{{_workspace.Id}}}', '{{{_agent}}}', '{{{_template}}}', '1', 'order_update', 'en_US', 'UTILITY', 'APPROVED', now(), 'positional',
                '[{"type":"BODY","text":"Hello {{1}}, your order is on its way."}]', now(), now());
            INSERT INTO outbound.contacts (workspace_id, agent_id, id, phone, name, created_at, updated_at)
            SELECT '{{{_workspace.Id}}}', '{{{_agent}}}', gen_random_uuid(), (15552000000 + i)::text, '=Ann ' || i, now(), now() FROM generate_series(1, 12) i
            """);
        _client = await ClientAsync(_workspace);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _service.DisposeAsync();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task From_the_draft_over_the_review_to_the_last_recipient()
    {
        var campaign = await PostAsync($"{Path}/campaigns", Draft());
        Assert.Equal("draft", campaign.GetProperty("state").GetString());
        var one = $"{Path}/campaigns/{campaign.GetProperty("id").GetGuid()}";

        var review = await PostAsync($"{one}/review", new { });
        Assert.Equal((true, 12, 12, 12), (review.GetProperty("launchable").GetBoolean(), review.GetProperty("audience").GetInt32(), review.GetProperty("recipients").GetInt32(), review.GetProperty("today").GetInt32()));

        var launched = await PostAsync($"{one}/launch", new { });
        Assert.Equal(("sending", 12), (launched.GetProperty("state").GetString(), launched.GetProperty("recipients").GetInt32()));
        Assert.Equal((409, "campaign_not_startable"), await RefusedAsync(HttpMethod.Post, $"{one}/launch", new { }));
        Assert.Equal((409, "campaign_not_draft"), await RefusedAsync(HttpMethod.Put, one, Draft()));

        var funnel = await UntilAsync($"{one}/funnel", f => f.GetProperty("state").GetString() == "completed");
        Assert.Equal((12, 12), (funnel.GetProperty("audience").GetInt32(), funnel.GetProperty("sent").GetInt32()));
        Assert.Equal((12, 0), (_sandbox.Control.Stats().Accepted, _sandbox.Control.Stats().Duplicates));

        var page = await GetAsync($"{one}/recipients?limit=5");
        var rest = await GetAsync($"{one}/recipients?limit=10&cursor={page.GetProperty("next").GetString()}");
        Assert.Equal(Enumerable.Range(1, 12), page.GetProperty("items").EnumerateArray().Concat(rest.GetProperty("items").EnumerateArray()).Select(r => r.GetProperty("position").GetInt32()));
        Assert.Empty((await GetAsync($"{one}/recipients?bucket=failed")).GetProperty("items").EnumerateArray());

        // A name that a spreadsheet would run is defused.
        var csv = await _client.GetStringAsync($"{one}/recipients.csv");
        Assert.Equal(14, csv.Split('\n').Length);
        Assert.Contains(",'=Ann ", csv, StringComparison.Ordinal);

        var usage = await GetAsync($"{Path}/usage");
        Assert.Equal(12, usage.GetProperty("used").GetInt32());
    }

    [Fact]
    public async Task What_is_wrong_with_a_draft_is_said_in_words()
    {
        Assert.Equal((400, "variables_invalid"), await RefusedAsync(HttpMethod.Post, $"{Path}/campaigns", new { name = "x", replyMode = "ai", templateId = _template }));
        Assert.Equal((400, "template_not_found"), await RefusedAsync(HttpMethod.Post, $"{Path}/campaigns", new { name = "x", replyMode = "ai", templateId = _agent }));
        Assert.Equal((400, "audience_invalid"), await RefusedAsync(HttpMethod.Post, $"{Path}/campaigns", Draft(new { field = "shoe_size", value = "44" })));
        Assert.Equal((404, "campaign_not_found"), await RefusedAsync(HttpMethod.Post, $"{Path}/campaigns/{_agent}/launch", new { }));
        var campaign = await PostAsync($"{Path}/campaigns", Draft(new { tag = "nobody has this" }));
        var one = $"{Path}/campaigns/{campaign.GetProperty("id").GetGuid()}";
        Assert.Equal((409, "audience_empty"), await RefusedAsync(HttpMethod.Post, $"{one}/launch", new { }));
        Assert.Equal((400, "time_invalid"), await RefusedAsync(HttpMethod.Post, $"{one}/launch", new { at = "tomorrow" }));
        Assert.Equal((400, "time_invalid"), await RefusedAsync(HttpMethod.Post, $"{one}/launch", new { at = "2026-12-01T09:00:00", timeZone = "Mars/Olympus" }));
        Assert.Equal((409, "campaign_not_pausable"), await RefusedAsync(HttpMethod.Post, $"{one}/pause", new { }));
        using var deleted = await _client.DeleteAsync(one);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    [Fact]
    public async Task It_is_scheduled_by_the_clock_on_the_wall_and_can_be_cancelled()
    {
        var one = $"{Path}/campaigns/{(await PostAsync($"{Path}/campaigns", Draft())).GetProperty("id").GetGuid()}";
        var at = TimeProvider.System.GetUtcNow().AddDays(3).ToString("yyyy-MM-ddT09:00:00", null);
        var scheduled = await PostAsync($"{one}/launch", new { at, timeZone = "Asia/Tokyo" });
        Assert.Equal(("scheduled", DateTimeOffset.Parse($"{at}+09:00", null)), (scheduled.GetProperty("state").GetString(), scheduled.GetProperty("startsAt").GetDateTimeOffset()));
        Assert.Equal("paused", (await PostAsync($"{one}/pause", new { })).GetProperty("state").GetString());
        Assert.Equal("scheduled", (await PostAsync($"{one}/resume", new { })).GetProperty("state").GetString());
        Assert.Equal("cancelled", (await PostAsync($"{one}/cancel", new { })).GetProperty("state").GetString());
        Assert.Equal((409, "campaign_over"), await RefusedAsync(HttpMethod.Post, $"{one}/cancel", new { }));
    }

    [Fact]
    public async Task A_single_send_goes_out_once_however_often_it_is_asked_for()
    {
        var request = new { templateId = _template, to = "+1 555 300 0001", variables = new Dictionary<string, string> { ["1"] = "Bo" } };
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => SendAsync(request, "order-77")));
        Assert.Single(answers.DistinctBy(a => a.GetProperty("id").GetGuid()));
        var sent = await UntilAsync($"{Path}/messages/{answers[0].GetProperty("id").GetGuid()}", m => m.GetProperty("status").GetString() == "sent");
        Assert.Equal("15553000001", sent.GetProperty("phone").GetString());
        Assert.Equal((1, 0), (_sandbox.Control.Stats().Accepted, _sandbox.Control.Stats().Duplicates));

        using var other = new HttpRequestMessage(HttpMethod.Post, $"{Path}/messages") { Content = JsonContent.Create(new { templateId = _template, to = "+15553000002", variables = request.variables }) };
        other.Headers.Add("Idempotency-Key", "order-77");
        using var refused = await _client.SendAsync(other);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Equal((400, "variables_invalid"), await RefusedAsync(HttpMethod.Post, $"{Path}/messages", new { templateId = _template, to = "+15553000002" }));
        Assert.Equal((400, "recipient_invalid"), await RefusedAsync(HttpMethod.Post, $"{Path}/messages", new { templateId = _template, to = "Bo", request.variables }));
    }

    [Fact]
    public async Task Settings_are_kept_and_nonsense_is_refused()
    {
        using var put = await _client.PutAsJsonAsync($"{Path}/settings", new { timeZone = "Europe/Berlin", quietFrom = "21:00:00", quietTo = "08:00:00", capMessages = 2, capDays = 7, singleShare = 0.1 });
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        var settings = await GetAsync($"{Path}/settings");
        Assert.Equal(("Europe/Berlin", "21:00:00", 2, 0.1), (
            settings.GetProperty("timeZone").GetString(), settings.GetProperty("quietFrom").GetString(), settings.GetProperty("capMessages").GetInt32(), settings.GetProperty("singleShare").GetDouble()));
        Assert.Equal((400, "time_zone_invalid"), await RefusedAsync(HttpMethod.Put, $"{Path}/settings", new { timeZone = "Mars" }));
        Assert.Equal((400, "quiet_hours_invalid"), await RefusedAsync(HttpMethod.Put, $"{Path}/settings", new { timeZone = "UTC", quietFrom = "21:00:00" }));
    }

    [Fact]
    public async Task Nobody_sees_or_moves_what_is_not_theirs()
    {
        var one = $"{Path}/campaigns/{(await PostAsync($"{Path}/campaigns", Draft())).GetProperty("id").GetGuid()}";
        var stranger = Workspace.Named("Another shop", TimeProvider.System.GetUtcNow());
        await SaveAsync(stranger);
        var own = _client;
        using (_client = await ClientAsync(stranger))
        {
            foreach (var path in new[] { one, $"{one}/funnel", $"{one}/recipients", $"{one}/recipients.csv", $"{Path}/settings", $"{Path}/campaigns" })
                Assert.Equal((404, "agent_not_found"), await RefusedAsync(HttpMethod.Get, path));
            foreach (var move in new[] { "launch", "pause", "resume", "cancel", "review" })
                Assert.Equal((404, "agent_not_found"), await RefusedAsync(HttpMethod.Post, $"{one}/{move}", new { }));
        }

        using (_client = await ClientAsync(_workspace, Role.Viewer))
            Assert.Equal((403, "forbidden"), await RefusedAsync(HttpMethod.Post, $"{one}/launch", new { }));
        _client = own;
    }

    private object Draft(object? audience = null) => new
    {
        name = "Orders",
        replyMode = "human",
        templateId = _template,
        variables = new Dictionary<string, object> { ["1"] = new { field = "first_name", fallback = "there" } },
        audience,
    };

    private async Task<JsonElement> SendAsync(object request, string key)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"{Path}/messages") { Content = JsonContent.Create(request) };
        message.Headers.Add("Idempotency-Key", key);
        using var response = await _client.SendAsync(message);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private Task<JsonElement> GetAsync(string path) => _client.GetFromJsonAsync<JsonElement>(path);

    private async Task<JsonElement> PostAsync(string path, object body)
    {
        using var response = await _client.PostAsJsonAsync(path, body);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {await response.Content.ReadAsStringAsync()}");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<(int Status, string? Code)> RefusedAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await _client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.StartsWith('{') && JsonElement.Parse(text).TryGetProperty("code", out var code) ? code.GetString() : null);
    }

    private async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> happened)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var now = await GetAsync(path);
            if (happened(now))
                return now;
            Assert.False(patience.IsCancellationRequested, now.GetRawText());
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    private async Task<HttpClient> ClientAsync(Workspace workspace, Role role = Role.Editor)
    {
        var secret = ApiKey.NewSecret();
        await SaveAsync(ApiKey.For(secret, workspace.Id, null, "Test", role, TimeProvider.System.GetUtcNow()));
        var client = _service.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return client;
    }

    private async Task SaveAsync(object row)
    {
        await using var scope = _service.Services.CreateAsyncScope();
        var platform = scope.ServiceProvider.GetRequiredService<PlatformDb>();
        platform.Add(row);
        await platform.SaveChangesAsync();
    }
}
