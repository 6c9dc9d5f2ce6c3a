using System.Diagnostics;
using System.Text.Json;
using Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Outbound.Sandbox;

/// <summary>What reaches the callback. The listener answers 401 to a wrong signature, so what arrives here was signed right.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private SandboxDriver _sandbox = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync() => _sandbox = await SandboxDriver.StartAsync();

    public async Task DisposeAsync() => await _sandbox.DisposeAsync();

    [Fact]
    public async Task A_customers_message_comes_as_Meta_sends_it()
    {
        var wamid = _sandbox.Control.Write(SandboxDriver.Customer, new CustomerWrites { Text = "Où? 😀 http://x", Name = "Zoë" });
        var raw = await _sandbox.Callback.NextRawAsync();
        Assert.Contains("""{"body":"O\u00f9? \ud83d\ude00 http:\/\/x"}""", raw, StringComparison.Ordinal);
        Assert.Contains("""{"name":"Zo\u00eb"}""", raw, StringComparison.Ordinal);

        var userId = _sandbox.Control.Conversation(SandboxDriver.Customer)!.UserId;
        var timestamp = _sandbox.Clock.GetUtcNow().ToUnixTimeSeconds();
        var expected = JsonElement.Parse($$$"""
            {"object":"whatsapp_business_account","entry":[{"id":"200000000000001","changes":[{"value":{
              "messaging_product":"whatsapp","metadata":{"display_phone_number":"15550100001","phone_number_id":"100000000000001"},
              "contacts":[{"profile":{"name":"Zoë"},"wa_id":"{{{SandboxDriver.Customer}}}","user_id":"{{{userId}}}"}],
              "messages":[{"from":"{{{SandboxDriver.Customer}}}","from_user_id":"{{{userId}}}","id":"{{{wamid}}}","timestamp":"{{{timestamp}}}","type":"text","text":{"body":"Où? 😀 http://x"}}]},
              "field":"messages"}]}]}
            """);
        Assert.True(JsonElement.DeepEquals(expected, JsonElement.Parse(raw)), raw);
    }

    [Fact]
    public async Task A_message_is_sent_delivered_and_read_each_at_its_time()
    {
        await OpenAsync();
        var wamid = (await _sandbox.SendTextAsync(opaque: "my-id")).Wamid;
        var accepted = _sandbox.Clock.GetUtcNow();

        _sandbox.Clock.Advance(TimeSpan.FromMilliseconds(49));
        Assert.Equal(0, _sandbox.Callback.Waiting);
        foreach (var (status, pause) in new[] { ("sent", 1), ("delivered", 150), ("read", 1_000) })
        {
            _sandbox.Clock.Advance(TimeSpan.FromMilliseconds(pause));
            var value = await _sandbox.Callback.NextValueAsync();
            var item = Assert.Single(value.GetProperty("statuses").EnumerateArray());
            Assert.Equal((wamid, status, "my-id"), (item.GetProperty("id").GetString(), item.GetProperty("status").GetString(), item.GetProperty("biz_opaque_callback_data").GetString()));
            Assert.Equal(SandboxDriver.Customer, item.GetProperty("recipient_id").GetString());
            Assert.Equal(SandboxDriver.Customer, value.GetProperty("contacts")[0].GetProperty("wa_id").GetString());
            Assert.Equal(status != "read", item.TryGetProperty("pricing", out _));
        }

        var item2 = _sandbox.Control.Conversation(SandboxDriver.Customer)!.Items[^1];
        Assert.Equal(
            (DeliveryStatus.Read, accepted.AddMilliseconds(50), accepted.AddMilliseconds(200), accepted.AddMilliseconds(1_200)),
            (item2.Status, item2.SentAt, item2.DeliveredAt, item2.ReadAt));
    }

    [Theory]
    [InlineData("service", "free_customer_service", false)]
    [InlineData("utility", "free_customer_service", false)]
    [InlineData("marketing", "regular", true)]
    public async Task A_status_tells_the_price(string category, string type, bool billable)
    {
        await OpenAsync();
        _sandbox.Control.Learn(new SandboxTemplate { Name = "offer", Language = "en", Category = category == "service" ? "utility" : category });
        _ = category == "service" ? await _sandbox.SendTextAsync() : await _sandbox.SendTemplateAsync(SandboxDriver.Customer, "offer", "en");
        _sandbox.Clock.Advance(TimeSpan.FromMilliseconds(50));
        var pricing = (await _sandbox.Callback.NextStatusAsync()).GetProperty("pricing");
        Assert.Equal($$"""{"billable":{{(billable ? "true" : "false")}},"pricing_model":"PMP","type":"{{type}}","category":"{{category}}"}""", pricing.GetRawText());
    }

    [Fact]
    public async Task A_customer_may_never_read()
    {
        await OpenAsync();
        await _sandbox.ControlAsync(HttpMethod.Put, $"sandbox/customers/{SandboxDriver.Customer}", new { reads = false });
        await _sandbox.SendTextAsync();
        _sandbox.Clock.Advance(TimeSpan.FromDays(1));
        await _sandbox.Callback.NextAsync();
        await _sandbox.Callback.NextAsync();
        var stats = _sandbox.Control.Stats();
        Assert.Equal((1, 1, 0), (stats.Statuses.Sent, stats.Statuses.Delivered, stats.Statuses.Read));
    }

    [Fact]
    public async Task A_reaction_gets_the_status_sent_alone()
    {
        await OpenAsync();
        await _sandbox.PostAsync($$$"""{"messaging_product":"whatsapp","to":"{{{SandboxDriver.Customer}}}","type":"reaction","reaction":{"message_id":"wamid.x","emoji":"👍"}}""");
        _sandbox.Clock.Advance(TimeSpan.FromDays(1));
        var status = await _sandbox.Callback.NextStatusAsync();
        Assert.Equal("sent", status.GetProperty("status").GetString());
        Assert.False(status.TryGetProperty("pricing", out _));
        Assert.Equal(0, _sandbox.Control.Stats().Statuses.Delivered);
    }

    [Fact]
    public async Task A_failure_names_the_error_and_no_contact()
    {
        await OpenAsync();
        _sandbox.Control.SetFaults(new FaultSettings { Failures = 1, FailureCode = 131049 });
        await _sandbox.SendTextAsync();
        _sandbox.Clock.Advance(TimeSpan.FromMilliseconds(50));
        var value = await _sandbox.Callback.NextValueAsync();
        var status = value.GetProperty("statuses")[0];
        Assert.Equal("failed", status.GetProperty("status").GetString());
        Assert.Equal(131049, status.GetProperty("errors")[0].GetProperty("code").GetInt32());
        Assert.False(status.TryGetProperty("recipient_user_id", out _));
        Assert.Equal(0, value.GetProperty("contacts").GetArrayLength());
    }

    [Fact]
    public async Task A_hidden_phone_number_is_in_no_webhook()
    {
        _sandbox.Control.Write(SandboxDriver.Customer, new CustomerWrites { Username = "@ada", HidePhone = true, UserId = "US.77" });
        Assert.DoesNotContain(SandboxDriver.Customer, await _sandbox.Callback.NextRawAsync(), StringComparison.Ordinal);
        await _sandbox.PostAsync("""{"messaging_product":"whatsapp","recipient":"US.77","text":{"body":"hi"}}""");
        _sandbox.Clock.Advance(TimeSpan.FromMilliseconds(200));
        foreach (var username in new[] { false, true })
        {
            var value = await _sandbox.Callback.NextValueAsync();
            Assert.DoesNotContain(SandboxDriver.Customer, value.GetRawText(), StringComparison.Ordinal);
            Assert.Equal("US.77", value.GetProperty("statuses")[0].GetProperty("recipient_user_id").GetString());
            Assert.Equal(username, value.GetProperty("contacts")[0].GetProperty("profile").TryGetProperty("username", out _));
        }
    }

    [Fact]
    public async Task What_is_not_answered_200_comes_again_at_once_and_then_ever_rarer()
    {
        _sandbox.Callback.AnswerNext(500, 503, 204);
        var wamid = _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        await UntilAsync(w => w.Retried == 2);
        Assert.Equal(0, _sandbox.Callback.Waiting);
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(2));
        await UntilAsync(w => w.Retried == 3);
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(wamid, (await _sandbox.Callback.NextMessageAsync()).GetProperty("id").GetString());
        await UntilAsync(w => (w.Failed, w.Acknowledged) == (3, 1));
    }

    [Fact]
    public void Retries_go_on_for_seven_days()
    {
        var (waited, attempt) = (TimeSpan.Zero, 0);
        while (WebhookRetry.After(++attempt) is { } wait)
            waited += wait;
        Assert.InRange(waited, TimeSpan.FromDays(6.5), TimeSpan.FromDays(7));
        Assert.Equal(TimeSpan.Zero, WebhookRetry.After(1));
    }

    [Fact]
    public async Task Several_updates_can_share_a_post()
    {
        _sandbox.Control.Change("100000000000002", new NumberSettings { PortfolioId = "300000000000001" });
        _sandbox.Control.SetFaults(new FaultSettings { BatchUpTo = 4 });
        _sandbox.Control.Write("15550000001", "One");
        _sandbox.Control.Write("15550000002", "Two");
        _sandbox.Control.Write("15550000003", new CustomerWrites { PhoneNumberId = "100000000000002", Text = "Three" });
        _sandbox.Control.Write("15550000004", "Four");
        _sandbox.Control.Write("15550000005", "Five");
        _sandbox.Clock.Advance(TimeSpan.FromMilliseconds(50));

        // Senders run side by side: the second post may come first.
        var posts = new[] { await _sandbox.Callback.NextAsync(), await _sandbox.Callback.NextAsync() };
        Assert.Equal(["Five", "One Two Three Four"], posts.Select(p => string.Join(' ', Texts(p))).Order());
        // One entry for each run of an account, one change for each run of a number.
        Assert.Contains(posts, p => p.GetProperty("entry").GetArrayLength() == 3);
    }

    [Fact]
    public async Task Updates_can_come_twice()
    {
        _sandbox.Control.SetFaults(new FaultSettings { Duplicates = 1 });
        _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        var first = await _sandbox.Callback.NextRawAsync();
        Assert.Equal(first, await _sandbox.Callback.NextRawAsync());
    }

    [Fact]
    public async Task Updates_can_come_in_any_order()
    {
        _sandbox.Control.SetFaults(new FaultSettings { ShuffleWithin = TimeSpan.FromMinutes(1), BatchUpTo = 100, BatchWithin = TimeSpan.FromMinutes(2) });
        for (var i = 0; i < 20; i++)
            _sandbox.Control.Write(SandboxDriver.Customer, $"{i:00}");
        _sandbox.Clock.Advance(TimeSpan.FromMinutes(1));
        _sandbox.Clock.Advance(TimeSpan.FromMinutes(2));
        var texts = Texts(await _sandbox.Callback.NextAsync()).ToList();
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i:00}"), texts.Order());
        Assert.NotEqual(texts.Order(), texts);
    }

    [Fact]
    public async Task Webhooks_can_be_put_off()
    {
        _sandbox.Control.SetFaults(new FaultSettings { DelayWebhooks = TimeSpan.FromDays(2) });
        var wamid = _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        var timestamp = _sandbox.Clock.GetUtcNow().ToUnixTimeSeconds().ToString();
        _sandbox.Clock.Advance(TimeSpan.FromDays(2) - TimeSpan.FromSeconds(1));
        Assert.Equal(0, _sandbox.Callback.Waiting);
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
        var message = await _sandbox.Callback.NextMessageAsync();
        Assert.Equal((wamid, timestamp), (message.GetProperty("id").GetString(), message.GetProperty("timestamp").GetString()));
    }

    [Fact]
    public async Task Webhooks_can_be_withheld_until_the_fault_is_lifted()
    {
        _sandbox.Control.SetFaults(new FaultSettings { WithholdWebhooks = true }, SandboxDriver.NumberId);
        var wamid = _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        Assert.Equal(1, _sandbox.Control.Stats().Webhooks.Withheld);
        _sandbox.Control.ClearFaults(SandboxDriver.NumberId);
        Assert.Equal(wamid, (await _sandbox.Callback.NextMessageAsync()).GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_number_signs_with_its_own_secret()
    {
        _sandbox.Control.Change(SandboxDriver.NumberId, new NumberSettings { AppSecret = "another secret" });
        _sandbox.Callback.Secret = "another secret";
        _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        await _sandbox.Callback.NextMessageAsync();
    }

    [Fact]
    public async Task Any_field_can_be_sent()
    {
        var answer = await _sandbox.ControlAsync(HttpMethod.Post, "sandbox/numbers/100000000000001/webhooks",
            new { field = "account_update", value = new { @event = "ACCOUNT_VIOLATION" } });
        Assert.Equal(202, answer.Status);
        var entry = (await _sandbox.Callback.NextAsync()).GetProperty("entry")[0];
        Assert.Equal(
            """{"id":"200000000000001","changes":[{"value":{"event":"ACCOUNT_VIOLATION"},"field":"account_update"}]}""", entry.GetRawText());
    }

    [Theory]
    [InlineData("right-token", null, true, 200)]
    [InlineData("wrong-token", null, false, 403)]
    [InlineData("right-token", "\"quoted\"", false, 200)]
    public async Task The_handshake_is_Metas(string token, string? answered, bool verified, int status)
    {
        _sandbox.Callback.HandshakeAnswer = answered;
        var outcome = (await _sandbox.ControlAsync(HttpMethod.Post, "sandbox/numbers/100000000000001/subscribe", new { callbackUrl = _sandbox.Callback.Url, verifyToken = token })).Json;
        Assert.Equal((verified, status), (outcome.GetProperty("verified").GetBoolean(), outcome.GetProperty("status").GetInt32()));
        Assert.Equal("subscribe", _sandbox.Callback.Handshake!["hub.mode"]);
        Assert.Matches("^[0-9]+$", _sandbox.Callback.Handshake["hub.challenge"].ToString());
    }

    [Theory]
    [InlineData("https://graph.facebook.com/callback")]
    [InlineData("http://192.0.2.7/callback")]
    [InlineData("http://127.0.0.1.example.com/callback")]
    [InlineData("ftp://localhost/callback")]
    public async Task Nothing_but_loopback_and_services_is_called_back(string url)
    {
        var subscribe = await _sandbox.ControlAsync(HttpMethod.Post, "sandbox/numbers/100000000000001/subscribe", new { callbackUrl = url, verifyToken = "x" });
        var change = await _sandbox.ControlAsync(HttpMethod.Put, "sandbox/numbers/100000000000001", new { callbackUrl = url });
        Assert.Equal((400, 400), (subscribe.Status, change.Status));
        Assert.Equal("callback_not_allowed", change.Json.GetProperty("code").GetString());
    }

    [Fact]
    public async Task An_account_that_is_not_subscribed_hears_nothing()
    {
        await _sandbox.GetAsync("v25.0/100000000000001");
        await _sandbox.ControlAsync(HttpMethod.Delete, "v25.0/200000000000001/subscribed_apps");
        _sandbox.Control.Write(SandboxDriver.Customer, "Unheard");
        await _sandbox.ControlAsync(HttpMethod.Post, "v25.0/200000000000001/subscribed_apps");
        var wamid = _sandbox.Control.Write(SandboxDriver.Customer, "Heard");
        Assert.Equal(wamid, (await _sandbox.Callback.NextMessageAsync()).GetProperty("id").GetString());
        Assert.Equal(1, _sandbox.Control.Stats().Webhooks.Dropped);
    }

    private async Task OpenAsync()
    {
        _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        await _sandbox.Callback.NextMessageAsync();
    }

    // What the senders count after the callback has answered is not there at once.
    private async Task UntilAsync(Func<StatsView.WebhookCounts, bool> condition)
    {
        var patience = Stopwatch.StartNew();
        while (!condition(_sandbox.Control.Stats().Webhooks))
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(20), _sandbox.Control.Stats().Webhooks.ToString());
            await Task.Yield();
        }
    }

    private static IEnumerable<string> Texts(JsonElement post) =>
        from entry in post.GetProperty("entry").EnumerateArray()
        from change in entry.GetProperty("changes").EnumerateArray()
        from message in change.GetProperty("value").GetProperty("messages").EnumerateArray()
        select message.GetProperty("text").GetProperty("body").GetString()!;
}
