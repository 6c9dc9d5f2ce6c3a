using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Inbound.Conversations;

/// <summary>Conversations over HTTP, as programs and the console use them.</summary>
public sealed class ConversationApiTests : IClassFixture<TestDatabase>, IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    private readonly TestDatabase _database;
    private readonly InboundHost _host;
    private int _count;

    public ConversationApiTests(TestDatabase database)
    {
        _database = database;
        _host = new InboundHost(database.ConnectionString, new FakeTimeProvider(Now));
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_conversation_tells_its_customer_mode_and_window()
    {
        var (workspace, agent, channel) = await ConnectAsync();
        var id = await AddConversationAsync(agent, channel.Id, Now.AddHours(-1));
        using var client = await ClientAsync(workspace, Role.Viewer);

        var page = await client.GetFromJsonAsync<JsonElement>("/api/conversations");

        var item = Assert.Single(page.GetProperty("items").EnumerateArray());
        Assert.Equal((id, agent.Id), (item.GetProperty("id").GetGuid(), item.GetProperty("agentId").GetGuid()));
        Assert.Equal(("ai", Now.AddHours(23), true),
            (item.GetProperty("mode").GetString(), item.GetProperty("windowClosesAt").GetDateTimeOffset(), item.GetProperty("windowOpen").GetBoolean()));
        Assert.Equal(("15550001111", "Maria"), (item.GetProperty("customer").GetProperty("phone").GetString(), item.GetProperty("customer").GetProperty("name").GetString()));
        Assert.Equal(JsonValueKind.Null, page.GetProperty("next").ValueKind);
        Assert.Equal(id, (await client.GetFromJsonAsync<JsonElement>($"/api/conversations/{id}")).GetProperty("id").GetGuid());
    }

    [Fact]
    public async Task Pages_show_every_conversation_once_whatever_comes_in_between()
    {
        var (workspace, agent, channel) = await ConnectAsync();
        // Several of the same time: the id decides.
        var ids = new List<Guid>();
        for (var i = 0; i < 25; i++)
            ids.Add(await AddConversationAsync(agent, channel.Id, Now.AddMinutes(-(i / 3))));
        using var client = await ClientAsync(workspace, Role.Viewer);

        var seen = new List<Guid>();
        string? next = null;
        do
        {
            var page = await client.GetFromJsonAsync<JsonElement>($"/api/conversations?agentId={agent.Id}&mode=ai&limit=4{(next is null ? "" : $"&cursor={next}")}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid()));
            next = page.GetProperty("next").GetString();
            await AddConversationAsync(agent, channel.Id, Now.AddSeconds(1));
        }
        while (next is not null);

        Assert.Equal(ids.Order(), seen.Order());
        Assert.Equal(25, seen.Distinct().Count());
    }

    [Fact]
    public async Task The_list_is_limited_by_mode()
    {
        var (workspace, agent, channel) = await ConnectAsync();
        await AddConversationAsync(agent, channel.Id, Now);
        var taken = await AddConversationAsync(agent, channel.Id, Now);
        using var client = await ClientAsync(workspace, Role.Editor);
        await client.PostAsync($"/api/conversations/{taken}/takeover", null);

        var page = await client.GetFromJsonAsync<JsonElement>("/api/conversations?mode=human");

        Assert.Equal([taken], page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid()));
    }

    [Fact]
    public async Task Messages_come_in_the_order_of_the_thread_page_by_page()
    {
        var (workspace, agent, channel) = await ConnectAsync();
        var id = await AddConversationAsync(agent, channel.Id, Now);
        for (var i = 9; i >= 0; i--)
            await AddMessageAsync(channel.Id, id, $"Message {i}", Now.AddSeconds(i));
        using var client = await ClientAsync(workspace, Role.Viewer);

        var first = await client.GetFromJsonAsync<JsonElement>($"/api/conversations/{id}/messages?limit=6");
        await AddMessageAsync(channel.Id, id, "Message 10", Now.AddSeconds(10));
        var second = await client.GetFromJsonAsync<JsonElement>($"/api/conversations/{id}/messages?limit=6&cursor={first.GetProperty("next").GetString()}");

        Assert.Equal(
            Enumerable.Range(0, 11).Select(i => $"Message {i}"),
            first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).Select(item => item.GetProperty("text").GetString()));
        var message = first.GetProperty("items")[0];
        Assert.Equal(("in", "customer", "text", "received"),
            (message.GetProperty("direction").GetString(), message.GetProperty("author").GetString(), message.GetProperty("type").GetString(), message.GetProperty("status").GetString()));
        Assert.Equal(HttpStatusCode.BadRequest, (await client.GetAsync($"/api/conversations/{id}/messages?cursor=nonsense")).StatusCode);
    }

    [Fact]
    public async Task Nothing_is_seen_or_done_from_another_workspace_or_with_the_key_of_another_agent()
    {
        var (workspace, agent, channel) = await ConnectAsync();
        var id = await AddConversationAsync(agent, channel.Id, Now);
        var (stranger, _, _) = await ConnectAsync();
        var sibling = await _database.AddAgentAsync(workspace, "Sibling");
        using var other = await ClientAsync(stranger, Role.Owner);
        using var siblings = _host.CreateClient(await _database.AddKeyAsync(workspace, Role.Admin, sibling));

        foreach (var client in new[] { other, siblings })
        {
            Assert.Empty((await client.GetFromJsonAsync<JsonElement>("/api/conversations")).GetProperty("items").EnumerateArray());
            await RefusedAsync(client.GetAsync($"/api/conversations?agentId={agent.Id}"), HttpStatusCode.NotFound, "agent_not_found");
            await RefusedAsync(client.GetAsync($"/api/conversations/{id}"), HttpStatusCode.NotFound, "conversation_not_found");
            await RefusedAsync(client.GetAsync($"/api/conversations/{id}/messages"), HttpStatusCode.NotFound, "conversation_not_found");
            await RefusedAsync(client.PostAsync($"/api/conversations/{id}/takeover", null), HttpStatusCode.NotFound, "conversation_not_found");
            await RefusedAsync(client.PostAsync($"/api/conversations/{id}/resume", null), HttpStatusCode.NotFound, "conversation_not_found");
            await RefusedAsync(WriteAsync(client, id, new { type = "text", text = "Hi" }), HttpStatusCode.NotFound, "conversation_not_found");
        }
    }

    [Fact]
    public async Task A_viewer_looks_and_does_nothing_and_somebody_unknown_does_not_even_look()
    {
        var (workspace, agent, channel) = await ConnectAsync();
        var id = await AddConversationAsync(agent, channel.Id, Now);
        using var viewer = await ClientAsync(workspace, Role.Viewer);
        using var unknown = _host.CreateClient(null);

        Assert.Equal(HttpStatusCode.Forbidden, (await WriteAsync(viewer, id, new { type = "text", text = "Hi" })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsync($"/api/conversations/{id}/takeover", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsync($"/api/conversations/{id}/resume", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await unknown.GetAsync("/api/conversations")).StatusCode);
    }

    [Fact]
    public async Task Taking_over_and_resuming_twice_change_nothing_more()
    {
        var (workspace, agent, channel) = await ConnectAsync();
        var id = await AddConversationAsync(agent, channel.Id, Now);
        using var client = await ClientAsync(workspace, Role.Editor);

        var taken = await ReadAsync(client.PostAsync($"/api/conversations/{id}/takeover", null));
        Assert.Equal(("human", Now, "Taken over by Key."),
            (taken.GetProperty("mode").GetString(), taken.GetProperty("escalatedAt").GetDateTimeOffset(), taken.GetProperty("escalationReason").GetString()));
        await ReadAsync(client.PostAsync($"/api/conversations/{id}/takeover", null));
        Assert.Equal(2, await EpochAsync(id));

        var resumed = await ReadAsync(client.PostAsync($"/api/conversations/{id}/resume", null));
        Assert.Equal(("ai", JsonValueKind.Null), (resumed.GetProperty("mode").GetString(), resumed.GetProperty("escalatedAt").ValueKind));
        await ReadAsync(client.PostAsync($"/api/conversations/{id}/resume", null));
        Assert.Equal(3, await EpochAsync(id));
    }

    [Fact]
    public async Task Writing_by_hand_commits_the_message_and_takes_the_conversation_over()
    {
        var (workspace, agent, channel) = await ConnectAsync();
        var id = await AddConversationAsync(agent, channel.Id, Now);
        await AddMessageAsync(channel.Id, id, "Hello?", Now, awaiting: true);
        using var client = await ClientAsync(workspace, Role.Editor);

        var response = await WriteAsync(client, id, new { type = "text", text = " Hi, Ann here. " });

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var message = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("out", "human", "text", "Hi, Ann here.", "sending"),
            (message.GetProperty("direction").GetString(), message.GetProperty("author").GetString(), message.GetProperty("type").GetString(),
            message.GetProperty("text").GetString(), message.GetProperty("status").GetString()));
        Assert.Equal("Key", message.GetProperty("by").GetString());
        var thread = (await client.GetFromJsonAsync<JsonElement>($"/api/conversations/{id}/messages")).GetProperty("items");
        Assert.Equal([null, "Key"], thread.EnumerateArray().Select(item => item.GetProperty("by").GetString()));
        var conversation = await client.GetFromJsonAsync<JsonElement>($"/api/conversations/{id}");
        Assert.Equal(("human", "Key replied by hand."), (conversation.GetProperty("mode").GetString(), conversation.GetProperty("escalationReason").GetString()));
        Assert.Equal(Now.UtcDateTime, await _database.DataSource.ScalarAsync<DateTime>($"SELECT turn_due_at FROM inbound.conversations WHERE id = '{id}'"));
        Assert.False(await _database.DataSource.ScalarAsync<bool>($"SELECT bool_or(awaiting) FROM inbound.messages WHERE conversation_id = '{id}'"));
    }

    [Fact]
    public async Task What_cannot_be_sent_is_refused_with_a_code()
    {
        var (workspace, agent, channel) = await ConnectAsync();
        var open = await AddConversationAsync(agent, channel.Id, Now);
        var closed = await AddConversationAsync(agent, channel.Id, Now - CustomerServiceWindow.Length + CustomerServiceWindow.SafetyMargin);
        using var client = await ClientAsync(workspace, Role.Editor);

        await RefusedAsync(WriteAsync(client, closed, new { type = "text", text = "Hi" }), HttpStatusCode.Conflict, "window_closed");
        await RefusedAsync(WriteAsync(client, open, new { type = "template" }), HttpStatusCode.BadRequest, "template_missing");
        await RefusedAsync(WriteAsync(client, open, new { type = "smoke" }), HttpStatusCode.BadRequest, "message_type_unknown");
        await RefusedAsync(WriteAsync(client, open, new { type = "text", text = " " }), HttpStatusCode.BadRequest, "text_missing");
        await RefusedAsync(WriteAsync(client, open, new { type = "text", text = new string('x', 4097) }), HttpStatusCode.BadRequest, "text_too_long");
        await RefusedAsync(WriteAsync(client, open, new { type = "text", text = "a\0b" }), HttpStatusCode.BadRequest, "text_invalid");
        Assert.Equal(HttpStatusCode.BadRequest, (await WriteAsync(client, open, new { text = "Hi" })).StatusCode);
        Assert.Equal("ai", (await client.GetFromJsonAsync<JsonElement>($"/api/conversations/{open}")).GetProperty("mode").GetString());

        await _database.DataSource.ExecuteAsync($"DELETE FROM platform.channels WHERE id = '{channel.Id}'");
        await _host.Services.GetRequiredService<ChannelDirectory>().RefreshAsync(default);
        await RefusedAsync(WriteAsync(client, open, new { type = "text", text = "Hi" }), HttpStatusCode.Conflict, "channel_not_connected");
    }

    [Fact]
    public async Task The_same_key_with_the_same_message_is_the_same_message()
    {
        var (workspace, agent, channel) = await ConnectAsync();
        var id = await AddConversationAsync(agent, channel.Id, Now);
        var other = await AddConversationAsync(agent, channel.Id, Now);
        using var client = await ClientAsync(workspace, Role.Editor);

        var first = await ReadAsync(WriteAsync(client, id, new { type = "text", text = "Hi" }, "key-1"));
        // Even once the window is closed: the answer is the one that was given.
        await _database.DataSource.ExecuteAsync($"UPDATE inbound.conversations SET window_refused_at = now() WHERE id = '{id}'");
        var again = await ReadAsync(WriteAsync(client, id, new { type = "text", text = "Hi" }, "key-1"));

        Assert.Equal(first.GetProperty("id").GetGuid(), again.GetProperty("id").GetGuid());
        await RefusedAsync(WriteAsync(client, id, new { type = "text", text = "Other" }, "key-1"), HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        await RefusedAsync(WriteAsync(client, other, new { type = "text", text = "Hi" }, "key-1"), HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        Assert.Equal(1, await OutgoingAsync(id));
        Assert.Equal(0, await OutgoingAsync(other));
    }

    [Fact]
    public async Task A_refused_request_does_not_use_its_key_up()
    {
        var (workspace, agent, channel) = await ConnectAsync();
        var id = await AddConversationAsync(agent, channel.Id, Now.AddDays(-2));
        using var client = await ClientAsync(workspace, Role.Editor);
        await RefusedAsync(WriteAsync(client, id, new { type = "text", text = "Hi" }, "key-2"), HttpStatusCode.Conflict, "window_closed");
        await _database.DataSource.ExecuteAsync($"UPDATE inbound.conversations SET last_inbound_at = '{Now:O}' WHERE id = '{id}'");

        Assert.Equal(HttpStatusCode.Created, (await WriteAsync(client, id, new { type = "text", text = "Hi" }, "key-2")).StatusCode);
    }

    [Fact]
    public async Task A_race_of_the_same_key_sends_one_message()
    {
        var (workspace, agent, channel) = await ConnectAsync();
        var id = await AddConversationAsync(agent, channel.Id, Now);
        using var client = await ClientAsync(workspace, Role.Editor);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReadAsync(WriteAsync(client, id, new { type = "text", text = "Hi" }, "key-3"))));

        Assert.Single(answers.DistinctBy(answer => answer.GetProperty("id").GetGuid()));
        Assert.Equal(1, await OutgoingAsync(id));
    }

    private async Task<(Workspace Workspace, Agent Agent, Channel Channel)> ConnectAsync()
    {
        var workspace = await _database.AddWorkspaceAsync();
        var agent = await _database.AddAgentAsync(workspace);
        var channel = await _database.AddChannelAsync(agent, _host.Services.GetRequiredService<SecretProtector>());
        await _host.Services.GetRequiredService<ChannelDirectory>().RefreshAsync(default);
        return (workspace, agent, channel);
    }

    private async Task<HttpClient> ClientAsync(Workspace workspace, Role role) => _host.CreateClient(await _database.AddKeyAsync(workspace, role));

    private async Task<Guid> AddConversationAsync(Agent agent, Guid channelId, DateTimeOffset at)
    {
        var id = Guid.CreateVersion7(at);
        await _database.DataSource.ExecuteAsync($"""
            INSERT INTO inbound.conversations (workspace_id, channel_id, agent_id, id, customer_phone, customer_name, epoch, last_inbound_at, last_message_at, created_at)
            VALUES ('{agent.WorkspaceId}', '{channelId}', '{agent.Id}', '{id}', '15550001111', 'Maria', 1, '{at:O}', '{at:O}', '{at:O}')
            """);
        return id;
    }

    private Task<int> AddMessageAsync(Guid channelId, Guid conversation, string text, DateTimeOffset at, bool awaiting = false) => _database.DataSource.ExecuteAsync($"""
        INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, text, wamid, status, status_rank, awaiting)
        SELECT workspace_id, '{channelId}', id, '{Guid.CreateVersion7(at)}', '{at:O}', 'in', 'customer', 'text', '{text}', 'wamid.{_count++}', 'received', 9, {awaiting}
        FROM inbound.conversations WHERE id = '{conversation}'
        """);

    private static Task<HttpResponseMessage> WriteAsync(HttpClient client, Guid conversation, object body, string? key = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/api/conversations/{conversation}/messages") { Content = JsonContent.Create(body) };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return client.SendAsync(request);
    }

    private static async Task<JsonElement> ReadAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task RefusedAsync(Task<HttpResponseMessage> request, HttpStatusCode status, string code)
    {
        using var response = await request;
        Assert.Equal((status, code), (response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString()));
    }

    private Task<long> EpochAsync(Guid id) => _database.DataSource.ScalarAsync<long>($"SELECT epoch FROM inbound.conversations WHERE id = '{id}'");

    private Task<long> OutgoingAsync(Guid id) =>
        _database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM inbound.messages WHERE conversation_id = '{id}' AND direction = 'out'");
}
