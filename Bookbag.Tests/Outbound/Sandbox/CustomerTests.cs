using System.Text.Json;
using Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Outbound.Sandbox;

public sealed class CustomerTests : IAsyncLifetime
{
    private SandboxDriver _sandbox = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync() => _sandbox = await SandboxDriver.StartAsync();

    public async Task DisposeAsync() => await _sandbox.DisposeAsync();

    [Theory]
    [InlineData("text", "text", "body")]
    [InlineData("image", "image", "mime_type")]
    [InlineData("video", "video", "sha256")]
    [InlineData("audio", "audio", "voice")]
    [InlineData("document", "document", "filename")]
    [InlineData("sticker", "sticker", "animated")]
    [InlineData("location", "location", "latitude")]
    [InlineData("button", "button", "payload")]
    [InlineData("interactive", "interactive", "button_reply")]
    [InlineData("reaction", "reaction", "message_id")]
    [InlineData("unsupported", "unsupported", "type")]
    [InlineData("order", "order", "product_items")]
    [InlineData("edit", "edit", "original_message_id")]
    [InlineData("revoke", "revoke", "original_message_id")]
    [InlineData("system", "system", "wa_id")]
    public async Task A_customer_writes_any_type(string type, string member, string part)
    {
        var answer = await WriteAsync(new { type, text = "Yes" });
        var message = await _sandbox.Callback.NextMessageAsync();
        Assert.Equal(type, message.GetProperty("type").GetString());
        Assert.True(message.GetProperty(member).TryGetProperty(part, out _));
        Assert.Equal(answer.Json.GetProperty("wamid").GetString(), message.GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_customer_shares_contacts()
    {
        await WriteAsync(new { type = "contacts", text = "Ada Example" });
        var contact = (await _sandbox.Callback.NextMessageAsync()).GetProperty("contacts")[0];
        Assert.Equal("Ada Example", contact.GetProperty("name").GetProperty("formatted_name").GetString());
    }

    [Fact]
    public async Task Content_is_taken_as_it_is()
    {
        await WriteAsync(new { type = "order", content = new { catalog_id = "7", product_items = Array.Empty<object>() }, context = "wamid.quoted" });
        var message = await _sandbox.Callback.NextMessageAsync();
        Assert.Equal("""{"catalog_id":"7","product_items":[]}""", message.GetProperty("order").GetRawText());
        Assert.Equal("""{"from":"15550100001","id":"wamid.quoted"}""", message.GetProperty("context").GetRawText());
    }

    [Fact]
    public async Task A_raw_message_is_completed_and_not_changed()
    {
        await WriteAsync(new { raw = new { id = "wamid.mine", timestamp = 1762070400, type = "text", text = new { body = "Hi" }, referral = new { source_id = "ad" } } });
        var message = await _sandbox.Callback.NextMessageAsync();
        Assert.Equal(("wamid.mine", 1762070400), (message.GetProperty("id").GetString(), message.GetProperty("timestamp").GetInt32()));
        Assert.Equal(SandboxDriver.Customer, message.GetProperty("from").GetString());
        Assert.Equal("ad", message.GetProperty("referral").GetProperty("source_id").GetString());
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1762070400).AddDays(1), _sandbox.Control.Conversation(SandboxDriver.Customer)!.WindowClosesAt);
    }

    [Fact]
    public async Task A_reaction_is_to_the_last_message_of_the_business()
    {
        await WriteAsync(new { text = "Hello" });
        await _sandbox.Callback.NextMessageAsync();
        var wamid = (await _sandbox.SendTextAsync()).Wamid;
        await WriteAsync(new { type = "reaction", text = "❤️" });
        var reaction = (await _sandbox.Callback.NextMessageAsync()).GetProperty("reaction");
        Assert.Equal((wamid, "❤️"), (reaction.GetProperty("message_id").GetString(), reaction.GetProperty("emoji").GetString()));
    }

    [Fact]
    public async Task The_phone_shows_the_conversation_in_order()
    {
        var first = (await WriteAsync(new { text = "Hello" })).Json.GetProperty("wamid").GetString()!;
        var second = (await WriteAsync(new { text = "Anybody?" })).Json.GetProperty("wamid").GetString()!;
        Assert.Equal("""{"success":true}""", (await MarkAsync(second, typing: true)).Body);
        Assert.True((await ReadAsync()).GetProperty("typing").GetBoolean());

        var reply = (await _sandbox.SendTextAsync(text: "Here we are", opaque: "o-1")).Wamid;
        _sandbox.Clock.Advance(TimeSpan.FromMilliseconds(200));
        var conversation = await ReadAsync();
        Assert.False(conversation.GetProperty("typing").GetBoolean());
        Assert.Equal(
            [("customer", "text", first, "Hello"), ("customer", "text", second, "Anybody?"), ("business", "read", second, null), ("business", "typing", null, null), ("business", "text", reply, "Here we are")],
            conversation.GetProperty("items").EnumerateArray().Select(i =>
                (i.GetProperty("from").GetString(), i.GetProperty("type").GetString(), i.GetProperty("wamid").GetString(), i.GetProperty("text").GetString())));
        var items = conversation.GetProperty("items");
        // The mark on the later message is one on the earlier message too.
        Assert.NotEqual(JsonValueKind.Null, items[0].GetProperty("readAt").ValueKind);
        Assert.Equal(("delivered", "o-1"), (items[4].GetProperty("status").GetString(), items[4].GetProperty("opaque").GetString()));
    }

