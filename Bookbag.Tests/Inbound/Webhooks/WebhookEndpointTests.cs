using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>The one door for Meta: handshake and POST, over HTTP.</summary>
public sealed class WebhookEndpointTests : IClassFixture<TestDatabase>, IDisposable
{
    private const string Path = "/channels/whatsapp/webhook";
    private const string AppSecret = "a-secret-of-an-app";
    private const string VerifyToken = "a-token-for-the-handshake";
    private static int _numbers;

    private readonly TestDatabase _database;
    private readonly InboundHost _host;
    private readonly CapturedLog _log = new();
    private readonly HttpClient _meta;
    private readonly string _number = $"2{Interlocked.Increment(ref _numbers):D14}";

    public WebhookEndpointTests(TestDatabase database)
    {
        _database = database;
        _host = new InboundHost(database.ConnectionString, settings: new() { ["Logging:LogLevel:Default"] = "Trace" }, log: _log);
        _meta = _host.CreateClient();
    }

    public void Dispose()
    {
        _meta.Dispose();
        _host.Dispose();
        _log.Dispose();
    }

    private async Task<Channel> ConnectAsync(string? number = null, string verifyToken = VerifyToken)
    {
        var secrets = _host.Services.GetRequiredService<SecretProtector>();
        var agent = await _database.AddAgentAsync(await _database.AddWorkspaceAsync());
        var channel = await _database.AddChannelAsync(agent, secrets, number ?? _number, Meta.Account, appSecret: AppSecret, verifyToken: verifyToken);
        // As whoever connects it by the API tells every replica.
        await _host.Services.GetRequiredService<ChannelDirectory>().RefreshAsync(CancellationToken.None);
        return channel;
    }

