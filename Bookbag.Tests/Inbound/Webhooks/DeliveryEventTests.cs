using System.Text.Json.Nodes;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>What is left for Outbound to act on.</summary>
public sealed class DeliveryEventTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    private const string Customer = "16505550001";

    private Task<string?> EventsAsync(string columns, string? of = null) => Parts.Database.ScalarAsync<string>(
        $"SELECT string_agg(concat_ws(' ', {columns}), '; ' ORDER BY id) FROM delivery.events WHERE channel_id = '{of ?? Channel.Id.ToString()}'");

    private byte[] Text(string wamid, string text) => Meta.Messages(Channel.PhoneNumberId, Meta.Text(wamid, Customer, text, Noon));

    [Fact]
    public async Task A_status_of_what_Outbound_sent_is_left_for_it_as_Meta_said_it()
    {
        var recipient = Guid.CreateVersion7(Noon);
        Parts.Clock.Advance(TimeSpan.FromSeconds(9));
        await ApplyAsync(Meta.Statuses(Channel.PhoneNumberId, Meta.Status("campaign-1", "failed", Noon, recipient, error: 131049)));

        Assert.Equal($"status campaign-1 {recipient} p:{Customer} 00:00:09 failed 131049",
            await EventsAsync("kind, wamid, callback, customer, received_at - at, payload ->> 'status', payload #>> '{errors,0,code}'"));
        Assert.Equal($"{Channel.WorkspaceId} {Channel.AgentId}", await EventsAsync("workspace_id, agent_id"));
        Assert.Null(await RejectedAsync());
    }

    [Fact]
    public async Task A_status_of_our_own_reply_is_not_and_one_that_names_nobody_is_listed_besides()
    {
        await ApplyAsync(Text("own-q", "Hello?"));
        await ReplyAsync(Customer, "sent", "own-r");
        await ApplyAsync(Meta.Statuses(Channel.PhoneNumberId, Meta.Status("own-r", "delivered", Noon), Meta.Status("stranger", "delivered", Noon)));

        Assert.Equal("stranger", await EventsAsync("wamid"));
        Assert.Equal("unknown_message entry[0].changes[0].value.statuses[1]", await RejectedAsync());
    }

    [Theory]
    [InlineData("message_template_status_update", "template")]
    [InlineData("template_category_update", "template")]
    [InlineData("business_capability_update", "account")]
    [InlineData("phone_number_quality_update", "account")]
    [InlineData("account_update", "account")]
    [InlineData("security", "account")]
    [InlineData("flows", null)]
    public async Task A_change_of_an_account_concerns_each_of_its_numbers_once(string field, string? kind)
    {
        var account = NextNumber();
        var one = await Parts.ConnectAsync(NextNumber(), Channel.AppSecret, account);
        var two = await Parts.ConnectAsync(NextNumber(), Channel.AppSecret, account);
        var body = Meta.OfAccount(account, field, new() { ["event"] = "PAUSED" }, Noon.AddMinutes(-1));
        await ApplyAsync(body, body);
        await ApplyAsync(body);
        await ApplyAsync(Meta.OfAccount(account, field, new() { ["event"] = "PAUSED" }, Noon.AddMinutes(-2)));

        var once = kind is null ? null : $"{kind} {field} PAUSED 00:01:00; {kind} {field} PAUSED 00:02:00";
        foreach (var channel in new[] { one, two })
            Assert.Equal(once, await EventsAsync("kind, field, payload ->> 'event', received_at - at", channel.Id.ToString()));
    }

    [Fact]
    public async Task Each_preference_is_an_event_of_its_customer()
    {
        JsonObject Preference(string customer, string value) => new() { [customer[0] == 'U' ? "user_id" : "wa_id"] = customer, ["category"] = "marketing_messages", ["value"] = value, ["timestamp"] = Noon.ToUnixTimeSeconds() };
        var body = Meta.Post(Meta.Change(Channel.PhoneNumberId, "user_preferences", [Preference(Customer, "stop"), Preference("US.1349", "resume")], "user_preferences"));
        await ApplyAsync(body, body);

        Assert.Equal($"preference p:{Customer} stop; preference u:US.1349 resume", await EventsAsync("kind, customer, payload ->> 'value'"));
    }

    [Fact]
    public async Task A_stop_is_noted_opens_the_window_and_gets_no_answer_and_a_start_is_answered()
    {
        await ApplyAsync(Text("s1", " STOP! "), Text("s1", " STOP! "), Text("s2", "Please stop sending so late"), Text("s3", "start"));

        Assert.Equal($"opt_out s1 p:{Customer}; opt_in s3 p:{Customer}", await EventsAsync("kind, wamid, customer"));
        Assert.Equal("f", await MessageAsync("awaiting", "s1"));
        Assert.Equal("t", await MessageAsync("awaiting", "s2"));
        Assert.Equal(Noon, await TimeAsync("last_inbound_at"));
    }

    [Fact]
    public async Task A_stop_of_a_customer_with_a_number_and_a_user_id_counts_for_both()
    {
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("both", Customer, "stop", Noon, userId: "US.8001")));
        Assert.Equal($"opt_out p:{Customer}; opt_out u:US.8001", await EventsAsync("kind, customer"));
    }
}
