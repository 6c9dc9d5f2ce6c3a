using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>What Meta's statuses do to our replies.</summary>
public sealed class StatusTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    private const string Customer = "16505550001";

    private Task BeginAsync() => ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("question", Customer, "Hello?", Noon)));

    private byte[] Status(string wamid, string status, DateTimeOffset at, Guid? id = null, int? error = null) =>
        Meta.Statuses(Channel.PhoneNumberId, Meta.Status(wamid, status, at, id, error));

    [Fact]
    public async Task Statuses_in_any_order_and_twice_move_a_reply_up_only()
    {
        await BeginAsync();
        await ReplyAsync(Customer, "sent", "r1");
        byte[][] statuses = [Status("r1", "read", Noon.AddSeconds(3)), Status("r1", "sent", Noon.AddSeconds(1)), Status("r1", "delivered", Noon.AddSeconds(2)), Status("r1", "sent", Noon.AddSeconds(1))];
        Parts.Clock.Advance(TimeSpan.FromMinutes(1));
        await ApplyAsync(statuses);
        foreach (var status in statuses)
            await ApplyAsync(status);

        Assert.Equal("read,3,00:00:01,00:00:02,00:00:03", await MessageAsync("status, status_rank, sent_at - at, delivered_at - at, read_at - at", "r1"));
        Assert.Null(await RejectedAsync());
    }

    [Fact]
    public async Task A_status_that_is_faster_than_Graphs_answer_settles_the_reply_by_our_own_id()
    {
        await BeginAsync();
        var id = await ReplyAsync(Customer);
        await Parts.Database.ExecuteAsync($"UPDATE inbound.conversations SET turn_due_at = '{Noon.AddSeconds(20):O}' WHERE channel_id = '{Channel.Id}'");
        Parts.Clock.Advance(TimeSpan.FromSeconds(2));
        await ApplyAsync(Status("r2", "delivered", Noon.AddSeconds(1), id));
        await ApplyAsync(Status("r2", "read", Noon.AddSeconds(2)));

        Assert.Equal($"read,{id}", await MessageAsync("status, id", "r2"));
        Assert.Equal(1, await CountAsync("wamids", "wamid = 'r2'"));
        Assert.Equal(Noon.AddSeconds(2), await TimeAsync("turn_due_at"));
    }

    [Fact]
    public async Task A_reply_given_up_without_an_answer_was_sent_if_Meta_says_so()
    {
        await BeginAsync();
        var id = await ReplyAsync(Customer, "failed");
        await ApplyAsync(Status("r3", "delivered", Noon, id));

        Assert.Equal("delivered", await MessageAsync("status", "r3"));
    }

    [Fact]
    public async Task A_failed_reply_says_why_and_131047_closes_the_window()
    {
        await BeginAsync();
        await ReplyAsync(Customer, "sent", "r4");
        Parts.Clock.Advance(TimeSpan.FromSeconds(10));
        await ApplyAsync(Status("r4", "failed", Noon.AddSeconds(5), error: 131047));
        await ApplyAsync(Status("r4", "delivered", Noon.AddSeconds(6)));

        Assert.Equal("failed,131047,t", await MessageAsync("status, error_code, error_text <> ''", "r4"));
        Assert.Equal(Noon.AddSeconds(5), await TimeAsync("window_refused_at"));
    }

    [Fact]
    public async Task A_refusal_older_than_the_customers_last_message_closes_nothing()
    {
        await BeginAsync();
        await ReplyAsync(Customer, "sent", "r5");
        await ApplyAsync(Status("r5", "failed", Noon.AddHours(-1), error: 131047));

        Assert.Null(await TimeAsync("window_refused_at"));
    }

    [Fact]
    public async Task A_status_of_a_message_nobody_knows_is_listed_and_our_id_of_another_channel_is_no_key()
    {
        await BeginAsync();
        var id = await ReplyAsync(Customer);
        var other = await Parts.ConnectAsync(NextNumber(), "another-app-secret");
        Assert.True(await Parts.ArriveAsync(Meta.Statuses(other.PhoneNumberId, Meta.Status("stolen", "failed", Noon, id)), other.AppSecret));
        await ApplyAsync(Status("nobodys", "sent", Noon), Status("r6", "deleted", Noon));

        Assert.Equal("unknown_message entry[0].changes[0].value.statuses[0]", await RejectedAsync());
        Assert.Equal("sending", await Parts.Database.ScalarAsync<string>($"SELECT status FROM inbound.messages WHERE id = '{id}'"));
    }

    [Fact]
    public async Task An_echo_and_its_status_may_come_in_one_POST()
    {
        await ApplyAsync(Meta.Post(
            Meta.Change(Channel.PhoneNumberId, "statuses", [Meta.Status("e1", "delivered", Noon)]),
            Meta.Change(Channel.PhoneNumberId, "message_echoes", [Meta.Echo("e1", Customer, "Hello", Noon)], "smb_message_echoes")));

        Assert.Equal("human,delivered", await MessageAsync("author, status", "e1"));
        Assert.Null(await RejectedAsync());
    }
}
