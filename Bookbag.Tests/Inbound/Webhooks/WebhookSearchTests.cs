using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Bookbag.Inbound.Webhooks;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>Finding webhooks in the log, applying a span of it once more, and what is missing in it.</summary>
public sealed class WebhookSearchTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    private const string Customer = "16505550001";

    private WebhookSearch Search => Parts.Services.GetRequiredService<WebhookSearch>();

    private async Task<string> FindAsync(string? word = null, string? state = null, DateTimeOffset? from = null, DateTimeOffset? to = null, Guid? channel = null)
    {
        var (found, _) = await Search.FindAsync(
            new([channel ?? Channel.Id], from ?? Noon.AddDays(-9), to ?? Noon.AddDays(9), word is null ? [] : [word], state, long.MaxValue, 50), default);
        return string.Join(' ', found.Select(f => $"{f.State}@{(f.ReceivedAt - Noon).TotalMinutes:0}"));
    }

    [Fact]
    public async Task Webhooks_are_found_by_number_customer_message_time_and_state()
    {
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.A/BC=", Customer, "Hello", Noon)));
        Parts.Clock.Advance(TimeSpan.FromMinutes(1));
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.2", "16505550002", "Hi", Noon)));
        Parts.Clock.Advance(TimeSpan.FromMinutes(1));
        await ApplyAsync(Meta.Statuses(Channel.PhoneNumberId, Meta.Status("wamid.A/BC=", "bogus", Noon), Meta.Status("nobodys", "sent", Noon)));
        Parts.Clock.Advance(TimeSpan.FromMinutes(1));
        await ArriveAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.3", Customer, "Waiting", Noon)));

        Assert.Equal("queued@3 rejected@2 applied@1 applied@0", await FindAsync());
        Assert.Equal("rejected@2", await FindAsync(state: "rejected"));
        Assert.Equal("queued@3", await FindAsync(state: "queued"));
        Assert.Equal("queued@3 rejected@2 applied@0", await FindAsync(Customer));
        Assert.Equal("rejected@2 applied@0", await FindAsync("wamid.A/BC="));
        Assert.Equal("applied@1", await FindAsync(from: Noon.AddMinutes(1), to: Noon.AddMinutes(2)));
        Assert.Equal("", await FindAsync("16505550099"));
        Assert.Equal("", await FindAsync(channel: Guid.Empty));
    }

    [Fact]
    public async Task Pages_of_a_search_show_everything_once()
    {
        for (var i = 0; i < 7; i++)
            await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text($"page-{i}", Customer, "Hello", Noon)));
        var seen = new List<long>();
        long? next = long.MaxValue;
        while (next is { } before)
        {
            (var found, next) = await Search.FindAsync(new([Channel.Id], Noon.AddDays(-1), Noon.AddDays(1), [], null, before, 3), default);
            seen.AddRange(found.Select(f => f.Id));
        }

        Assert.Equal(7, seen.Distinct().Count());
        Assert.Equal(seen.OrderDescending(), seen);
    }

    [Fact]
    public async Task What_one_commit_wrote_is_found_one_by_one_and_by_its_own_number_alone()
    {
        var other = await Parts.ConnectAsync(NextNumber());
        var both = new WebhookArrival(Noon, [other.Id, Channel.Id], "sha256=both", "{\"a\":\"1\"}", null, "of both"u8.ToArray());
        var log = Parts.Services.GetRequiredService<WebhookLog>();
        for (var commit = 0; commit < 3; commit++)
        {
            await log.StoreAsync(
                [.. Enumerable.Range(0, 4).Select(i => new WebhookArrival(Noon.AddSeconds(i), [i % 2 == 0 ? Channel.Id : other.Id], $"sha256={i}", "{}", i == 0 ? "trace" : null, Encoding.UTF8.GetBytes($"commit {commit}, {i}"))), both],
                CancellationToken.None);
        }

        // Two of each page end in the middle of a commit.
        var found = new List<FoundWebhook>();
        for (long? before = long.MaxValue; before is not null;)
        {
            (var page, before) = await Search.FindAsync(new([Channel.Id], Noon.AddDays(-1), Noon.AddDays(1), [], null, before.Value, 2), default);
            found.AddRange(page);
        }

        var bodies = new List<string>();
        foreach (var one in found)
        {
            var webhook = (await log.FindAsync(one.Id, CancellationToken.None))!;
            bodies.Add(Encoding.UTF8.GetString(webhook.Body));
            Assert.Equal((one.Size, Noon, true), (webhook.Body.Length, webhook.ReceivedAt, webhook.IsQueued));
            Assert.Equal(one.ChannelIds, webhook.ChannelIds);
            Assert.Equal(bodies[^1] == "of both" ? """{"a":"1"}""" : "{}", webhook.Headers);
        }

        Assert.Equal(["of both", "commit 2, 2", "commit 2, 0", "of both", "commit 1, 2", "commit 1, 0", "of both", "commit 0, 2", "commit 0, 0"], bodies);
        Assert.Equal("queued@0", await FindAsync("commit 1, 3", channel: other.Id));
        Assert.Equal("", await FindAsync("commit 1, 3"));
        Assert.Null(await log.FindAsync(found[0].Id + 1, CancellationToken.None));
    }

    [Fact]
    public async Task Of_what_one_commit_wrote_only_what_was_rejected_is_applied_once_more()
    {
        await ArriveTogetherAsync([.. Enumerable.Range(0, 5).Select(i => i == 3
            ? Meta.Statuses(Channel.PhoneNumberId, Meta.Status("nobodys", "sent", Noon))
            : Meta.Messages(Channel.PhoneNumberId, Meta.Text($"once-{i}", Customer, "Hello", Noon)))]);
        await Parts.ApplyAllAsync();
        Assert.Equal("applied@0 rejected@0 applied@0 applied@0 applied@0", await FindAsync());

        await Parts.Database.ExecuteAsync("DELETE FROM inbound.webhook_replays; DELETE FROM inbound.webhook_stretches WHERE replay");
        await Parts.Database.ExecuteAsync($"""
            INSERT INTO inbound.webhook_replays (workspace_id, id, channel_ids, from_at, to_at, rejected_only, asked_by, asked_at, due_at)
            VALUES ('{Channel.WorkspaceId}', gen_random_uuid(), ARRAY['{Channel.Id}'::uuid], '{Noon.AddMinutes(-1):O}', '{Noon.AddMinutes(1):O}', true, 'Ann', '{Noon:O}', '{Noon:O}')
            """);
        var replayer = Parts.Services.GetRequiredService<WebhookReplayer>();
        Assert.True(await replayer.RunOnceAsync(default));
        Assert.Equal("applied@0 queued@0 applied@0 applied@0 applied@0", await FindAsync());
        await Parts.ApplyAllAsync();
        Assert.True(await replayer.RunOnceAsync(default));

        Assert.Equal("1,1,t", await Parts.Database.ScalarAsync<string>("SELECT concat_ws(',', total, queued, finished_at IS NOT NULL) FROM inbound.webhook_replays"));
        Assert.Equal("applied@0 rejected@0 applied@0 applied@0 applied@0", await FindAsync());
    }

    [Fact]
    public async Task A_span_is_applied_once_more_without_an_answer_and_tells_how_far_it_is()
    {
        var replayer = Parts.Services.GetRequiredService<WebhookReplayer>();
        for (var i = 0; i < 3; i++)
            await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text($"span-{i}", Customer, "Hello", Noon)));
        // Nobody else's replay; and as if that code had not known messages.
        await Parts.Database.ExecuteAsync("DELETE FROM inbound.webhook_replays; DELETE FROM inbound.webhook_stretches WHERE replay");
        await Parts.Database.ExecuteAsync($"DELETE FROM inbound.messages WHERE channel_id = '{Channel.Id}'; DELETE FROM inbound.wamids WHERE channel_id = '{Channel.Id}'; UPDATE inbound.conversations SET turn_due_at = NULL, unanswered_since = NULL WHERE channel_id = '{Channel.Id}'");
        var id = Guid.CreateVersion7(Noon);
        await Parts.Database.ExecuteAsync($"""
            INSERT INTO inbound.webhook_replays (workspace_id, id, channel_ids, from_at, to_at, rejected_only, asked_by, asked_at, due_at)
            VALUES ('{Channel.WorkspaceId}', '{id}', ARRAY['{Channel.Id}'::uuid], '{Noon.AddMinutes(-1):O}', '{Noon.AddMinutes(1):O}', false, 'Ann', '{Noon:O}', '{Noon:O}')
            """);
        Assert.True(await replayer.RunOnceAsync(default));
        Assert.Equal(3, await QueuedAsync());
        Assert.True(await replayer.RunOnceAsync(default));
        Assert.Equal(3, await QueuedAsync());
        await Parts.ApplyAllAsync();
        Assert.True(await replayer.RunOnceAsync(default));
        Assert.False(await replayer.RunOnceAsync(default));

        Assert.Equal("3,3,t,t", await Parts.Database.ScalarAsync<string>($"SELECT concat_ws(',', total, queued, finished_at IS NOT NULL, due_at IS NULL) FROM inbound.webhook_replays WHERE id = '{id}'"));
        Assert.Equal(3, await CountAsync("messages"));
        Assert.Equal("t", await ConversationAsync("turn_due_at IS NULL AND unanswered_since IS NULL"));
    }

    [Fact]
    public async Task The_api_searches_replays_and_lists_gaps_of_its_workspace_alone()
    {
        await using var host = new InboundHost(Database.ConnectionString, new FakeTimeProvider(Noon.AddHours(1)));
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("api-1", Customer, "Hello", Noon)), Meta.Statuses(Channel.PhoneNumberId, Meta.Status("strangers", "sent", Noon)));
        await ReplyAsync(Customer, "sent", "silent");
        await ReplyAsync(Customer, "sent", "heard");
        await ApplyAsync(Meta.Statuses(Channel.PhoneNumberId, Meta.Status("heard", "sent", Noon)));
        using var mine = await ClientAsync(host, Channel.WorkspaceId);
        using var stranger = await ClientAsync(host, (await Database.AddWorkspaceAsync()).Id);

        Assert.Equal(2, await ItemsAsync(mine, $"/api/webhooks?customer=%2B{Customer}&agentId={Channel.AgentId}&phoneNumberId={Channel.PhoneNumberId}&from={Uri.EscapeDataString(Noon.AddMinutes(-1).ToString("O"))}") - 1);
        Assert.Equal(1, await ItemsAsync(mine, "/api/webhooks?wamid=api-1&state=applied"));
        Assert.Equal(1, await ItemsAsync(mine, "/api/webhooks/gaps/messages"));
        Assert.Equal(1, await ItemsAsync(mine, "/api/webhooks/gaps/statuses"));
        foreach (var path in new[] { "/api/webhooks", "/api/webhooks/gaps/messages", "/api/webhooks/gaps/statuses", "/api/webhooks/replays" })
            Assert.Equal(0, await ItemsAsync(stranger, path));
        Assert.Equal(HttpStatusCode.BadRequest, (await mine.GetAsync("/api/webhooks?state=odd")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await mine.GetAsync("/api/webhooks?cursor=x")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await mine.PostAsJsonAsync("/api/webhooks/replays", new { from = Noon, to = Noon })).StatusCode);

        using var asked = await mine.PostAsJsonAsync("/api/webhooks/replays", new { from = Noon.AddDays(-1) });
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await mine.GetAsync(asked.Headers.Location)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync(asked.Headers.Location)).StatusCode);
    }

    private async Task<HttpClient> ClientAsync(InboundHost host, Guid workspaceId)
    {
        var secret = ApiKey.NewSecret();
        await using var db = Database.OpenPlatform();
        db.Add(ApiKey.For(secret, workspaceId, null, "Key", Role.Admin, Noon));
        await db.SaveChangesAsync();
        return host.CreateClient(secret);
    }

    private static async Task<int> ItemsAsync(HttpClient client, string path) => (await client.GetFromJsonAsync<JsonElement>(path)).GetProperty("items").GetArrayLength();
}