    private static HttpRequestMessage Signed(byte[] body, string? secret = AppSecret)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new ByteArrayContent(body) { Headers = { { "Content-Type", "application/json" } } } };
        if (secret is not null)
            request.Headers.Add(WebhookSignature.HeaderName, WebhookSignature.Sign(body, Encoding.UTF8.GetBytes(secret)));
        return request;
    }

    private async Task<HttpStatusCode> PostAsync(byte[] body, string? secret = AppSecret)
    {
        using var response = await _meta.SendAsync(Signed(body, secret));
        Assert.Equal("", await response.Content.ReadAsStringAsync());
        return response.StatusCode;
    }

    private Task<long> StoredAsync() => _database.DataSource.ScalarAsync<long>("SELECT count(*) FROM inbound.webhook_deliveries");

    private byte[] Message(string wamid, string text = "Hello") => Meta.Messages(_number, Meta.Text(wamid, "16505550001", text, DateTimeOffset.UnixEpoch.AddYears(50)));

    [Fact]
    public async Task The_challenge_comes_back_alone_and_the_channel_is_verified()
    {
        var channel = await ConnectAsync();
        using var response = await _meta.GetAsync($"{Path}?hub.mode=subscribe&hub.verify_token={VerifyToken}&hub.challenge=1158201444");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("1158201444", await response.Content.ReadAsStringAsync());
        Assert.NotNull(await _database.DataSource.ScalarAsync<DateTime?>($"SELECT verified_at FROM platform.channels WHERE id = '{channel.Id}'"));
    }

    [Theory]
    [InlineData("hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1")]
    [InlineData("hub.mode=unsubscribe&hub.verify_token=the-token&hub.challenge=1")]
    [InlineData("hub.verify_token=the-token&hub.challenge=1")]
    [InlineData("hub.mode=subscribe&hub.challenge=1")]
    [InlineData("hub.mode=subscribe&hub.verify_token=&hub.challenge=1")]
    [InlineData("hub.mode=subscribe&hub.verify_token=the-token")]
    [InlineData("hub.mode=subscribe&hub.verify_token=the-token&hub.verify_token=the-token&hub.challenge=1")]
    [InlineData("")]
    public async Task Anything_else_is_403_without_a_word(string query)
    {
        var channel = await ConnectAsync(verifyToken: "the-token");
        using var response = await _meta.GetAsync($"{Path}?{query}");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
        Assert.Null(await _database.DataSource.ScalarAsync<DateTime?>($"SELECT verified_at FROM platform.channels WHERE id = '{channel.Id}'"));
    }

    [Fact]
    public async Task A_signed_webhook_is_in_the_log_when_it_is_answered_byte_for_byte_and_takes_effect()
    {
        await ConnectAsync();
        // As Meta escapes them: what was read and written again would have another signature.
        var body = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Message("emoji", "Hi")).Replace("Hi", """\ud83d\ude00 \u00e9 \/ \u003C""", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.OK, await PostAsync(body));
        Assert.Equal(1, await _database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM inbound.webhook_deliveries WHERE body = '\\x{Convert.ToHexString(body)}'"));
        await EventuallyAsync("SELECT count(*) FROM inbound.messages WHERE wamid = 'emoji' AND text = '😀 é / <'", 1);
    }

    [Fact]
    public async Task What_is_refused_is_not_stored_and_does_not_say_why()
    {
        await ConnectAsync();
        var stored = await StoredAsync();
        var body = Message("refused");

        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(body, secret: null));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(body, "another-secret"));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(Meta.Post(Meta.Change("999999999999", "messages", [])) is var unknown ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(unknown).Replace(Meta.Account, "1")) : [], AppSecret));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("hello"u8.ToArray()));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync([]));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(body[..^5]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(new byte[(4 << 20) + 1]));
        Assert.Equal(stored, await StoredAsync());
    }

    [Fact]
    public async Task A_body_without_a_length_is_bounded_as_well()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new ChunkedContent((4 << 20) + 1) };
        using var response = await _meta.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task A_signed_webhook_about_something_unknown_is_kept()
    {
        await ConnectAsync();
        var stored = await StoredAsync();

        // An unknown number of a known account, and a subject that nobody knows.
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Meta.Messages("999999999999", Meta.Text("x", "16505550001", "?", DateTimeOffset.UnixEpoch))));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Encoding.UTF8.GetBytes($$"""{"object":"whatsapp_business_account","entry":[{"id":"{{Meta.Account}}","changes":[{"field":"brand_new","value":{"a":1} }]}]}""")));
        Assert.Equal(stored + 2, await StoredAsync());
    }

    [Fact]
    public async Task A_message_and_a_change_of_the_account_in_one_POST_reach_the_number_and_all_numbers_of_the_account()
    {
        var channels = new[] { await ConnectAsync(), await ConnectAsync($"{_number}2", "another-token") };
        var change = new JsonObject
        {
            ["field"] = "message_template_status_update",
            ["value"] = new JsonObject { ["event"] = "PAUSED", ["message_template_name"] = _number },
        };

        Assert.Equal(HttpStatusCode.OK, await PostAsync(Meta.Post(Meta.Change(_number, "messages", [Meta.Text("both", "16505550001", "Hello", DateTimeOffset.UnixEpoch.AddYears(50))]), change)));
        foreach (var channel in channels)
            await EventuallyAsync($"SELECT count(*) FROM delivery.events WHERE channel_id = '{channel.Id}' AND kind = 'template' AND payload ->> 'message_template_name' = '{_number}'", 1);
        await EventuallyAsync($"SELECT count(*) FROM inbound.messages WHERE channel_id = '{channels[0].Id}' AND wamid = 'both'", 1);
    }

    [Fact]
    public async Task Many_at_once_are_all_stored()
    {
        await ConnectAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => PostAsync(Message($"many{i}"))));

        Assert.All(answers, status => Assert.Equal(HttpStatusCode.OK, status));
        await EventuallyAsync("SELECT count(*) FROM inbound.messages WHERE wamid LIKE 'many%'", 200);
    }

    [Fact]
    public async Task While_Postgres_is_away_Meta_is_told_to_come_again_and_nothing_is_lost_after()
    {
        await ConnectAsync();
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Message("up")));
        var database = new Npgsql.NpgsqlConnectionStringBuilder(_database.ConnectionString).Database;
        await using var server = Npgsql.NpgsqlDataSource.Create(await TestServers.PostgresAsync());
        await server.ExecuteAsync($"ALTER DATABASE {database} ALLOW_CONNECTIONS false");
        await server.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync(Message("down")));
        await server.ExecuteAsync($"ALTER DATABASE {database} ALLOW_CONNECTIONS true");
        _database.DataSource.Clear(); // the test's own connections were cut as well
        while (await PostAsync(Message("down")) != HttpStatusCode.OK)
        {
        }

        await EventuallyAsync("SELECT count(*) FROM inbound.messages WHERE wamid IN ('up', 'down')", 2);
    }

    [Fact]
    public async Task A_problem_that_Meta_reports_is_in_the_logs_verdict()
    {
        var channel = await ConnectAsync();
        var viewer = _host.CreateClient(await KeyAsync(channel.WorkspaceId, Role.Viewer));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Meta.Post(Meta.Change(_number, "errors", [new() { ["code"] = 131031, ["title"] = "Business Account locked" }]))));
        await EventuallyAsync($"SELECT count(*) FROM inbound.channel_reports WHERE channel_id = '{channel.Id}'", 1);

        var id = (await viewer.GetFromJsonAsync<JsonElement>($"/api/webhooks?agentId={channel.AgentId}")).GetProperty("items")[0].GetProperty("id").GetString();
        var item = (await viewer.GetFromJsonAsync<JsonElement>($"/api/webhooks/{id}")).GetProperty("items")[0];
        Assert.Equal(("error", "applied"), (item.GetProperty("kind").GetString(), item.GetProperty("state").GetString()));
        Assert.Contains("Business Account locked", item.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rejected_webhook_is_listed_shown_and_replayed_for_its_workspace_alone()
    {
        var channel = await ConnectAsync();
        var stranger = _host.CreateClient(await _database.AddKeyAsync(await _database.AddWorkspaceAsync()));
        var key = await KeyAsync(channel.WorkspaceId, Role.Editor);
        var editor = _host.CreateClient(key);
        var viewer = _host.CreateClient(await KeyAsync(channel.WorkspaceId, Role.Viewer));

        // A number of the account that is connected later.
        var later = $"3{_number[1..]}";
        var time = DateTimeOffset.UnixEpoch.AddYears(56);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Meta.Post(
            Meta.Change(_number, "messages", [Meta.Text("now", "16505550001", "Hello", time)]),
            Meta.Change(later, "messages", [Meta.Text("later", "16505550001", "Hello", time)]))));
        await EventuallyAsync($"SELECT count(*) FROM inbound.webhook_rejections WHERE channel_id = '{channel.Id}'", 1);

        var rejected = (await editor.GetFromJsonAsync<JsonElement>($"/api/webhooks/rejections?agentId={channel.AgentId}")).GetProperty("items")[0];
        var id = rejected.GetProperty("webhookId").GetString();
        Assert.Equal("unknown_number", rejected.GetProperty("code").GetString());
        Assert.Equal(0, (await stranger.GetFromJsonAsync<JsonElement>("/api/webhooks/rejections")).GetProperty("items").GetArrayLength());
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/api/webhooks/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.PostAsync($"/api/webhooks/{id}/replay", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsync($"/api/webhooks/{id}/replay", null)).StatusCode);
        foreach (var none in new[] { long.MinValue, -1, 0, long.MaxValue })
            Assert.Equal(HttpStatusCode.NotFound, (await viewer.GetAsync($"/api/webhooks/{none}")).StatusCode);

        var shown = await viewer.GetFromJsonAsync<JsonElement>($"/api/webhooks/{id}");
        Assert.Equal("rejected", shown.GetProperty("state").GetString());
        Assert.Equal("applied", shown.GetProperty("items")[0].GetProperty("state").GetString());
        Assert.Contains("Hello", shown.GetProperty("body").GetString());

        await _database.AddChannelAsync(
            await _database.AddAgentAsync(await FindWorkspaceAsync(channel.WorkspaceId)), _host.Services.GetRequiredService<SecretProtector>(), later, Meta.Account, appSecret: AppSecret);
        await _host.Services.GetRequiredService<ChannelDirectory>().RefreshAsync(CancellationToken.None);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(HttpStatusCode.Accepted, (await editor.PostAsync($"/api/webhooks/{id}/replay", null)).StatusCode);
            await EventuallyAsync("SELECT count(*) FROM inbound.webhook_stretches", 0);
        }

        await EventuallyAsync("SELECT count(*) FROM inbound.messages WHERE wamid = 'later' AND NOT awaiting", 1);
        Assert.Equal(1, await _database.DataSource.ScalarAsync<long>("SELECT count(*) FROM inbound.messages WHERE wamid = 'now'"));
        Assert.Equal("applied", (await viewer.GetFromJsonAsync<JsonElement>($"/api/webhooks/{id}")).GetProperty("state").GetString());
        Assert.Equal(0, (await editor.GetFromJsonAsync<JsonElement>("/api/webhooks/rejections")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task No_secret_and_nothing_a_customer_wrote_is_in_the_log()
    {
        await ConnectAsync();
        await PostAsync(Message("said", "my-private-words"));
        await PostAsync(Message("said2", "my-private-words"), "another-secret");
        await _meta.GetAsync($"{Path}?hub.mode=subscribe&hub.verify_token={VerifyToken}&hub.challenge=1");
        await EventuallyAsync("SELECT count(*) FROM inbound.messages WHERE wamid = 'said'", 1);

        foreach (var secret in (string[])[AppSecret, VerifyToken, "my-private-words", "16505550001"])
            Assert.DoesNotContain(_log.Lines, line => line.Contains(secret, StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.Contains("bad_signature", StringComparison.Ordinal));
    }

    private async Task<string> KeyAsync(Guid workspaceId, Role role) => await _database.AddKeyAsync(await FindWorkspaceAsync(workspaceId), role);

    private async Task<Workspace> FindWorkspaceAsync(Guid id)
    {
        await using var db = _database.OpenPlatform();
        return await db.Workspaces.FindAsync(id) ?? throw new InvalidOperationException("No such workspace.");
    }

    /// <summary>Waits for the processor, which is another's business here.</summary>
    private async Task EventuallyAsync(string sql, long expected)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await _database.DataSource.ScalarAsync<long>(sql) != expected)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
    }

    private sealed class ChunkedContent(int length) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(new byte[length]).AsTask();

        protected override bool TryComputeLength(out long result)
        {
            result = 0;
            return false;
        }
    }
}
