using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Conversations;
using Bookbag.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Inbound.Conversations;

/// <summary>
/// A replica dies at each point of a turn, and another one goes on. The dead one is a worker whose clock stands still and that waits for something which
/// never comes; where the test lets it come all the same, the dead one has become a slow one, and must do no harm either.
/// </summary>
public sealed class TurnCrashTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Before_the_commit_the_next_worker_begins_again_and_the_first_ones_answer_is_never_sent()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var (asked, late) = (new TaskCompletionSource(), new TaskCompletionSource<Answer>());
        world.Answer = (_, _) =>
        {
            asked.SetResult();
            return late.Task;
        };
        var conversation = await world.CustomerWritesAsync("Hi");
        var dead = world.NewWorker(Frozen()).RunOnceAsync(default);
        await asked.Task;

        world.Answer = (_, _) => Task.FromResult(TurnWorld.Says("From the second"));
        var worker = world.NewWorker();
        world.Clock.Advance(world.Options.Lease - TimeSpan.FromTicks(10));
        Assert.Equal(0, await worker.RunOnceAsync(default));
        world.Clock.Advance(TimeSpan.FromTicks(10));
        Assert.Equal(1, await worker.RunOnceAsync(default));

        late.SetResult(TurnWorld.Says("From the first"));
        await dead;

        Assert.Equal(["From the second"], world.Graph.Texts);
        Assert.Single(await world.RepliesAsync(conversation));
    }

    [Fact]
    public async Task After_the_commit_the_reply_is_sent_once_more_with_the_same_id()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var arrived = new TaskCompletionSource();
        world.Graph.HoldNext(new TaskCompletionSource().Task, arrived);
        var conversation = await world.CustomerWritesAsync("Hi");
        var worker = world.NewWorker();
        _ = world.NewWorker(Frozen()).RunOnceAsync(default);
        await arrived.Task;

        Assert.Equal(0, await worker.RunOnceAsync(default));
        await world.AdvanceToDueAsync(conversation);
        Assert.Equal(1, await worker.RunOnceAsync(default));

        Assert.Equal(2, world.Graph.Messages.Count);
        Assert.Single(world.Graph.Messages.DistinctBy(message => message.Id));
        Assert.Equal(MessageStatus.Sent, Assert.Single(await world.RepliesAsync(conversation)).Status);
    }

    [Fact]
    public async Task After_the_commit_a_replica_that_just_started_gives_Meta_time_to_repeat_its_status()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var arrived = new TaskCompletionSource();
        world.Graph.HoldNext(new TaskCompletionSource().Task, arrived);
        var conversation = await world.CustomerWritesAsync("Hi");
        _ = world.NewWorker(Frozen()).RunOnceAsync(default);
        await arrived.Task;
        world.Clock.Advance(TimeSpan.FromMinutes(10));

        var worker = world.NewWorker();
        await world.AssertWaitsAnewAsync(worker, conversation);
    }

    [Fact]
    public async Task After_Graph_took_it_the_status_settles_it_and_nothing_is_sent_again()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var arrived = new TaskCompletionSource();
        world.Graph.HoldNext(new TaskCompletionSource().Task, arrived);
        var conversation = await world.CustomerWritesAsync("Hi");
        _ = world.NewWorker(Frozen()).RunOnceAsync(default);
        await arrived.Task;
        await world.StatusComesAsync(world.Graph.Messages[0].Id, "sent");

        await world.AdvanceToDueAsync(conversation);
        await world.NewWorker().RunOnceAsync(default);

        Assert.Single(world.Graph.Messages);
        Assert.Equal(MessageStatus.Sent, Assert.Single(await world.RepliesAsync(conversation)).Status);
        Assert.Null(await world.DueAsync(conversation));
    }

    [Fact]
    public async Task A_reply_that_was_taken_late_keeps_both_of_Metas_ids()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var (arrived, taken) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.Graph.HoldNext(taken.Task, arrived);
        var conversation = await world.CustomerWritesAsync("Hi");
        var worker = world.NewWorker();
        var slow = world.NewWorker(Frozen()).RunOnceAsync(default);
        await arrived.Task;
        await world.AdvanceToDueAsync(conversation);
        await worker.RunOnceAsync(default);
        taken.SetResult();
        await slow;

        Assert.Equal(2, await database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM inbound.wamids WHERE conversation_id = '{conversation}'"));
        var reply = Assert.Single(await world.RepliesAsync(conversation));
        Assert.Equal((MessageStatus.Sent, "wamid.OUT1"), (reply.Status, reply.Wamid));
    }

    [Fact]
    public async Task Between_two_parts_the_second_is_sent_by_the_next_worker()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Answer = (_, _) => Task.FromResult(TurnWorld.Says(new string('a', 3000) + "\n\n" + new string('b', 3000)));
        var arrived = new TaskCompletionSource();
        world.Graph.HoldNext(new TaskCompletionSource().Task, arrived);
        var conversation = await world.CustomerWritesAsync("Hi");
        _ = world.NewWorker(Frozen()).RunOnceAsync(default);
        await arrived.Task;
        await world.StatusComesAsync(world.Graph.Messages[0].Id, "sent");

        await world.AdvanceToDueAsync(conversation);
        await world.NewWorker().RunOnceAsync(default);

        Assert.Equal(["aaa", "bbb"], world.Graph.Texts.Select(text => text[..3]));
        Assert.All(await world.RepliesAsync(conversation), reply => Assert.Equal(MessageStatus.Sent, reply.Status));
    }

    [Fact]
    public async Task A_persons_message_that_was_committed_is_sent_by_any_worker()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var conversation = await world.CustomerWritesAsync("Hi");
        await world.WriteByHandAsync(conversation, "Ann here.");
        await world.NewWorker().RunOnceAsync(default);

        Assert.Equal(["Ann here."], world.Graph.Texts);
        Assert.Equal(MessageStatus.Sent, Assert.Single(await world.RepliesAsync(conversation)).Status);
    }

    [Fact]
    public async Task A_living_worker_keeps_its_conversation_however_long_the_answer_takes()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource<Answer>());
        world.Answer = (_, _) =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        var conversation = await world.CustomerWritesAsync("Hi");
        var turn = world.NewWorker().RunOnceAsync(default);
        await asked.Task;
        var other = world.NewWorker();
        for (var i = 0; i < 4; i++)
        {
            var before = await LeaseAsync();
            await world.Clock.StepUntilAsync(TimeSpan.FromMilliseconds(500), async () => await LeaseAsync() > before);
            Assert.Equal(0, await other.RunOnceAsync(default));
        }

        answer.SetResult(TurnWorld.Says("At last"));
        await turn;
        Assert.Equal(["At last"], world.Graph.Texts);

        Task<DateTime> LeaseAsync() => database.DataSource.ScalarAsync<DateTime>($"SELECT lease_until FROM inbound.conversations WHERE id = '{conversation}'");
    }

    private static FakeTimeProvider Frozen() => new(TurnWorld.Start);
}
