using Bookbag.Inbound.Conversations;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Inbound.Conversations;

/// <summary>What becomes of a reply when Graph refuses it, or does not say.</summary>
public sealed class ReplySettlingTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task What_Meta_refuses_for_now_is_sent_later_and_what_comes_after_it_waits()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Answer = (_, _) => Task.FromResult(TurnWorld.Says(new string('a', 3000) + "\n\n" + new string('b', 3000)));
        world.Graph.RefuseNext(131016);
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Hi");

        await worker.RunOnceAsync(default);
        Assert.Equal(0, await worker.RunOnceAsync(default));
        Assert.Equal([MessageStatus.Sending, MessageStatus.Sending], (await world.RepliesAsync(conversation)).Select(reply => reply.Status));

        await world.AdvanceToDueAsync(conversation);
        await worker.RunOnceAsync(default);

        Assert.Equal(["aaa", "aaa", "bbb"], world.Graph.Texts.Select(text => text[..3]));
        Assert.Single(world.Graph.Messages.Take(2).DistinctBy(message => message.Id));
        var replies = await world.RepliesAsync(conversation);
        Assert.All(replies, reply => Assert.Equal((MessageStatus.Sent, null), (reply.Status, reply.ErrorText)));
    }

    [Fact]
    public async Task What_Meta_keeps_refusing_fails_and_goes_to_a_person()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Options.MaxSendAttempts = 3;
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Hi");
        for (var i = 0; i < 3; i++)
        {
            world.Graph.RefuseNext(131016);
            await world.AdvanceToDueAsync(conversation);
            await worker.RunOnceAsync(default);
        }

        var reply = Assert.Single(await world.RepliesAsync(conversation));
        Assert.Equal((MessageStatus.Failed, 131016, world.Clock.GetUtcNow()), (reply.Status, reply.ErrorCode, reply.FailedAt));
        var handed = await world.ConversationAsync(conversation);
        Assert.Equal(ConversationMode.Human, handed.Mode);
        Assert.StartsWith("The agent's answer could not be sent.", handed.EscalationReason, StringComparison.Ordinal);
        Assert.Null(await world.DueAsync(conversation));
    }

    [Fact]
    public async Task What_Meta_refuses_for_good_fails_at_once_and_the_parts_after_it_are_not_sent()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Answer = (_, _) => Task.FromResult(TurnWorld.Says(new string('a', 3000) + "\n\n" + new string('b', 3000)));
        world.Graph.RefuseNext(131026);
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Hi");
        await worker.RunOnceAsync(default);
        await worker.RunOnceAsync(default);

        Assert.Equal([MessageStatus.Failed, MessageStatus.Discarded], (await world.RepliesAsync(conversation)).Select(reply => reply.Status));
        Assert.Single(world.Graph.Messages);
        Assert.Equal(ConversationMode.Human, (await world.ConversationAsync(conversation)).Mode);
    }

    [Fact]
    public async Task Metas_word_that_the_window_is_closed_is_final_until_the_customer_writes()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.RefuseNext(131047);
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Hi");
        await worker.RunOnceAsync(default);

        var reply = Assert.Single(await world.RepliesAsync(conversation));
        Assert.Equal((MessageStatus.Failed, 131047), (reply.Status, reply.ErrorCode));
        var refused = await world.ConversationAsync(conversation);
        Assert.Equal((ConversationMode.Ai, TurnWorld.Start, false), (refused.Mode, refused.WindowRefusedAt, refused.Window.AllowsSendingAt(TurnWorld.Start)));

        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.CustomerWritesAsync("Again", conversation);
        await worker.RunOnceAsync(default);
        Assert.Equal("Answer to: Again", world.Graph.Texts[^1]);
    }

    [Fact]
    public async Task A_broken_channel_says_so_and_its_replies_go_out_when_it_is_repaired()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.RefuseNext(190);
        world.Graph.RefuseNext(190);
        var worker = world.NewWorker();
        var first = await world.CustomerWritesAsync("First", phone: "111");
        await worker.RunOnceAsync(default);
        var second = await world.CustomerWritesAsync("Second", phone: "222");
        await worker.RunOnceAsync(default);

        Assert.Contains("access token", await world.ChannelProblemAsync(), StringComparison.Ordinal);
        Assert.Equal(MessageStatus.Sending, Assert.Single(await world.RepliesAsync(first)).Status);
        Assert.Equal(0, await worker.RunOnceAsync(default));

        // One that goes through shows that the channel works: the others need not wait for their time.
        await database.DataSource.ExecuteAsync($"UPDATE inbound.conversations SET turn_due_at = '{world.Clock.GetUtcNow():O}' WHERE id = '{first}'");
        await database.DataSource.ExecuteAsync($"UPDATE inbound.messages SET send_due_at = '{world.Clock.GetUtcNow():O}' WHERE conversation_id = '{first}' AND direction = 'out'");
        await worker.RunOnceAsync(default);
        Assert.Null(await world.ChannelProblemAsync());
        await worker.RunOnceAsync(default);

        Assert.Equal(MessageStatus.Sent, Assert.Single(await world.RepliesAsync(first)).Status);
        Assert.Equal(MessageStatus.Sent, Assert.Single(await world.RepliesAsync(second)).Status);
    }

    [Fact]
    public async Task A_reply_whose_answer_was_lost_is_settled_by_its_status()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.LoseNext();
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Hi");
        await worker.RunOnceAsync(default);
        Assert.Equal(MessageStatus.Sending, Assert.Single(await world.RepliesAsync(conversation)).Status);

        await world.StatusComesAsync(world.Graph.Messages[0].Id, "delivered");
        await world.AdvanceToDueAsync(conversation);
        await worker.RunOnceAsync(default);

        Assert.Single(world.Graph.Messages);
        Assert.Equal(MessageStatus.Delivered, Assert.Single(await world.RepliesAsync(conversation)).Status);
        Assert.Null(await world.DueAsync(conversation));
    }

    [Fact]
    public async Task A_reply_whose_answer_was_lost_is_sent_once_more_with_the_same_id_when_no_status_comes()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.LoseNext();
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Hi");
        await worker.RunOnceAsync(default);
        Assert.Equal(TurnWorld.Start + world.Options.SettleAfter, await world.DueAsync(conversation));

        world.Clock.Advance(world.Options.SettleAfter - TimeSpan.FromTicks(10));
        Assert.Equal(0, await worker.RunOnceAsync(default));
        world.Clock.Advance(TimeSpan.FromTicks(10));
        await worker.RunOnceAsync(default);

        Assert.Equal(2, world.Graph.Messages.Count);
        Assert.Single(world.Graph.Messages.DistinctBy(message => message.Id));
        Assert.Equal(MessageStatus.Sent, Assert.Single(await world.RepliesAsync(conversation)).Status);
    }

    [Fact]
    public async Task A_reply_whose_answer_was_lost_is_not_sent_again_while_webhooks_wait_that_may_tell_of_it()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.LoseNext();
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Hi");
        await worker.RunOnceAsync(default);
        await database.DataSource.ExecuteAsync($"INSERT INTO inbound.webhook_stretches (delivery_id, received_at, due_at) VALUES (1, '{TurnWorld.Start:O}', '{TurnWorld.Start:O}')");
        await world.AdvanceToDueAsync(conversation);
        await worker.RunOnceAsync(default);
        Assert.Single(world.Graph.Messages);

        await database.DataSource.ExecuteAsync("DELETE FROM inbound.webhook_stretches");
        await world.AdvanceToDueAsync(conversation);
        await worker.RunOnceAsync(default);
        Assert.Equal(2, world.Graph.Messages.Count);
    }

    [Fact]
    public async Task A_reply_whose_answer_was_lost_waits_anew_after_Postgres_was_away_for_the_status_that_Meta_repeats()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.LoseNext();
        var replica = world.NewReplica();
        var worker = replica.GetRequiredService<TurnWorker>();
        var conversation = await world.CustomerWritesAsync("Hi");
        await worker.RunOnceAsync(default);

        world.Clock.Advance(TimeSpan.FromMinutes(10));
        replica.GetRequiredService<ReplySender>().WasAway();
        await world.AssertWaitsAnewAsync(worker, conversation);
    }

    [Fact]
    public async Task A_reply_whose_answer_was_lost_twice_fails_and_goes_to_a_person()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.LoseNext();
        world.Graph.LoseNext();
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Hi");
        for (var i = 0; i < 3; i++)
        {
            await world.AdvanceToDueAsync(conversation);
            await worker.RunOnceAsync(default);
        }

        Assert.Equal(2, world.Graph.Messages.Count);
        var reply = Assert.Single(await world.RepliesAsync(conversation));
        Assert.Equal(MessageStatus.Failed, reply.Status);
        Assert.StartsWith("Outcome unknown", reply.ErrorText, StringComparison.Ordinal);
        Assert.Equal(ConversationMode.Human, (await world.ConversationAsync(conversation)).Mode);
        Assert.Null(await world.DueAsync(conversation));
    }

    [Fact]
    public async Task A_status_that_is_faster_than_Graphs_answer_is_not_taken_back()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.Next(async (message, _) =>
        {
            await world.StatusComesAsync(message.Id, "delivered");
            return world.Graph.Accept();
        });
        var conversation = await world.CustomerWritesAsync("Hi");
        await world.NewWorker().RunOnceAsync(default);

        var reply = Assert.Single(await world.RepliesAsync(conversation));
        Assert.Equal((MessageStatus.Delivered, "wamid.OUT1"), (reply.Status, reply.Wamid));
    }
}
