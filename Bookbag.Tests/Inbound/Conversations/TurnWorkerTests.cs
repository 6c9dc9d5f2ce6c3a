using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Conversations;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Conversations;

/// <summary>Failures of answering, and the worker's loop.</summary>
public sealed class TurnWorkerTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task An_answer_that_cannot_be_made_is_tried_again_and_then_a_person_is_asked()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.SurvivesFailures = true;
        world.Options.MaxAnswerAttempts = 3;
        var tries = 0;
        world.Answer = (_, _) =>
        {
            tries++;
            throw new HttpRequestException("The model is down.");
        };
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Hi");
        for (var i = 0; i < 4; i++)
        {
            await world.AdvanceToDueAsync(conversation);
            await worker.RunOnceAsync(default);
        }

        Assert.Equal(3, tries);
        Assert.Equal(["A colleague will answer you."], world.Graph.Texts);
        Assert.Single(world.Graph.Receipts);
        var handed = await world.ConversationAsync(conversation);
        Assert.Equal((ConversationMode.Human, "The agent could not make an answer, 3 times in a row. See the log."), (handed.Mode, handed.EscalationReason));
    }

    [Fact]
    public async Task A_new_message_gives_the_answer_new_tries()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.SurvivesFailures = true;
        world.Answer = (_, _) => throw new HttpRequestException("The model is down.");
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("One");
        await worker.RunOnceAsync(default);
        Assert.True(await world.DueAsync(conversation) > world.Clock.GetUtcNow());

        world.Answer = (question, _) => Task.FromResult(TurnWorld.Says(question.Text));
        await world.CustomerWritesAsync("Two", conversation);
        await worker.RunOnceAsync(default);

        Assert.Equal(["One\nTwo"], world.Graph.Texts);
    }

    [Fact]
    public async Task An_empty_answer_counts_as_none()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.SurvivesFailures = true;
        world.Answer = (_, _) => Task.FromResult(TurnWorld.Says(" \n"));
        var conversation = await world.CustomerWritesAsync("Hi");
        await world.NewWorker().RunOnceAsync(default);

        Assert.Empty(world.Graph.Messages);
        Assert.NotNull(await world.DueAsync(conversation));
    }

    [Fact]
    public async Task What_fails_in_one_conversation_does_not_keep_the_others()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.SurvivesFailures = true;
        world.Answer = (question, _) => question.Text == "3" ? throw new InvalidOperationException("A bug.") : Task.FromResult(TurnWorld.Says(question.Text));
        for (var i = 0; i < 10; i++)
            await world.CustomerWritesAsync($"{i}", phone: $"{100 + i}");
        await world.NewWorker().RunOnceAsync(default);

        Assert.Equal(9, world.Graph.Messages.Count);
    }

    [Fact]
    public async Task A_slow_answer_keeps_nobody_waiting()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Options.MaxConcurrency = 2;
        var slow = new TaskCompletionSource<Answer>();
        world.Answer = (question, _) => question.Text == "slow" ? slow.Task : Task.FromResult(TurnWorld.Says(question.Text));
        await world.CustomerWritesAsync("slow", phone: "99");
        for (var i = 0; i < 5; i++)
            await world.CustomerWritesAsync($"{i}", phone: $"{100 + i}");

        using var worker = world.NewWorker();
        await worker.StartAsync(default);
        await world.Clock.AdvanceUntilAsync(TimeSpan.Zero, () => world.Graph.Messages.Count == 5);
        slow.SetResult(TurnWorld.Says("slow"));
        await worker.StopAsync(default);

        Assert.Equal(["0", "1", "2", "3", "4", "slow"], world.Graph.Texts.Order());
    }

    [Fact]
    public async Task A_stopping_worker_finishes_what_it_began_and_begins_nothing_more()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource<Answer>());
        world.Answer = (_, _) =>
        {
            asked.SetResult();
            return answer.Task;
        };
        await world.CustomerWritesAsync("Before", phone: "1");
        using var worker = world.NewWorker();
        await worker.StartAsync(default);
        await asked.Task;
        var stopped = worker.StopAsync(default);
        var after = await world.CustomerWritesAsync("After", phone: "2");
        answer.SetResult(TurnWorld.Says("Done"));
        await stopped;

        Assert.Equal(["Done"], world.Graph.Texts);
        Assert.Empty(await world.RepliesAsync(after));
    }

    [Fact]
    public async Task A_stopping_worker_leaves_an_answer_that_takes_too_long_to_the_others_at_once()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var asked = new TaskCompletionSource();
        world.Answer = async (_, cancellationToken) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return TurnWorld.Says("Never");
        };
        await world.CustomerWritesAsync("Hi");
        using var worker = world.NewWorker();
        await worker.StartAsync(default);
        await asked.Task;
        var stopped = worker.StopAsync(default);
        await world.Clock.StepUntilAsync(TimeSpan.FromSeconds(1), () => Task.FromResult(stopped.IsCompleted));

        world.Answer = (question, _) => Task.FromResult(TurnWorld.Says(question.Text));
        await world.NewWorker().RunOnceAsync(default);
        Assert.Equal(["Hi"], world.Graph.Texts);
    }

    [Fact]
    public async Task A_call_of_Graph_is_waited_for_and_settled_however_long_it_takes_to_stop()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var (arrived, taken) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.Graph.HoldNext(taken.Task, arrived);
        var conversation = await world.CustomerWritesAsync("Hi");
        using var worker = world.NewWorker();
        await worker.StartAsync(default);
        await arrived.Task;
        var stopped = worker.StopAsync(default);
        world.Clock.Advance(world.Options.DrainFor);
        Assert.False(stopped.IsCompleted);
        taken.SetResult();
        await stopped;

        Assert.Equal(MessageStatus.Sent, Assert.Single(await world.RepliesAsync(conversation)).Status);
    }
}
