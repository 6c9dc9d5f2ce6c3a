extern alias outbound;

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Bookbag.Outbound.Sandbox;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Outbound.MessagingLimits;

/// <summary>The usage of the messaging limit over HTTP: the real service, its database, and the sandbox in Meta's place.</summary>
public sealed class UsageTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 2, 9, 0, 0, TimeSpan.Zero));
    private WebApplicationFactory<outbound::Program> _service = null!; // these three are set by InitializeAsync, which xunit awaits before any test
    private SandboxHost _sandbox = null!;
    private Workspace _workspace = null!;

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxHost.StartAsync();
        _service = new WebApplicationFactory<outbound::Program>().WithWebHostBuilder(host =>
        {
            host.UseSetting("ConnectionStrings:bookbag", database.ConnectionString);
            host.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(_clock));
        });
        _workspace = Workspace.Named("Shop", _clock.GetUtcNow());
        await SaveAsync(_workspace);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task Tier_and_limit_come_from_Graph_and_used_from_the_ledger()
    {
        var (agent, number) = await ConnectAsync();
        await OpenAsync($"3{number}", "p:15550000001", hoursAgo: 25);
        await OpenAsync($"3{number}", "p:15550000002", hoursAgo: 24);
        await OpenAsync($"3{number}", "p:15550000003", hoursAgo: 23);
        await OpenAsync($"3{number}", "p:15550000003", hoursAgo: 2);
        await OpenAsync($"3{number}", "u:US.77", hoursAgo: 5);
        await OpenAsync($"number:{number}", "p:15550000004", hoursAgo: 1);
        await OpenAsync("another portfolio", "p:15550000005", hoursAgo: 1);

        var usage = await UsageAsync(agent);
        Assert.Equal(("TIER_2K", 2_000, 3, 1_997), (
            usage.GetProperty("tier").GetString(), usage.GetProperty("limit").GetInt32(), usage.GetProperty("used").GetInt32(), usage.GetProperty("remaining").GetInt32()));
        // Customer 3 was written to again two hours ago; the first place to free up is the one of five hours ago.
        Assert.Equal(_clock.GetUtcNow().AddHours(19), usage.GetProperty("nextFreeAt").GetDateTimeOffset());
        Assert.Equal(_clock.GetUtcNow(), usage.GetProperty("tierReadAt").GetDateTimeOffset());
        Assert.Equal(JsonValueKind.Null, usage.GetProperty("problem").ValueKind);
    }

    [Fact]
    public async Task That_the_number_can_be_read_does_not_mend_a_channel_that_cannot_send()
    {
        var (agent, number) = await ConnectAsync();
        await database.DataSource.ExecuteAsync($"UPDATE platform.channels SET problem = 'The account is locked.' WHERE phone_number_id = '{number}'");
        await UsageAsync(agent);
        Assert.Equal("TIER_2K The account is locked.", await database.DataSource.ScalarAsync<string>($"SELECT concat_ws(' ', tier, problem) FROM platform.channels WHERE phone_number_id = '{number}'"));
    }

    [Fact]
    public async Task Nothing_used_leaves_all_and_frees_nothing()
    {
        var (agent, _) = await ConnectAsync();
        var usage = await UsageAsync(agent);
        Assert.Equal((0, 2_000), (usage.GetProperty("used").GetInt32(), usage.GetProperty("remaining").GetInt32()));
        Assert.Equal(JsonValueKind.Null, usage.GetProperty("nextFreeAt").ValueKind);
    }

    [Fact]
    public async Task A_tier_that_Meta_changed_shows_within_minutes()
    {
        var (agent, number) = await ConnectAsync();
        await UsageAsync(agent);
        _sandbox.Control.Change(number, new NumberSettings { Tier = "TIER_10K" });
        Assert.Equal("TIER_2K", (await UsageAsync(agent)).GetProperty("tier").GetString());
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(10_000, (await UsageAsync(agent)).GetProperty("limit").GetInt32());
    }

    [Fact]
    public async Task A_campaign_that_waits_for_places_looks_again_when_Graph_tells_another_tier()
    {
        var (agent, number) = await ConnectAsync();
        await UsageAsync(agent);
        await database.DataSource.ExecuteAsync($"""
            INSERT INTO outbound.campaigns (workspace_id, channel_id, agent_id, id, name, reply_mode, template_id, variables, audience, guard, state, reason, wait_until, category, launched_at, prepared_at, created_at, updated_at)
            SELECT workspace_id, id, agent_id, gen_random_uuid(), 'Spring', 'ai', gen_random_uuid(), '[]', '[]', '[]', 'waiting', 'messaging_limit', '{_clock.GetUtcNow().AddMinutes(20):O}', 'MARKETING', now(), now(), now(), now()
            FROM platform.channels WHERE agent_id = '{agent}'
            """);
        Task<DateTime> UntilAsync() => database.DataSource.ScalarAsync<DateTime>($"SELECT wait_until FROM outbound.campaigns WHERE agent_id = '{agent}'");

        _clock.Advance(TimeSpan.FromMinutes(5));
        await UsageAsync(agent);
        Assert.Equal(_clock.GetUtcNow().AddMinutes(15).UtcDateTime, await UntilAsync());
        _sandbox.Control.Change(number, new NumberSettings { Tier = "TIER_10K" });
        _clock.Advance(TimeSpan.FromMinutes(5));
        await UsageAsync(agent);
        Assert.Equal(_clock.GetUtcNow().UtcDateTime, await UntilAsync());
    }

    [Fact]
    public async Task Who_launches_before_anybody_looked_does_not_wait_at_the_smallest_limit()
    {
        var (agent, _) = await ConnectAsync();
        await database.DataSource.ExecuteAsync($$"""
            INSERT INTO outbound.contacts (workspace_id, agent_id, id, phone, name, created_at, updated_at)
            SELECT workspace_id, agent_id, gen_random_uuid(), '4915112345678', 'Ann', now(), now() FROM platform.channels WHERE agent_id = '{{agent}}';
            INSERT INTO outbound.templates (workspace_id, agent_id, id, channel_id, meta_id, name, language, category, status, status_at, parameter_format, components, created_at, updated_at)
            SELECT workspace_id, agent_id, gen_random_uuid(), id, '1', 'spring', 'en', 'MARKETING', 'APPROVED', now(), 'positional', '[{"type":"BODY","text":"Spring is here."}]', now(), now()
            FROM platform.channels WHERE agent_id = '{{agent}}';
            INSERT INTO outbound.campaigns (workspace_id, channel_id, agent_id, id, name, reply_mode, template_id, variables, audience, guard, state, category, created_at, updated_at)
            SELECT workspace_id, channel_id, agent_id, gen_random_uuid(), 'Spring', 'ai', id, '{}', '{"all":[]}', '{}', 'draft', 'MARKETING', now(), now() FROM outbound.templates WHERE agent_id = '{{agent}}'
            """);
        Task<string?> TierAsync() => database.DataSource.ScalarAsync<string>($"SELECT coalesce(tier, 'not known') FROM platform.channels WHERE agent_id = '{agent}'");
        var campaign = await database.DataSource.ScalarAsync<Guid>($"SELECT id FROM outbound.campaigns WHERE agent_id = '{agent}'");

        Assert.Equal("not known", await TierAsync());
        using var client = _service.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await KeyAsync(_workspace.Id, role: Role.Editor));
        using var launched = await client.PostAsync(new Uri($"/api/agents/{agent}/outbound/campaigns/{campaign}/launch", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.OK, launched.StatusCode);
        Assert.Equal("TIER_2K", await TierAsync());
    }

    [Theory]
    [InlineData("TIER_UNLIMITED", true)]
    [InlineData("TIER_NOT_SET", false)]
    public async Task A_tier_without_a_number_has_no_limit_to_show(string tier, bool unlimited)
    {
        var (agent, number) = await ConnectAsync();
        _sandbox.Control.Change(number, new NumberSettings { Tier = tier });
        var usage = await UsageAsync(agent);
        Assert.Equal((tier, unlimited), (usage.GetProperty("tier").GetString(), usage.GetProperty("unlimited").GetBoolean()));
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (usage.GetProperty("limit").ValueKind, usage.GetProperty("remaining").ValueKind));
    }

    [Fact]
    public async Task A_lowered_tier_leaves_nothing_rather_than_less_than_nothing()
    {
        var (agent, number) = await ConnectAsync();
        _sandbox.Control.Change(number, new NumberSettings { Tier = "TIER_50" });
        for (var i = 0; i < 60; i++)
            await OpenAsync($"3{number}", $"p:1555000{i:0000}", hoursAgo: 1);
        var usage = await UsageAsync(agent);
        Assert.Equal((60, 0), (usage.GetProperty("used").GetInt32(), usage.GetProperty("remaining").GetInt32()));
    }

    [Fact]
    public async Task While_Graph_fails_the_last_known_tier_shows_with_its_time_and_the_reason()
    {
        var (agent, number) = await ConnectAsync();
        await UsageAsync(agent);
        var readAt = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromHours(1));
        _sandbox.Control.SetFaults(new FaultSettings { ExpiredToken = true }, number);

        var failing = await UsageAsync(agent);
        Assert.Equal(("TIER_2K", readAt), (failing.GetProperty("tier").GetString(), failing.GetProperty("tierReadAt").GetDateTimeOffset()));
        Assert.NotEqual("", failing.GetProperty("problem").GetString());

        // Graph is left alone for a while, then asked again.
        _sandbox.Control.ClearFaults(number);
        Assert.Equal(failing.GetProperty("problem").GetString(), (await UsageAsync(agent)).GetProperty("problem").GetString());
        _clock.Advance(TimeSpan.FromSeconds(30));
        var well = await UsageAsync(agent);
        Assert.Equal((JsonValueKind.Null, _clock.GetUtcNow()), (well.GetProperty("problem").ValueKind, well.GetProperty("tierReadAt").GetDateTimeOffset()));
    }

    [Fact]
    public async Task An_agent_without_a_number_gets_a_clear_problem()
    {
        var agent = Agent.Create(_workspace.Id, "Unconnected", _clock.GetUtcNow());
        await SaveAsync(agent);
        var answer = await AskAsync(agent.Id, await KeyAsync(_workspace.Id));
        Assert.Equal((409, "channel_not_connected"), answer);
    }

    [Fact]
    public async Task Nobody_sees_what_is_not_theirs()
    {
        var (agent, _) = await ConnectAsync();
        var (sibling, _) = await ConnectAsync();
        var stranger = Workspace.Named("Another shop", _clock.GetUtcNow());
        await SaveAsync(stranger);

        Assert.Equal((401, "not_signed_in"), await AskAsync(agent, null));
        Assert.Equal((401, "not_signed_in"), await AskAsync(agent, ApiKey.NewSecret()));
        Assert.Equal((404, "agent_not_found"), await AskAsync(agent, await KeyAsync(stranger.Id)));
        Assert.Equal((404, "agent_not_found"), await AskAsync(agent, await KeyAsync(_workspace.Id, sibling)));
        Assert.Equal((200, null), await AskAsync(agent, await KeyAsync(_workspace.Id, agent)));
        Assert.Equal((404, "agent_not_found"), await AskAsync(Guid.CreateVersion7(_clock.GetUtcNow()), await KeyAsync(_workspace.Id)));
    }

    private static int _numbers;

    /// <summary>An agent on a sandbox number of its own.</summary>
    private async Task<(Guid Agent, string Number)> ConnectAsync()
    {
        var now = _clock.GetUtcNow();
        var number = $"7000{Interlocked.Increment(ref _numbers):000000}";
        var secrets = _service.Services.GetRequiredService<SecretProtector>();
        var agent = Agent.Create(_workspace.Id, $"Agent of {number}", now);
        var channel = Channel.For(agent, now);
        channel.Connect(
            new ChannelConnection(
                number, _sandbox.SendUrl(number).ToString(), null, secrets.Protect("sandbox-access-token"), "oken", secrets.Protect("sandbox-app-secret"), "cret",
                secrets.Protect(number), SecretProtector.Hash(number)),
            now);
        await SaveAsync(agent, channel);
        return (agent.Id, number);
    }

    private Task<int> OpenAsync(string portfolio, string customer, int hoursAgo) => database.DataSource.ExecuteAsync(
        $"INSERT INTO outbound.openings VALUES ('{portfolio}', '{customer}', '{_clock.GetUtcNow().AddHours(-hoursAgo):O}', 'single')");

    private async Task<JsonElement> UsageAsync(Guid agent)
    {
        using var response = await SendAsync(agent, await KeyAsync(_workspace.Id));
        Assert.Equal(200, (int)response.StatusCode);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync());
    }

    private async Task<(int Status, string? Code)> AskAsync(Guid agent, string? key)
    {
        using var response = await SendAsync(agent, key);
        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        return ((int)response.StatusCode, body.TryGetProperty("code", out var code) ? code.GetString() : null);
    }

    private async Task<HttpResponseMessage> SendAsync(Guid agent, string? key)
    {
        using var client = _service.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/agents/{agent}/outbound/usage");
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return await client.SendAsync(request);
    }

    private async Task<string> KeyAsync(Guid workspace, Guid? agent = null, Role role = Role.Viewer)
    {
        var secret = ApiKey.NewSecret();
        await SaveAsync(ApiKey.For(secret, workspace, agent, "Test", role, _clock.GetUtcNow()));
        return secret;
    }

    private async Task SaveAsync(params object[] rows)
    {
        await using var scope = _service.Services.CreateAsyncScope();
        var platform = scope.ServiceProvider.GetRequiredService<PlatformDb>();
        platform.AddRange(rows);
        await platform.SaveChangesAsync();
    }
}
