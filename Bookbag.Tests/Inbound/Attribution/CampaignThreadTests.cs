extern alias outbound;

using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.Inbound.Attribution;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Inbound.Attribution;

/// <summary>What campaigns and people send as templates, in the conversation: both services, over HTTP.</summary>
public sealed class CampaignThreadTests : IClassFixture<TestDatabase>, IAsyncLifetime, IAsyncDisposable
{
    private const string Phone = "15550001111";
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    private readonly TestDatabase _database;
    private WebApplicationFactory<outbound::Program> _outbound = null!; // these are set by InitializeAsync, which xunit awaits before any test
    private InboundHost _inbound = null!;
    private Workspace _workspace = null!;
    private Agent _agent = null!;
    private Channel _channel = null!;
    private HttpClient _client = null!;
    private Guid _conversation;

    public CampaignThreadTests(TestDatabase database) => _database = database;

    public async Task InitializeAsync()
    {
        var clock = new FakeTimeProvider(Now);
        _outbound = new WebApplicationFactory<outbound::Program>().WithWebHostBuilder(host =>
        {
            host.UseSetting("ConnectionStrings:bookbag", _database.ConnectionString);
            host.UseSetting("Logging:LogLevel:Default", "Warning");
            host.UseSetting("Sending:Enabled", "false");
            host.UseSetting("Imports:Work", "false");
            host.UseSetting("Templates:Sync", "false");
            host.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(clock));
        });
        _inbound = new InboundHost(_database.ConnectionString, clock, services: services =>
            services.AddHttpClient<OutboundClient>().ConfigurePrimaryHttpMessageHandler(() => _outbound.Server.CreateHandler()));
        _workspace = await _database.AddWorkspaceAsync();
        _agent = await _database.AddAgentAsync(_workspace);
        _channel = await _database.AddChannelAsync(_agent, _inbound.Services.GetRequiredService<SecretProtector>());
        await _inbound.Services.GetRequiredService<ChannelDirectory>().RefreshAsync(CancellationToken.None);
        _client = _inbound.CreateClient(await _database.AddKeyAsync(_workspace, Role.Editor));
        _conversation = Guid.CreateVersion7(Now);
        await _database.DataSource.ExecuteAsync($"""
            INSERT INTO inbound.conversations (workspace_id, channel_id, agent_id, id, customer_phone, last_inbound_at, last_message_at, created_at)
            VALUES ('{_workspace.Id}', '{_channel.Id}', '{_agent.Id}', '{_conversation}', '{Phone}', '{Now.AddDays(-2):O}', '{Now.AddDays(-2):O}', '{Now.AddDays(-2):O}');
            INSERT INTO inbound.conversation_addresses (channel_id, address, conversation_id) VALUES ('{_channel.Id}', 'p:{Phone}', '{_conversation}')
            """);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _inbound.DisposeAsync();
        await _outbound.DisposeAsync();
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    [Fact]
    public async Task The_thread_shows_the_campaign_where_it_was_sent_and_which_campaign_a_message_answers()
    {
        var (campaign, recipient) = await _database.DataSource.AddCampaignAsync(_workspace.Id, _agent.Id, _channel.Id, $"p:{Phone}", Now.AddDays(-2).AddHours(-1), wamid: "wamid.campaign");
        await ReceiveAsync("in.1", "How much?", Now.AddDays(-2), "wamid.campaign");
        await _database.DataSource.ExecuteAsync($"""
            INSERT INTO outbound.replies (workspace_id, channel_id, wamid, conversation_id, message_id, at, received_at, opt_out, campaign_id, recipient_id, rule, late, others)
            VALUES ('{_workspace.Id}', '{_channel.Id}', 'in.1', '{_conversation}', gen_random_uuid(), '{Now.AddDays(-2):O}', '{Now:O}', false, '{campaign}', '{recipient}', 'quoted', false, '[]')
            """);

        var thread = await ThreadAsync();
        Assert.Equal(
            [("out", "campaign", "template", "Hello Ann, mugs are on sale.", "delivered"), ("in", "customer", "text", "How much?", "received")],
            thread.Select(m => (Text(m, "direction"), Text(m, "author"), Text(m, "type"), Text(m, "text"), Text(m, "status"))));
        var sent = thread[0].GetProperty("campaign");
        Assert.Equal((campaign, "Spring", recipient, JsonValueKind.Null), (sent.GetProperty("id").GetGuid(), Text(sent, "name"), sent.GetProperty("recipientId").GetGuid(), sent.GetProperty("rule").ValueKind));
        Assert.Equal("Show me", thread[0].GetProperty("content").GetProperty("buttons")[0].GetString());
        var answered = thread[1].GetProperty("campaign");
        Assert.Equal((campaign, "quoted", true, false), (answered.GetProperty("id").GetGuid(), Text(answered, "rule"), answered.GetProperty("exact").GetBoolean(), answered.GetProperty("late").GetBoolean()));
        Assert.Equal(("campaign", "Hello Ann, mugs are on sale."), (Text(thread[1].GetProperty("quoted"), "author"), Text(thread[1].GetProperty("quoted"), "text")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pages_show_messages_and_campaigns_once_each_in_their_order(bool latest)
    {
        // The answers come in the second of the campaign, of which Meta's clock cuts the fraction off.
        for (var i = 0; i < 4; i++)
        {
            await _database.DataSource.AddCampaignAsync(_workspace.Id, _agent.Id, _channel.Id, $"p:{Phone}", Now.AddHours(-40 + (4 * i)).AddMilliseconds(600));
            await ReceiveAsync($"in.{i}", $"Message {i}", Now.AddHours(-40 + (4 * i)));
        }

        var seen = new List<string>();
        for (string? next = null; ;)
        {
            var page = await _client.GetFromJsonAsync<JsonElement>($"/api/conversations/{_conversation}/messages?limit=3&latest={latest}{(next is null ? "" : $"&cursor={next}")}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(m => Text(m, "author") == "campaign" ? "campaign" : Text(m, "text")!));
            if ((next = Text(page, "next")) is null)
                break;
        }

        var thread = Enumerable.Range(0, 4).SelectMany(i => new[] { "campaign", $"Message {i}" });
        Assert.Equal(latest ? thread.Reverse() : thread, seen);
    }

    [Fact]
    public async Task A_person_sends_a_template_outside_the_window_once()
    {
        var template = await _database.DataSource.AddTemplateAsync(_workspace.Id, _agent.Id);
        var first = await SendAsync(template, "Ann", "key-1");
        var again = await SendAsync(template, "Ann", "key-1");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.Status, again.Status));
        Assert.Equal(("human", "Hello Ann, mugs are on sale.", "sending"), (Text(first.Body, "author"), Text(first.Body, "text"), Text(first.Body, "status")));
        Assert.Equal(Text(first.Body, "id"), Text(again.Body, "id"));
        var shown = Assert.Single(await ThreadAsync());
        Assert.Equal((first.Body.GetProperty("id").GetGuid(), "Key"), (shown.GetProperty("id").GetGuid(), Text(shown, "by")));
        Assert.Equal("Key", Text(first.Body, "by"));
        Assert.Equal($"p:{Phone} {_conversation}", await _database.DataSource.ScalarAsync<string>(
            $"SELECT r.customer || ' ' || s.conversation_id FROM outbound.recipients r JOIN outbound.single_sends s ON s.id = r.id WHERE r.channel_id = '{_channel.Id}'"));
        Assert.Equal("human on_customer", await _database.DataSource.ScalarAsync<string>(
            $"SELECT c.mode || ' ' || t.status FROM inbound.conversations c JOIN inbound.tickets t ON t.conversation_id = c.id WHERE c.id = '{_conversation}'"));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency_key_reused"), Code(await SendAsync(template, "Bob", "key-1")));
    }

    [Fact]
    public async Task What_Outbound_refuses_is_refused_and_changes_nothing()
    {
        var template = await _database.DataSource.AddTemplateAsync(_workspace.Id, _agent.Id);
        Assert.Equal((HttpStatusCode.BadRequest, "variables_invalid"), Code(await SendAsync(template, null, null)));
        Assert.Equal((HttpStatusCode.BadRequest, "template_not_found"), Code(await SendAsync(_agent.Id, "Ann", null)));
        var away = new InboundHost(_database.ConnectionString, new FakeTimeProvider(Now), services: services => services.AddHttpClient<OutboundClient>().ConfigurePrimaryHttpMessageHandler(() => new Nobody()));
        await using (away)
        {
            await away.Services.GetRequiredService<ChannelDirectory>().RefreshAsync(CancellationToken.None);
            using var client = away.CreateClient(await _database.AddKeyAsync(_workspace, Role.Editor, name: "Other"));
            using var answer = await client.PostAsJsonAsync($"/api/conversations/{_conversation}/messages", new { type = "template", templateId = template, variables = new Dictionary<string, string> { ["1"] = "Ann" } });
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "templates_unavailable"), (answer.StatusCode, Text(await answer.Content.ReadFromJsonAsync<JsonElement>(), "code")));
        }

        Assert.Equal("ai", await _database.DataSource.ScalarAsync<string>($"SELECT mode FROM inbound.conversations WHERE id = '{_conversation}'"));
        Assert.Empty(await ThreadAsync());
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(Guid template, string? name, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/conversations/{_conversation}/messages")
        {
            Content = JsonContent.Create(new { type = "template", templateId = template, variables = name is null ? null : new Dictionary<string, string> { ["1"] = name } }),
        };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var response = await _client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    private async Task<IReadOnlyList<JsonElement>> ThreadAsync() =>
        [.. (await _client.GetFromJsonAsync<JsonElement>($"/api/conversations/{_conversation}/messages")).GetProperty("items").EnumerateArray()];

    private Task<int> ReceiveAsync(string wamid, string text, DateTimeOffset at, string? quoted = null) => _database.DataSource.ExecuteAsync($"""
        INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, text, wamid, context_wamid, status, status_rank)
        VALUES ('{_workspace.Id}', '{_channel.Id}', '{_conversation}', '{Guid.CreateVersion7(at.AddSeconds(1))}', '{at:O}', 'in', 'customer', 'text', '{text}', '{wamid}', {(quoted is null ? "NULL" : $"'{quoted}'")}, 'received', 9)
        """);

    private static (HttpStatusCode, string?) Code((HttpStatusCode Status, JsonElement Body) answer) => (answer.Status, Text(answer.Body, "code"));

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private sealed class Nobody : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => throw new HttpRequestException("Nobody is there.");
    }
}
