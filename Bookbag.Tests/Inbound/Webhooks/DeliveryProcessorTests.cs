using System.Text.Json.Nodes;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Webhooks;

public sealed class DeliveryProcessorTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    private const string Customer = "16505550001";

    private byte[] Text(string wamid, string text = "Hello", DateTimeOffset? at = null, string from = Customer) =>
        Meta.Messages(Channel.PhoneNumberId, Meta.Text(wamid, from, text, at ?? Noon));

    [Fact]
    public async Task A_text_message_begins_a_conversation_and_makes_its_turn_due()
    {
        await ApplyAsync(Text("w1", "Where is my order", Noon.AddSeconds(-2)));

        Assert.Equal("in,customer,text,Where is my order,received,t", await MessageAsync("direction, author, type, text, status, awaiting", "w1"));
        Assert.Equal($"{Customer},ai,1,0", await ConversationAsync("customer_phone, mode, epoch, turn_attempts"));
        Assert.Equal(Noon.AddSeconds(1), await TimeAsync("turn_due_at"));
        Assert.Equal(Noon.AddSeconds(-2), await TimeAsync("last_inbound_at"));
        Assert.Equal(Noon, await TimeAsync("unanswered_since"));
        Assert.Equal(0, await QueuedAsync());
    }

    [Fact]
    public async Task Several_messages_in_a_row_move_the_turn_but_not_past_the_cap()
    {
        for (var i = 0; i < 8; i++)
        {
            await ApplyAsync(Text($"row{i}", "and"));
            Parts.Clock.Advance(TimeSpan.FromSeconds(0.9));
        }

        Assert.Equal(Noon.AddSeconds(5), await TimeAsync("turn_due_at"));
        Assert.Equal("8", await ConversationAsync("epoch"));
    }

    [Fact]
    public async Task The_same_message_counts_once_in_a_POST_in_a_batch_and_later()
    {
        var message = Meta.Text("dup", Customer, "Hello", Noon);
        var twice = Meta.Messages(Channel.PhoneNumberId, message, message);
        await ApplyAsync(twice, twice, Text("dup"));
        await ApplyAsync(twice);

        Assert.Equal(1, await CountAsync("messages"));
        Assert.Equal("1", await ConversationAsync("epoch"));
    }

    [Fact]
    public async Task A_POST_of_a_thousand_updates_counts_whole_and_what_cannot_be_read_takes_nothing_with_it()
    {
        var items = Enumerable.Range(0, 1000).Select(i => i == 500
            ? new JsonObject { ["type"] = "text" }
            : Meta.Text($"many{i}", $"1650555{i % 40:D4}", $"Message {i}", Noon.AddSeconds(-i))).ToArray();
        Random.Shared.Shuffle(items);
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, items));

        Assert.Equal(999, await CountAsync("messages"));
        Assert.Equal(40, await CountAsync("conversations"));
        Assert.Equal(1, await CountAsync("webhook_rejections", "code = 'unreadable'"));
        Assert.Equal(40, await CountAsync("conversations", "last_message_at = (SELECT max(at) FROM inbound.messages m WHERE m.conversation_id = conversations.id)"));
    }

    [Fact]
    public async Task Messages_of_one_second_stay_in_the_order_in_which_Meta_named_them()
    {
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, [.. Enumerable.Range(0, 20).Select(i => Meta.Text($"s{i:D2}", Customer, $"{i}", Noon))]));

        var order = await Parts.Database.ScalarAsync<string>(
            $"SELECT string_agg(text, ' ' ORDER BY at, id) FROM inbound.messages WHERE channel_id = '{Channel.Id}'");
        Assert.Equal(string.Join(' ', Enumerable.Range(0, 20)), order);
    }

    [Fact]
    public async Task A_webhook_that_comes_late_does_not_reopen_the_window_and_wakes_nobody()
    {
        await ApplyAsync(Text("now", at: Noon.AddHours(-1)));
        await Parts.Database.ExecuteAsync($"UPDATE inbound.conversations SET window_refused_at = '{Noon.AddMinutes(-30):O}', turn_due_at = NULL WHERE channel_id = '{Channel.Id}'");
        await ApplyAsync(Text("late", at: Noon.AddDays(-6)), Text("yesterday", at: Noon.AddHours(-24)), Text("older", at: Noon.AddHours(-2)));

        Assert.Equal(Noon.AddHours(-1), await TimeAsync("last_inbound_at"));
        Assert.Equal(Noon.AddMinutes(-30), await TimeAsync("window_refused_at"));
        Assert.Equal("f", await MessageAsync("awaiting", "late"));
        Assert.Equal("f", await MessageAsync("awaiting", "yesterday"));
        Assert.Equal("t", await MessageAsync("awaiting", "older"));

        await ApplyAsync(Text("again"));
        Assert.Null(await TimeAsync("window_refused_at"));
        Assert.Equal(Noon, await TimeAsync("last_inbound_at"));
    }

    [Fact]
    public async Task A_message_dated_in_the_future_counts_from_its_arrival()
    {
        await ApplyAsync(Text("future", at: Noon.AddYears(1)));
        Assert.Equal(Noon, await TimeAsync("last_inbound_at"));
    }

    [Theory]
    [InlineData("reaction", """{"message_id":"w0","emoji":"👍"}""", false)]
    [InlineData("unsupported", """{"type":"poll"}""", true)]
    [InlineData("image", """{"id":"1","mime_type":"image/jpeg","caption":"Look"}""", true)]
    public async Task What_is_no_message_to_the_business_is_shown_and_answered_by_nobody(string type, string content, bool opensWindow)
    {
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Message("kind", Customer, type, Noon, JsonNode.Parse(content)!.AsObject())));

        var isAnswered = type == "image";
        Assert.Equal($"{type},{(isAnswered ? "t" : "f")}", await MessageAsync("type, awaiting", "kind"));
        Assert.Equal(isAnswered, await TimeAsync("turn_due_at") is not null);
        Assert.Equal(opensWindow, await TimeAsync("last_inbound_at") is not null);
    }

    [Fact]
    public async Task In_a_conversation_that_a_person_has_no_turn_is_due()
    {
        await ApplyAsync(Text("before"));
        await Parts.Database.ExecuteAsync($"UPDATE inbound.conversations SET mode = 'human', escalated_at = now(), turn_due_at = NULL WHERE channel_id = '{Channel.Id}'");
        await ApplyAsync(Text("after"));

        Assert.Equal("2", await ConversationAsync("epoch"));
        Assert.Null(await TimeAsync("turn_due_at"));
        Assert.Equal("t", await MessageAsync("awaiting", "after"));
    }

    [Fact]
    public async Task A_message_typed_on_the_phone_is_a_person_taking_over()
    {
        await ApplyAsync(Text("question"), Meta.Echoes(Channel.PhoneNumberId, Meta.Echo("echo", Customer, "I will look", Noon)));

        Assert.Equal("out,human,sent,I will look", await MessageAsync("direction, author, status, text", "echo"));
        Assert.Equal("human,2,I will look", await ConversationAsync("mode, epoch, last_message_text"));
        Assert.Equal("f", await MessageAsync("awaiting", "question"));
        Assert.Null(await TimeAsync("unanswered_since"));
    }

    [Fact]
    public async Task Our_own_reply_is_no_echo_and_an_old_one_says_nothing_about_today()
    {
        await ApplyAsync(Text("question"));
        await ReplyAsync(Customer, "sent", "ours");
        await ApplyAsync(Meta.Echoes(Channel.PhoneNumberId, Meta.Echo("ours", Customer, "Reply", Noon), Meta.Echo("old", Customer, "Long ago", Noon.AddDays(-3))));

        Assert.Equal("ai,1", await ConversationAsync("mode, epoch"));
        Assert.Equal(1, await CountAsync("messages", "wamid = 'ours'"));
        Assert.Equal(1, await CountAsync("messages", "wamid = 'old' AND author = 'human'"));
    }

    [Fact]
    public async Task A_webhook_about_a_number_of_another_workspace_counts_for_nobody_unless_its_own_secret_signed_it()
    {
        var victim = await Parts.ConnectAsync(NextNumber(), "the-victims-secret");
        var mixed = Meta.Post(
            Meta.Change(Channel.PhoneNumberId, "messages", [Meta.Text("mine", Customer, "Mine", Noon)]),
            Meta.Change(victim.PhoneNumberId, "messages", [Meta.Text("forged", Customer, "Forged", Noon)]));
        await ApplyAsync(mixed);

        Assert.Equal(1, await CountAsync("messages"));
        Assert.Equal(0, await Parts.Database.ScalarAsync<long>($"SELECT count(*) FROM inbound.messages WHERE channel_id = '{victim.Id}'"));
        Assert.Equal("unknown_number entry[0].changes[1]", await RejectedAsync());
        Assert.Equal(0, await Parts.Database.ScalarAsync<long>($"SELECT count(*) FROM inbound.webhook_rejections WHERE workspace_id = '{victim.WorkspaceId}'"));
    }

    [Fact]
    public async Task One_app_with_numbers_of_several_workspaces_reaches_all_of_them_with_one_POST()
    {
        var other = await Parts.ConnectAsync(NextNumber(), Channel.AppSecret);
        await ApplyAsync(Meta.Post(
            Meta.Change(Channel.PhoneNumberId, "messages", [Meta.Text("one", Customer, "One", Noon)]),
            Meta.Change(other.PhoneNumberId, "messages", [Meta.Text("one", Customer, "One", Noon)])));

        Assert.Equal(1, await CountAsync("messages"));
        Assert.Equal(1, await Parts.Database.ScalarAsync<long>($"SELECT count(*) FROM inbound.messages WHERE workspace_id = '{other.WorkspaceId}'"));
    }

    [Fact]
    public async Task The_channel_learns_its_account_and_that_webhooks_come()
    {
        await ApplyAsync(Text("w1"));

        Assert.Equal(Meta.Account, await Parts.Database.ScalarAsync<string>($"SELECT business_account_id FROM platform.channels WHERE id = '{Channel.Id}'"));
        Assert.Equal(Noon.UtcDateTime, await Parts.Database.ScalarAsync<DateTime>($"SELECT last_webhook_at FROM platform.channels WHERE id = '{Channel.Id}'"));
    }

    [Fact]
    public async Task What_nobody_applies_yet_is_kept_without_a_complaint()
    {
        await ApplyAsync(Meta.Post(new JsonObject { ["field"] = "something_new", ["value"] = new JsonObject { ["metadata"] = new JsonObject { ["phone_number_id"] = Channel.PhoneNumberId } } }));

        Assert.Null(await RejectedAsync());
        Assert.Equal(0, await QueuedAsync());
    }
}
