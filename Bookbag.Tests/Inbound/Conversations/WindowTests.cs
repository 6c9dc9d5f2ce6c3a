using Bookbag.Inbound.Conversations;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Conversations;

/// <summary>The 24-hour window, at the moment of sending.</summary>
public sealed class WindowTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly TimeSpan Sendable = CustomerServiceWindow.Length - CustomerServiceWindow.SafetyMargin;

    [Fact]
    public async Task A_message_whose_webhook_came_just_in_time_is_answered()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        await world.CustomerWritesAsync("Hi", at: TurnWorld.Start - Sendable + TimeSpan.FromMilliseconds(1));
        await world.NewWorker().RunOnceAsync(default);

        Assert.Single(world.Graph.Messages);
    }

    [Fact]
    public async Task A_message_whose_webhook_came_too_late_is_left_unanswered_and_that_is_written_down()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Answer = (_, _) => throw new InvalidOperationException("Nothing may be asked.");
        var conversation = await world.CustomerWritesAsync("Hi", at: TurnWorld.Start - Sendable);
        await world.NewWorker().RunOnceAsync(default);

        Assert.Empty(world.Graph.Messages);
        Assert.Empty(world.Graph.Receipts);
        var note = Assert.Single(await world.RepliesAsync(conversation));
        Assert.Equal((MessageStatus.Discarded, ReplyStep.WindowClosed, null), (note.Status, note.ErrorText, note.Text));
        var left = await world.ConversationAsync(conversation);
        Assert.Equal((ConversationMode.Ai, null), (left.Mode, left.UnansweredSince));
        Assert.Null(await world.DueAsync(conversation));
    }

    [Fact]
    public async Task A_reply_that_waits_is_discarded_when_the_window_closes()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.RefuseNext(190);
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Hi", at: TurnWorld.Start - Sendable + TimeSpan.FromSeconds(30));
        await worker.RunOnceAsync(default);

        // Looked at when the window closes, not when the back-off ends.
        Assert.Equal(TurnWorld.Start.AddSeconds(30), await world.DueAsync(conversation));
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        await worker.RunOnceAsync(default);

        var reply = Assert.Single(await world.RepliesAsync(conversation));
        Assert.Equal((MessageStatus.Discarded, ReplyStep.WindowClosed), (reply.Status, reply.ErrorText));
        Assert.Single(world.Graph.Messages);
        Assert.Null(await world.DueAsync(conversation));
    }

    [Fact]
    public async Task A_reply_of_unknown_outcome_is_not_sent_again_once_the_window_is_closed()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.LoseNext();
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Hi", at: TurnWorld.Start - Sendable + TimeSpan.FromSeconds(10));
        await worker.RunOnceAsync(default);
        world.Clock.Advance(world.Options.SettleAfter);
        await worker.RunOnceAsync(default);

        Assert.Single(world.Graph.Messages);
        Assert.Equal(MessageStatus.Failed, Assert.Single(await world.RepliesAsync(conversation)).Status);
    }

    [Fact]
    public async Task While_the_channel_is_not_connected_messages_wait_until_the_window_closes()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        await database.DataSource.ExecuteAsync("DELETE FROM platform.channels");
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Hi", at: TurnWorld.Start - Sendable + TimeSpan.FromSeconds(90));
        await worker.RunOnceAsync(default);
        Assert.Equal(TurnWorld.Start.AddSeconds(60), await world.DueAsync(conversation));
        world.Clock.Advance(TimeSpan.FromSeconds(60));
        await worker.RunOnceAsync(default);
        Assert.Equal(TurnWorld.Start.AddSeconds(90), await world.DueAsync(conversation));
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        await worker.RunOnceAsync(default);

        Assert.Equal(MessageStatus.Discarded, Assert.Single(await world.RepliesAsync(conversation)).Status);
    }
}
