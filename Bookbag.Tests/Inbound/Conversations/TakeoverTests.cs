using Bookbag.Inbound.Conversations;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Conversations;

/// <summary>Agent and person in one conversation: never both.</summary>
public sealed class TakeoverTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task An_answer_in_the_making_is_dropped_when_a_person_takes_over()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var conversation = await world.CustomerWritesAsync("Do you deliver?");
        world.Answer = async (_, _) =>
        {
            await world.TakeOverAsync(conversation);
            return TurnWorld.Says("Too late");
        };
        var worker = world.NewWorker();
        await worker.RunOnceAsync(default);
        await worker.RunOnceAsync(default);

        Assert.Empty(world.Graph.Messages);
        Assert.Empty(await world.RepliesAsync(conversation));
        Assert.Equal(ConversationMode.Human, (await world.ConversationAsync(conversation)).Mode);
        Assert.Null(await world.DueAsync(conversation));
    }

    [Fact]
    public async Task An_answer_that_takes_long_is_given_up_when_a_person_took_over()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var conversation = await world.CustomerWritesAsync("Do you deliver?");
        var asked = new TaskCompletionSource();
        world.Answer = async (_, cancellationToken) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return TurnWorld.Says("Never");
        };
        var turn = world.NewWorker().RunOnceAsync(default);
        await asked.Task;
        await world.TakeOverAsync(conversation);

        await world.Clock.StepUntilAsync(TimeSpan.FromMilliseconds(100), () => Task.FromResult(turn.IsCompleted));

        Assert.Empty(world.Graph.Messages);
    }

    [Fact]
    public async Task An_answer_that_was_refused_for_now_is_discarded_when_a_person_takes_over()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.RefuseNext(131016);
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Do you deliver?");
        await worker.RunOnceAsync(default);
        await world.TakeOverAsync(conversation);
        await worker.RunOnceAsync(default);

        var reply = Assert.Single(await world.RepliesAsync(conversation));
        Assert.Equal((MessageStatus.Discarded, "A person took over before it could be sent."), (reply.Status, reply.ErrorText));
        Assert.Single(world.Graph.Messages);
    }

    [Fact]
    public async Task A_persons_message_does_not_wait_for_an_answer_in_the_making()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.Answer = async (_, _) =>
        {
            asked.SetResult();
            await answer.Task;
            return TurnWorld.Says("Too late");
        };
        var conversation = await world.CustomerWritesAsync("Do you deliver?");
        var turn = world.NewWorker().RunOnceAsync(default);
        await asked.Task;
        await world.WriteByHandAsync(conversation, "Yes we do. Ann");
        await world.NewWorker().RunOnceAsync(default);
        Assert.Equal(["Yes we do. Ann"], world.Graph.Texts);

        answer.SetResult();
        await turn;

        Assert.Equal(["Yes we do. Ann"], world.Graph.Texts);
        Assert.Equal([(MessageAuthor.Human, MessageStatus.Sent)], (await world.RepliesAsync(conversation)).Select(reply => (reply.Author, reply.Status)));
    }

    [Fact]
    public async Task A_persons_message_follows_the_answer_that_is_on_its_way()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var (arrived, taken) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.Graph.HoldNext(taken.Task, arrived);
        var conversation = await world.CustomerWritesAsync("Do you deliver?");
        var turn = world.NewWorker().RunOnceAsync(default);
        await arrived.Task;
        await world.WriteByHandAsync(conversation, "Ann here.");

        var other = world.NewWorker();
        await other.RunOnceAsync(default);
        Assert.Equal(["Answer to: Do you deliver?"], world.Graph.Texts);

        taken.SetResult();
        await turn;
        await other.RunOnceAsync(default);

        Assert.Equal(["Answer to: Do you deliver?", "Ann here."], world.Graph.Texts);
        Assert.All(await world.RepliesAsync(conversation), reply => Assert.Equal(MessageStatus.Sent, reply.Status));
        Assert.Null(await world.DueAsync(conversation));
    }

    [Fact]
    public async Task The_agent_does_not_answer_what_was_written_while_a_person_had_the_conversation()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("One");
        await world.TakeOverAsync(conversation);
        await world.CustomerWritesAsync("Two", conversation);
        Assert.Equal(1, await worker.RunOnceAsync(default));
        await world.DoAsync(conversation, ConversationSql.Resume);
        Assert.Equal(0, await worker.RunOnceAsync(default));

        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.CustomerWritesAsync("Three", conversation);
        await worker.RunOnceAsync(default);

        Assert.Equal(["Answer to: Three"], world.Graph.Texts);
    }

    [Fact]
    public async Task A_persons_message_that_failed_does_not_keep_the_agent_from_answering_after_it_resumed()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("One");
        await world.WriteByHandAsync(conversation, "By hand");
        await world.DoAsync(conversation, ConversationSql.Resume);
        await world.CustomerWritesAsync("Two", conversation);
        world.Graph.RefuseNext(131026);
        await worker.RunOnceAsync(default);
        await worker.RunOnceAsync(default);

        Assert.Equal(["By hand", "Answer to: Two"], world.Graph.Texts);
        Assert.Equal(ConversationMode.Ai, (await world.ConversationAsync(conversation)).Mode);
    }
}
