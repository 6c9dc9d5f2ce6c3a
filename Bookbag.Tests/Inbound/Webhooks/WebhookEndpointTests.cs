using System.Net;
using System.Text;
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
        return await _database.AddChannelAsync(agent, secrets, number ?? _number, Meta.Account, appSecret: AppSecret, verifyToken: verifyToken);
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






    private async Task<string> KeyAsync(Guid workspaceId, Role role) => await _database.AddKeyAsync(await FindWorkspaceAsync(workspaceId), role);

    private async Task<Workspace> FindWorkspaceAsync(Guid id)
    {
        await using var db = _database.OpenPlatform();
        return await db.Workspaces.FindAsync(id) ?? throw new InvalidOperationException("No such workspace.");
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
