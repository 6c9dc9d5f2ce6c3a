using System.Text.Json.Nodes;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>Who a message is from: by phone number, by user id, by both.</summary>
public sealed class CustomerTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    private const string Phone = "16505550001";
    private const string UserId = "US.13491208655302741918";

    private byte[] From(string wamid, string? phone, string? userId) =>
        Meta.Messages(Channel.PhoneNumberId, Meta.Text(wamid, phone, "Hello", Noon, userId));

    [Fact]
    public async Task A_customer_without_a_number_has_a_conversation_all_the_same()
    {
        await ApplyAsync(From("w1", null, UserId), From("w2", "", UserId));

        Assert.Equal(UserId, await ConversationAsync("customer_phone, customer_user_id"));
        Assert.Equal(2, await CountAsync("messages"));
        Assert.Equal(1, await CountAsync("conversations"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_with_both_joins_what_was_known_by_either(bool inOneBatch)
    {
        byte[][] bodies = [From("w1", Phone, null), From("w2", Phone, UserId), From("w3", null, UserId)];
        if (inOneBatch)
            await ApplyAsync(bodies);
        else
            foreach (var body in bodies)
                await ApplyAsync(body);

        Assert.Equal(1, await CountAsync("conversations"));
        Assert.Equal($"{Phone},{UserId}", await ConversationAsync("customer_phone, customer_user_id"));
        Assert.Equal(2, await CountAsync("conversation_addresses"));
    }

    [Fact]
    public async Task Where_number_and_user_id_had_conversations_the_user_ids_goes_on()
    {
        await ApplyAsync(From("byPhone", Phone, null));
        await ApplyAsync(From("byUser", null, UserId));
        await ApplyAsync(From("both", Phone, UserId));
        await ApplyAsync(From("byPhoneAgain", Phone, null));

        Assert.Equal(2, await CountAsync("conversations"));
        Assert.Equal(3, await CountAsync("messages", $"conversation_id = (SELECT id FROM inbound.conversations WHERE channel_id = '{Channel.Id}' AND customer_user_id = '{UserId}')"));
    }

    [Fact]
    public async Task A_username_and_a_parent_user_id_are_kept_and_what_a_later_webhook_leaves_out_stays()
    {
        const string ParentUserId = "US.ENT.11815799212886844830";
        var hello = Meta.Text("hello", null, "Hello", Noon, UserId);
        hello["from_parent_user_id"] = ParentUserId;
        var contact = new JsonObject { ["user_id"] = UserId, ["profile"] = new JsonObject { ["name"] = "Ann", ["username"] = "@ann.smith" } };
        await ApplyAsync(Meta.Post(Meta.Change(Channel.PhoneNumberId, "messages", [hello], contact: contact)));
        await ApplyAsync(From("again", null, UserId));
        Assert.Equal($"Ann,@ann.smith,{ParentUserId}", await ConversationAsync("customer_name, customer_username, customer_parent_user_id"));
    }

    [Fact]
    public async Task What_Meta_reports_of_a_number_is_kept_the_latest_of_each_kind()
    {
        static JsonObject Problem(int code, string details) => new() { ["code"] = code, ["title"] = "Problem", ["error_data"] = new JsonObject { ["details"] = details } };
        await ApplyAsync(Meta.Post(Meta.Change(Channel.PhoneNumberId, "errors", [Problem(130429, "Too fast."), Problem(131031, "Locked.")])));
        await ApplyAsync(Meta.Post(Meta.Change(Channel.PhoneNumberId, "errors", [Problem(131031, "Still locked.")])));

        Assert.Equal(2, await CountAsync("channel_reports"));
        Assert.Equal(1, await CountAsync("channel_reports", "code = 131031 AND text LIKE '%Locked.'"));
        Assert.Null(await RejectedAsync());

        Parts.Clock.Advance(TimeSpan.FromMinutes(1));
        await ApplyAsync(Meta.Post(Meta.Change(Channel.PhoneNumberId, "errors", [Problem(131031, "Still locked.")])));
        Assert.Equal(1, await CountAsync("channel_reports", "code = 131031 AND text LIKE '%Still locked.'"));
    }

    [Fact]
    public async Task A_changed_number_keeps_the_conversation()
    {
        const string NewPhone = "16505559999";
        await ApplyAsync(From("before", Phone, null));
        var notice = Meta.Message("notice", Phone, "system", Noon, new JsonObject
        {
            ["type"] = "user_changed_number",
            ["body"] = "The customer changed number.",
            ["wa_id"] = NewPhone,
        });
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, notice), From("after", NewPhone, null));

        Assert.Equal(1, await CountAsync("conversations"));
        Assert.Equal(NewPhone, await ConversationAsync("customer_phone"));
        Assert.Equal("in,system,f", await MessageAsync("direction, author, awaiting", "notice"));
        Assert.Equal(2, await CountAsync("messages", "awaiting"));
    }

    [Fact]
    public async Task Two_replicas_that_meet_a_customer_at_once_begin_one_conversation()
    {
        await ArriveAsync([.. Enumerable.Range(0, 60).Select(i => From($"w{i}", i % 3 == 0 ? null : $"1650555{i / 6:D4}", i % 3 == 1 ? null : $"US.{i / 6:D10}"))]);
        var other = new IntakeParts(Database, batchSize: 3);
        var mine = new IntakeParts(Database, batchSize: 3);
        await Task.WhenAll(Enumerable.Repeat(mine, 3).Concat(Enumerable.Repeat(other, 3)).Select(async parts =>
        {
            while (await parts.Processor.RunOnceAsync(CancellationToken.None) > 0)
            {
            }
        }));

        Assert.Equal(60, await CountAsync("messages"));
        Assert.Equal(0, await CountAsync("messages", "NOT EXISTS (SELECT FROM inbound.conversations c WHERE c.channel_id = messages.channel_id AND c.id = messages.conversation_id)"));
        Assert.Equal(0, await CountAsync("conversation_addresses", "NOT EXISTS (SELECT FROM inbound.conversations c WHERE c.channel_id = conversation_addresses.channel_id AND c.id = conversation_id)"));
        await mine.StopAsync();
        await other.StopAsync();
    }
}