    [Fact]
    public async Task Typing_is_shown_for_25_seconds()
    {
        var wamid = _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        await MarkAsync(wamid, typing: true);
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(24.9));
        Assert.True((await ReadAsync()).GetProperty("typing").GetBoolean());
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.False((await ReadAsync()).GetProperty("typing").GetBoolean());
    }

    [Fact]
    public async Task Only_a_customers_message_can_be_marked_as_read()
    {
        Assert.Equal(131009, (await MarkAsync("wamid.unknown", typing: false)).Code);
        var wamid = _sandbox.Control.Write(SandboxDriver.Customer, new CustomerWrites { PhoneNumberId = "100000000000002" });
        Assert.Equal(131009, (await MarkAsync(wamid, typing: false)).Code);
    }

    [Theory]
    [InlineData("12", """{"text":"x"}""", "phone_invalid")]
    [InlineData("15551234567", """{"phoneNumberId":"abc"}""", "message_not_writable")]
    [InlineData("15551234567", """{"type":"poll"}""", "message_not_writable")]
    [InlineData("15551234567", """{"raw":"text"}""", "message_not_writable")]
    [InlineData("15551234567", """{"type":"No Type"}""", "invalid_request")]
    [InlineData("15551234567", """{"userId":"77"}""", "invalid_request")]
    [InlineData("15551234567", "{", "invalid_request")]
    public async Task What_cannot_be_written_is_refused(string phone, string body, string code)
    {
        using var response = await _sandbox.Http.PostAsync($"sandbox/customers/{phone}/messages", new StringContent(body, null, "application/json"));
        var answer = await Answer.OfAsync(response);
        Assert.Equal((400, code), (answer.Status, answer.Json.GetProperty("code").GetString()));
        Assert.Equal(0, _sandbox.Control.Stats().Customers);
    }

    [Fact]
    public async Task Customers_are_listed_the_latest_first()
    {
        _sandbox.Control.Write("15550000001", "Hello");
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
        _sandbox.Control.Write("15550000002", "Hello");
        var customers = (await _sandbox.GetAsync("sandbox/customers")).Json.GetProperty("items");
        Assert.Equal(["15550000002", "15550000001"], customers.EnumerateArray().Select(c => c.GetProperty("phone").GetString()));
        Assert.Equal(404, (await _sandbox.GetAsync("sandbox/customers/15550000003/messages")).Status);
    }

    [Fact]
    public async Task What_was_sent_twice_is_counted()
    {
        _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        foreach (var opaque in new[] { "a", "b", "a", "a" })
            await _sandbox.SendTextAsync(opaque: opaque);
        var stats = (await _sandbox.GetAsync("sandbox/stats")).Json;
        Assert.Equal((4, 2), (stats.GetProperty("accepted").GetInt32(), stats.GetProperty("duplicates").GetInt32()));
    }

    [Fact]
    public async Task A_reset_forgets_everything()
    {
        _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        await _sandbox.SendTextAsync();
        Assert.Equal(204, (await _sandbox.ControlAsync(HttpMethod.Delete, "sandbox/state")).Status);
        Assert.Equal(131047, (await _sandbox.SendTextAsync()).Code);
        var stats = _sandbox.Control.Stats();
        Assert.Equal((1, 0, 1, 0), (stats.Numbers, stats.Customers, stats.Requests, stats.Accepted));
        _sandbox.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(0, _sandbox.Control.Stats().Statuses.Sent);
    }

    [Fact]
    public async Task A_message_id_is_never_given_twice()
    {
        await using var another = await SandboxDriver.StartAsync();
        another.Clock.Advance(TimeSpan.FromSeconds(1));
        var ids = Enumerable.Range(0, 1_000).Select(_ => _sandbox.Control.Write(SandboxDriver.Customer, "Hello"))
            .Concat(Enumerable.Range(0, 1_000).Select(_ => another.Control.Write(SandboxDriver.Customer, "Hello")));
        Assert.Equal(2_000, ids.Distinct().Count());
    }

    private Task<Answer> WriteAsync(object message) => _sandbox.ControlAsync(HttpMethod.Post, $"sandbox/customers/{SandboxDriver.Customer}/messages", message);

    private async Task<JsonElement> ReadAsync() => (await _sandbox.GetAsync($"sandbox/customers/{SandboxDriver.Customer}/messages")).Json;

    private Task<Answer> MarkAsync(string wamid, bool typing) => _sandbox.PostAsync(
        $$$"""{"messaging_product":"whatsapp","status":"read","message_id":"{{{wamid}}}"{{{(typing ? ",\"typing_indicator\":{\"type\":\"text\"}" : "")}}}}""");
}
