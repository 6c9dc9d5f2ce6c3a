using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Bookbag.Inbound.OutgoingWebhooks;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.Tests.Inbound.HelpDesk;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bookbag.Tests.Inbound.OutgoingWebhooks;

/// <summary>Outgoing webhooks against another system over real HTTP.</summary>
public sealed class CourierTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly Dictionary<string, string?> Local = new() { ["OutgoingWebhooks:AllowLoopback"] = "true", ["OutgoingWebhooks:Timeout"] = "00:00:05" };

    [Fact]
    public async Task Other_systems_are_told_in_order_signed_and_each_what_it_asked_for()
    {
        await using var system = await OtherSystem.StartAsync();
        await using var world = await HelpDeskWorld.StartAsync(database, Local);
        var (_, secret) = await SubscribeAsync(world, system, "*");
        await using var narrow = await OtherSystem.StartAsync();
        await SubscribeAsync(world, narrow, "conversation.*");

        var (conversation, ticket) = await world.EscalatedAsync();
        await HelpDeskWorld.ReadAsync(world.Program.PatchAsJsonAsync($"/api/tickets/{ticket}", new { status = "closed" }));
        await world.EventuallyAsync($"SELECT count(*) = 0 FROM inbound.outgoing_deliveries WHERE workspace_id = '{world.Workspace.Id}' AND status = 'waiting' AND type <> 'ticket.summarized'", "all is delivered");

        Assert.Equal(["conversation.escalated", "ticket.opened", "ticket.closed", "conversation.resumed"], system.Received.Select(r => r.Type).Where(type => type != "ticket.summarized"));
        Assert.Equal(["conversation.escalated", "conversation.resumed"], narrow.Received.Select(r => r.Type));
        var first = system.Received.First();
        Assert.Equal(CourierRules.Sign(secret, first.Body), first.Signature);
        Assert.Equal(HelpDeskWorld.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), first.Timestamp);
        var json = JsonDocument.Parse(first.Body).RootElement;
        Assert.Equal((first.EventId, "conversation.escalated", world.Workspace.Id, world.Agent.Id, conversation, "15550001111"),
            (json.GetProperty("id").GetString(), json.GetProperty("type").GetString(), json.GetProperty("workspaceId").GetGuid(), json.GetProperty("agentId").GetGuid(),
            json.GetProperty("data").GetProperty("conversationId").GetGuid(), json.GetProperty("data").GetProperty("customer").GetProperty("phone").GetString()));
        Assert.Equal(first.EventId, narrow.Received.First().EventId);
    }

    [Fact]
    public async Task What_is_refused_is_tried_again_with_the_same_id_and_body_and_does_not_hold_up_the_rest()
    {
        await using var system = await OtherSystem.StartAsync();
        await using var world = await HelpDeskWorld.StartAsync(database, Local);
        var (id, _) = await SubscribeAsync(world, system, "conversation.escalated", "ticket.opened");
        system.Answer = received => received.Type == "conversation.escalated" && system.Received.Count < 3 ? 500 : 204;

        await world.EscalatedAsync();
        await world.EventuallyAsync($"SELECT sum(attempts) = 1 FROM inbound.outgoing_deliveries WHERE webhook_id = '{id}'", "the first try is over");
        await NextTryAsync(world, id);
        await NextTryAsync(world, id);

        Assert.Equal(["conversation.escalated", "ticket.opened", "conversation.escalated"], system.Received.Select(r => r.Type));
        var (first, again) = (system.Received.First(), system.Received.Last());
        Assert.Equal((first.EventId, Encoding.UTF8.GetString(first.Body)), (again.EventId, Encoding.UTF8.GetString(again.Body)));
        await world.EventuallyAsync($"SELECT count(*) = 2 FROM inbound.outgoing_deliveries WHERE webhook_id = '{id}' AND status = 'delivered'", "both are delivered");
        var log = await world.Program.GetFromJsonAsync<JsonElement>($"/api/workspace/webhooks/{id}/deliveries");
        Assert.Equal([("ticket.opened", 1), ("conversation.escalated", 2)],
            log.GetProperty("items").EnumerateArray().Select(d => (d.GetProperty("type").GetString()!, d.GetProperty("attempts").GetInt32())));
    }

    [Fact]
    public async Task A_slow_system_does_not_keep_the_others_from_their_turn()
    {
        await using var slow = await OtherSystem.StartAsync();
        await using var quick = await OtherSystem.StartAsync();
        await using var world = await HelpDeskWorld.StartAsync(database, new(Local) { ["OutgoingWebhooks:MaxConcurrency"] = "1" });
        var (first, _) = await SubscribeAsync(world, slow, "conversation.*", "ticket.opened", "ticket.closed");
        var (second, _) = await SubscribeAsync(world, quick, "conversation.*", "ticket.opened", "ticket.closed");
        var told = new ConcurrentQueue<string>();
        quick.Answer = _ => Told("quick");
        slow.Answer = _ =>
        {
            world.Clock.Advance(TimeSpan.FromSeconds(3));
            return Told("slow");
        };

        await database.DataSource.ExecuteAsync($"UPDATE inbound.outgoing_webhooks SET resume_at = '{HelpDeskWorld.Now.AddDays(9):O}' WHERE id IN ('{first}', '{second}')");
        var (_, ticket) = await world.EscalatedAsync();
        await HelpDeskWorld.ReadAsync(world.Program.PatchAsJsonAsync($"/api/tickets/{ticket}", new { status = "closed" }));
        await database.DataSource.ExecuteAsync($"""
            UPDATE inbound.outgoing_webhooks SET resume_at = CASE id WHEN '{first}' THEN '{HelpDeskWorld.Now.AddHours(-2):O}'::timestamptz ELSE '{HelpDeskWorld.Now.AddHours(-1):O}' END
            WHERE id IN ('{first}', '{second}')
            """);
        world.Host.Services.GetRequiredService<WakeUps>().Signal(WebhookCourier.Topic);
        await world.EventuallyAsync($"SELECT count(*) = 8 FROM inbound.outgoing_deliveries WHERE webhook_id IN ('{first}', '{second}') AND status = 'delivered'", "all is delivered");

        // A call may take five seconds: the slow one's turn is over after its second call of three.
        Assert.Equal(["slow", "slow", "quick", "quick", "quick", "quick", "slow", "slow"], told);

        int Told(string who)
        {
            told.Enqueue(who);
            return 200;
        }
    }

    [Fact]
    public async Task After_a_day_it_is_given_up_and_can_be_sent_again_by_hand()
    {
        await using var system = await OtherSystem.StartAsync();
        await using var world = await HelpDeskWorld.StartAsync(database, Local);
        var (id, _) = await SubscribeAsync(world, system, "conversation.escalated");
        system.Answer = _ => 410;
        await world.EscalatedAsync();

        await world.EventuallyAsync($"SELECT sum(attempts) = 1 FROM inbound.outgoing_deliveries WHERE webhook_id = '{id}'", "the first try is over");
        while (await database.DataSource.ScalarAsync<bool>($"SELECT status = 'waiting' FROM inbound.outgoing_deliveries WHERE webhook_id = '{id}'"))
            await NextTryAsync(world, id);
        var log = await world.Program.GetFromJsonAsync<JsonElement>($"/api/workspace/webhooks/{id}/deliveries?status=failed");
        var delivery = Assert.Single(log.GetProperty("items").EnumerateArray());
        Assert.Equal((410, "It answered 410."), (delivery.GetProperty("responseStatus").GetInt32(), delivery.GetProperty("error").GetString()));
        Assert.InRange(delivery.GetProperty("attempts").GetInt32(), 8, 20);

        system.Answer = _ => 200;
        await HelpDeskWorld.ReadAsync(world.Program.PostAsync($"/api/workspace/webhooks/{id}/deliveries/{delivery.GetProperty("id").GetInt64()}/redeliver", null));
        await NextTryAsync(world, id);
        Assert.Equal("delivered", await database.DataSource.ScalarAsync<string>($"SELECT status FROM inbound.outgoing_deliveries WHERE webhook_id = '{id}'"));
        Assert.Single(system.Received.Select(r => r.EventId).Distinct());
    }

    [Fact]
    public async Task Nothing_goes_to_this_machine_unless_it_is_allowed_and_redirects_are_not_followed()
    {
        await using var system = await OtherSystem.StartAsync();
        await using var elsewhere = await OtherSystem.StartAsync();
        // One after the other: the couriers of both would share the work.
        await using (var world = await HelpDeskWorld.StartAsync(database))
        {
            await HelpDeskWorld.RefusedAsync(world.Program.PostAsJsonAsync("/api/workspace/webhooks", new { url = system.Url, events = new[] { "*" } }), HttpStatusCode.BadRequest, "url_invalid");

            // A name that leads here, as after the address was checked: the connection is what is refused.
            var id = await HelpDeskWorld.ReadAsync(world.Program.PostAsJsonAsync("/api/workspace/webhooks", new { url = "https://example.com/", events = new[] { "*" } }));
            var webhook = id.GetProperty("webhook").GetProperty("id").GetGuid();
            await database.DataSource.ExecuteAsync($"UPDATE inbound.outgoing_webhooks SET url = '{system.Url}' WHERE id = '{webhook}'");
            await HelpDeskWorld.ReadAsync(world.Program.PostAsync($"/api/workspace/webhooks/{webhook}/test", null));
            await world.EventuallyAsync($"SELECT error = 'The name leads to no public address.' FROM inbound.outgoing_deliveries WHERE webhook_id = '{webhook}'", "it is refused");
            Assert.Empty(system.Received);
        }

        await using var allowed = await HelpDeskWorld.StartAsync(database, Local);
        system.RedirectTo = elsewhere.Url;
        var (redirected, _) = await SubscribeAsync(allowed, system, "*");
        await HelpDeskWorld.ReadAsync(allowed.Program.PostAsync($"/api/workspace/webhooks/{redirected}/test", null));
        await allowed.EventuallyAsync($"SELECT response_status = 302 AND error LIKE '%redirect%' FROM inbound.outgoing_deliveries WHERE webhook_id = '{redirected}'", "the redirect is an error");
        Assert.Empty(elsewhere.Received);
    }

    [Fact]
    public async Task Two_couriers_tell_everything_once_and_one_that_died_is_followed_by_another()
    {
        await using var system = await OtherSystem.StartAsync();
        await using var world = await HelpDeskWorld.StartAsync(database, Local);
        await using var replica = await HelpDeskWorld.StartAsync(database, Local);
        var (id, _) = await SubscribeAsync(world, system, "campaign.*");
        await database.DataSource.ExecuteAsync($"UPDATE inbound.outgoing_webhooks SET lease_id = gen_random_uuid(), lease_until = '{HelpDeskWorld.Now.AddMinutes(1):O}' WHERE id = '{id}'");
        await database.DataSource.ExecuteAsync($$"""
            SELECT inbound.publish('{{world.Workspace.Id}}', '{{world.Agent.Id}}', 'campaign.sent', jsonb_build_object('n', n), '{{HelpDeskWorld.Now:O}}') FROM generate_series(1, 30) AS n
            """);

        foreach (var one in new[] { world, replica })
        {
            one.Clock.SetUtcNow(HelpDeskWorld.Now.AddMinutes(1));
            one.Host.Services.GetRequiredService<WakeUps>().Signal(WebhookCourier.Topic);
        }

        await world.EventuallyAsync($"SELECT count(*) = 30 FROM inbound.outgoing_deliveries WHERE webhook_id = '{id}' AND status = 'delivered'", "all is delivered");

        Assert.Equal(Enumerable.Range(1, 30), system.Received.Select(r => JsonDocument.Parse(r.Body).RootElement.GetProperty("data").GetProperty("n").GetInt32()));
    }

    [Fact]
    public async Task Secrets_are_shown_once_and_webhooks_are_the_admins_of_the_workspace()
    {
        await using var system = await OtherSystem.StartAsync();
        await using var world = await HelpDeskWorld.StartAsync(database, Local);
        var (id, secret) = await SubscribeAsync(world, system, "*");
        var (_, editor) = await world.JoinAsync();
        await using var elsewhere = await HelpDeskWorld.StartAsync(database, Local);

        var listed = await world.Program.GetStringAsync("/api/workspace/webhooks");
        Assert.DoesNotContain(secret, listed, StringComparison.Ordinal);
        Assert.Contains(secret[^4..], listed, StringComparison.Ordinal);
        Assert.Equal(0, await database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM inbound.outgoing_webhooks WHERE secret_cipher LIKE '%{secret}%'"));
        Assert.Equal(HttpStatusCode.Forbidden, (await editor.GetAsync("/api/workspace/webhooks")).StatusCode);
        await HelpDeskWorld.RefusedAsync(elsewhere.Program.GetAsync($"/api/workspace/webhooks/{id}"), HttpStatusCode.NotFound, "webhook_not_found");
        await HelpDeskWorld.RefusedAsync(elsewhere.Program.PostAsync($"/api/workspace/webhooks/{id}/test", null), HttpStatusCode.NotFound, "webhook_not_found");
        await HelpDeskWorld.RefusedAsync(elsewhere.Program.GetAsync($"/api/workspace/webhooks/{id}/deliveries"), HttpStatusCode.NotFound, "webhook_not_found");
        await HelpDeskWorld.RefusedAsync(world.Program.PostAsJsonAsync("/api/workspace/webhooks", new { url = system.Url, events = new[] { "ticket.exploded" } }), HttpStatusCode.BadRequest, "event_unknown");

        var renewed = await HelpDeskWorld.ReadAsync(world.Program.PostAsync($"/api/workspace/webhooks/{id}/secret", null));
        Assert.NotEqual(secret, renewed.GetProperty("secret").GetString());
        await HelpDeskWorld.ReadAsync(world.Program.PatchAsJsonAsync($"/api/workspace/webhooks/{id}", new { enabled = false }));
        await HelpDeskWorld.RefusedAsync(world.Program.PostAsync($"/api/workspace/webhooks/{id}/test", null), HttpStatusCode.Conflict, "webhook_disabled");
        Assert.Equal(HttpStatusCode.NoContent, (await world.Program.DeleteAsync($"/api/workspace/webhooks/{id}")).StatusCode);
    }

    /// <summary>Moves the clock to the next try of a webhook, and waits for that.</summary>
    private async Task NextTryAsync(HelpDeskWorld world, Guid webhook)
    {
        var tried = await database.DataSource.ScalarAsync<long>($"SELECT sum(attempts) FROM inbound.outgoing_deliveries WHERE webhook_id = '{webhook}'");
        var due = new DateTimeOffset(await database.DataSource.ScalarAsync<DateTime>($"""
            SELECT greatest(w.resume_at, min(d.due_at)) FROM inbound.outgoing_webhooks w JOIN inbound.outgoing_deliveries d ON d.webhook_id = w.id
            WHERE w.id = '{webhook}' AND d.status = 'waiting' GROUP BY w.resume_at
            """));
        if (due > world.Clock.GetUtcNow())
            world.Clock.SetUtcNow(due);
        world.Host.Services.GetRequiredService<WakeUps>().Signal(WebhookCourier.Topic);
        await world.EventuallyAsync($"SELECT sum(attempts) > {tried} FROM inbound.outgoing_deliveries WHERE webhook_id = '{webhook}'", "it is tried");
    }

    private static async Task<(Guid Id, string Secret)> SubscribeAsync(HelpDeskWorld world, OtherSystem system, params string[] events)
    {
        var created = await HelpDeskWorld.ReadAsync(world.Program.PostAsJsonAsync("/api/workspace/webhooks", new { url = system.Url, events }));
        return (created.GetProperty("webhook").GetProperty("id").GetGuid(), created.GetProperty("secret").GetString()!);
    }

    private sealed record Received(string Type, string EventId, string Signature, string Timestamp, byte[] Body);

    private sealed class OtherSystem : IAsyncDisposable
    {
        private readonly WebApplication _app;

        private OtherSystem(WebApplication app) => _app = app;

        public string Url => $"{_app.Urls.First()}/hook";

        public ConcurrentQueue<Received> Received { get; } = new();

        public Func<Received, int> Answer { get; set; } = _ => 200;

        public string? RedirectTo { get; set; }

        public static async Task<OtherSystem> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var system = new OtherSystem(app);
            app.MapPost("/hook", async (HttpContext context) =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                var headers = context.Request.Headers;
                var received = new Received(headers["X-Bookbag-Event"]!, headers["X-Bookbag-Event-Id"]!, headers["X-Bookbag-Signature"]!, headers["X-Bookbag-Timestamp"]!, body.ToArray());
                system.Received.Enqueue(received);
                if (system.RedirectTo is { } other)
                    return Results.Redirect(other);
                return Results.StatusCode(system.Answer(received));
            });
            await app.StartAsync();
            return system;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
