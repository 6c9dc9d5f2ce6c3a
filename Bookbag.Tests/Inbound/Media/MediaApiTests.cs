using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.Inbound.Media;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Inbound.Media;

/// <summary>Files over HTTP: sent by a person, shown to the team.</summary>
public sealed class MediaApiTests : IClassFixture<TestDatabase>, IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Picture = [0x89, 0x50, 0x4E, 0x47, 1, 2, 3, 4, 5, 6];

    private readonly TestDatabase _database;
    private readonly InboundHost _host;

    public MediaApiTests(TestDatabase database)
    {
        _database = database;
        _host = new InboundHost(database.ConnectionString, new FakeTimeProvider(Now));
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_picture_is_kept_with_its_message_until_it_is_sent_and_shown_to_the_team_alone()
    {
        var (workspace, conversation) = await ConnectAsync();
        using var client = await ClientAsync(workspace);
        var message = await ReadAsync(SendAsync(client, conversation, Picture, "image/png", "cat.png", "Look"));

        Assert.Equal(("image", "Look", "sending", "stored", "cat.png", Picture.Length), (message.GetProperty("type").GetString(), message.GetProperty("text").GetString(), message.GetProperty("status").GetString(),
            message.GetProperty("file").GetProperty("state").GetString(), message.GetProperty("file").GetProperty("filename").GetString(), message.GetProperty("file").GetProperty("size").GetInt32()));
        var url = message.GetProperty("file").GetProperty("url").GetString()!;
        using var shown = await client.GetAsync(url);
        Assert.Equal(Picture, await shown.Content.ReadAsByteArrayAsync());
        Assert.Equal(("image/png", "inline", "nosniff", "sandbox; default-src 'none'"), (shown.Content.Headers.ContentType!.MediaType, shown.Content.Headers.ContentDisposition!.DispositionType,
            shown.Headers.GetValues("X-Content-Type-Options").Single(), shown.Headers.GetValues("Content-Security-Policy").Single()));
        Assert.True(shown.Headers.CacheControl!.Private);

        using var part = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(2, 4) } };
        using var partial = await client.SendAsync(part);
        Assert.Equal(HttpStatusCode.PartialContent, partial.StatusCode);
        Assert.Equal(Picture[2..5], await partial.Content.ReadAsByteArrayAsync());

        using var stranger = await ClientAsync(await _database.AddWorkspaceAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync(url)).StatusCode);
        using var unknown = _host.CreateClient(null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await unknown.GetAsync(url)).StatusCode);
    }

    [Fact]
    public async Task What_could_hold_a_script_is_for_saving()
    {
        var (workspace, conversation) = await ConnectAsync();
        using var client = await ClientAsync(workspace);
        var message = await ReadAsync(SendAsync(client, conversation, Picture, "image/png", "cat.png"));
        await _database.DataSource.ExecuteAsync($"UPDATE inbound.media SET mime_type = 'text/html', filename = E'a\"\r\n.html' WHERE id = '{message.GetProperty("id").GetGuid()}'");
        using var shown = await client.GetAsync(message.GetProperty("file").GetProperty("url").GetString());

        Assert.Equal(("application/octet-stream", "attachment"), (shown.Content.Headers.ContentType!.MediaType, shown.Content.Headers.ContentDisposition!.DispositionType));
    }

    [Fact]
    public async Task A_file_that_is_not_here_says_why()
    {
        var (workspace, conversation) = await ConnectAsync();
        using var client = await ClientAsync(workspace);
        var message = await ReadAsync(SendAsync(client, conversation, Picture, "image/png", "cat.png"));
        var (id, url) = (message.GetProperty("id").GetGuid(), message.GetProperty("file").GetProperty("url").GetString()!);
        foreach (var (state, status, code) in new[] { ("wanted", HttpStatusCode.Conflict, "media_not_ready"), ("failed", HttpStatusCode.Gone, "media_failed"), ("expired", HttpStatusCode.Gone, "media_expired") })
        {
            await _database.DataSource.ExecuteAsync($"UPDATE inbound.media SET state = '{state}' WHERE id = '{id}'");
            await RefusedAsync(client.GetAsync(url), status, code);
        }

        await RefusedAsync(client.GetAsync(url.Replace(id.ToString(), Guid.Empty.ToString(), StringComparison.Ordinal)), HttpStatusCode.NotFound, "media_not_found");
    }

    [Fact]
    public async Task What_WhatsApp_does_not_take_is_refused()
    {
        var (workspace, conversation) = await ConnectAsync();
        using var client = await ClientAsync(workspace);

        await RefusedAsync(SendAsync(client, conversation, Picture, "image/svg+xml", "a.svg"), HttpStatusCode.BadRequest, "media_type_not_allowed");
        await RefusedAsync(SendAsync(client, conversation, [], "image/png", "a.png"), HttpStatusCode.BadRequest, "media_empty");
        await RefusedAsync(SendAsync(client, conversation, new byte[MediaTypes.LimitOf("image") + 1], "image/png", "a.png"), HttpStatusCode.RequestEntityTooLarge, "media_too_large");
        await RefusedAsync(SendAsync(client, conversation, Picture, "audio/ogg", "a.ogg", "Words"), HttpStatusCode.BadRequest, "caption_not_possible");
        await RefusedAsync(SendAsync(client, conversation, Picture, "image/png", "a.png", new string('x', 1025)), HttpStatusCode.BadRequest, "caption_too_long");
        await RefusedAsync(client.PostAsJsonAsync($"/api/conversations/{conversation}/messages", new { type = "media" }), HttpStatusCode.BadRequest, "media_missing");
        await RefusedAsync(client.PostAsJsonAsync($"/api/conversations/{conversation}/messages", new { type = "media", mediaId = Guid.Empty }), HttpStatusCode.BadRequest, "media_not_found");
        await _database.DataSource.ExecuteAsync($"UPDATE inbound.conversations SET last_inbound_at = '{Now.AddDays(-2):O}' WHERE id = '{conversation}'");
        await RefusedAsync(SendAsync(client, conversation, Picture, "image/png", "a.png"), HttpStatusCode.Conflict, "window_closed");
    }

    [Fact]
    public async Task A_file_that_is_here_can_be_sent_again_in_reply_to_a_message_and_the_same_key_sends_it_once()
    {
        var (workspace, conversation) = await ConnectAsync();
        using var client = await ClientAsync(workspace);
        var first = (await ReadAsync(SendAsync(client, conversation, Picture, "image/png", "cat.png"))).GetProperty("id").GetGuid();
        await _database.DataSource.ExecuteAsync($"UPDATE inbound.messages SET wamid = 'wamid.first' WHERE id = '{first}'");

        var ids = new HashSet<Guid>();
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/conversations/{conversation}/messages")
            {
                Content = JsonContent.Create(new { type = "media", mediaId = first, caption = "Again", replyTo = first }),
                Headers = { { "Idempotency-Key", "again" } },
            };
            var message = await ReadAsync(client.SendAsync(request));
            ids.Add(message.GetProperty("id").GetGuid());
            Assert.Equal(("Again", "wamid.first"), (message.GetProperty("text").GetString(), message.GetProperty("contextMessageId").GetString()));
        }

        Assert.NotEqual(first, Assert.Single(ids));
        Assert.Equal(Picture, await client.GetByteArrayAsync($"/api/conversations/{conversation}/messages/{ids.Single()}/media"));
        await RefusedAsync(client.PostAsJsonAsync($"/api/conversations/{conversation}/messages", new { type = "text", text = "Hi", replyTo = Guid.Empty }), HttpStatusCode.BadRequest, "reply_to_unknown");
    }

    private async Task<(Workspace Workspace, Guid Conversation)> ConnectAsync()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var agent = await _database.AddAgentAsync(workspace);
        var channel = await _database.AddChannelAsync(agent, _host.Services.GetRequiredService<SecretProtector>());
        await _host.Services.GetRequiredService<ChannelDirectory>().RefreshAsync(default);
        var id = Guid.CreateVersion7(Now);
        // Nobody takes a turn here: what is sent stays as it was committed.
        await _database.DataSource.ExecuteAsync($"""
            INSERT INTO inbound.conversations (workspace_id, channel_id, agent_id, id, customer_phone, epoch, last_inbound_at, last_message_at, created_at, lease_id, lease_until)
            VALUES ('{workspace.Id}', '{channel.Id}', '{agent.Id}', '{id}', '15550001111', 1, '{Now:O}', '{Now:O}', '{Now:O}', '{id}', 'infinity')
            """);
        await _database.DataSource.ExecuteAsync($"UPDATE inbound.conversations SET mode = 'human', escalated_at = '{Now:O}' WHERE id = '{id}'");
        return (workspace, id);
    }

    private async Task<HttpClient> ClientAsync(Workspace workspace) => _host.CreateClient(await _database.AddKeyAsync(workspace, Role.Editor));

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, Guid conversation, byte[] bytes, string mimeType, string name, string? caption = null)
    {
        var file = new ByteArrayContent(bytes);
        file.Headers.ContentType = new MediaTypeHeaderValue(mimeType);
        var form = new MultipartFormDataContent { { file, "file", name } };
        if (caption is not null)
            form.Add(new StringContent(caption), "caption");
        return client.PostAsync($"/api/conversations/{conversation}/messages", form);
    }

    private static async Task<JsonElement> ReadAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task RefusedAsync(Task<HttpResponseMessage> request, HttpStatusCode status, string code)
    {
        using var response = await request;
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status && body.Contains($"\"{code}\"", StringComparison.Ordinal), $"{response.StatusCode}: {body}");
    }
}
