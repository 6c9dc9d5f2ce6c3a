using System.Diagnostics;
using System.Net;
using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Conversations;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Conversations;

/// <summary>What becomes of customers' messages while everything works.</summary>
public sealed class TurnTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_message_is_answered_and_the_answer_settled()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var conversation = await world.CustomerWritesAsync("Do you deliver?");

        Assert.Equal(1, await world.NewWorker().RunOnceAsync(default));

        var reply = Assert.Single(await world.RepliesAsync(conversation));
        Assert.Equal(new GraphScript.Sent(reply.Id.ToString(), "+5511987654321", "Answer to: Do you deliver?"), Assert.Single(world.Graph.Messages));
        Assert.Equal((MessageStatus.Sent, "wamid.OUT1", "extract", "Because.", 0.9f, MessageAuthor.Ai), (reply.Status, reply.Wamid, reply.Outcome, reply.Why, reply.Score, reply.Author));
        Assert.Equal("Shop", reply.Citations!.Value[0].GetProperty("sourceName").GetString());
        Assert.Null(await world.DueAsync(conversation));
        Assert.Null((await world.ConversationAsync(conversation)).UnansweredSince);
        Assert.Equal(0, await world.NewWorker().RunOnceAsync(default));
    }

    [Fact]
    public async Task Metas_id_and_spelling_of_the_number_find_the_conversation_from_then_on()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var conversation = await world.CustomerWritesAsync("Hi");
        await world.NewWorker().RunOnceAsync(default);

        Assert.Equal(conversation, await database.DataSource.ScalarAsync<Guid>("SELECT conversation_id FROM inbound.conversation_addresses WHERE address = 'p:551187654321'"));
        Assert.Equal(conversation, await database.DataSource.ScalarAsync<Guid>("SELECT conversation_id FROM inbound.wamids WHERE wamid = 'wamid.OUT1'"));
    }

    [Fact]
    public async Task A_burst_of_messages_gets_one_answer()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var conversation = await world.CustomerWritesAsync("Hello");
        await world.CustomerWritesAsync("I have a question", conversation);
        await world.CustomerWritesAsync("Do you deliver?", conversation);

        await world.NewWorker().RunOnceAsync(default);

        Assert.Equal(["Answer to: Hello\nI have a question\nDo you deliver?"], world.Graph.Texts);
    }

    [Fact]
    public async Task A_message_that_comes_while_the_answer_is_made_gets_one_answer_together_with_the_first()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var conversation = await world.CustomerWritesAsync("Do you deliver?");
        var answers = 0;
        world.Answer = async (question, _) =>
        {
            if (answers++ == 0)
                await world.CustomerWritesAsync("To Lisbon?", conversation);
            return TurnWorld.Says(question.Text);
        };

        var worker = world.NewWorker();
        await worker.RunOnceAsync(default);
        Assert.Empty(world.Graph.Messages);
        await worker.RunOnceAsync(default);

        Assert.Equal(["Do you deliver?\nTo Lisbon?"], world.Graph.Texts);
        Assert.Equal(0, await worker.RunOnceAsync(default));
    }

    [Fact]
    public async Task A_message_that_comes_while_the_answer_is_sent_gets_an_answer_of_its_own()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var conversation = await world.CustomerWritesAsync("One");
        world.Graph.Next(async (_, _) =>
        {
            await world.CustomerWritesAsync("Two", conversation);
            return world.Graph.Accept();
        });

        var worker = world.NewWorker();
        await worker.RunOnceAsync(default);
        await worker.RunOnceAsync(default);

        Assert.Equal(["Answer to: One", "Answer to: Two"], world.Graph.Texts);
    }

    [Fact]
    public async Task Two_replicas_answer_every_conversation_once()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        for (var i = 0; i < 500; i++)
            await world.CustomerWritesAsync($"{i}", phone: $"{10_000 + i}");

        await Task.WhenAll(DrainAsync(world.NewWorker()), DrainAsync(world.NewWorker()));

        Assert.Equal(500, world.Graph.Messages.Count);
        Assert.Equal(500, world.Graph.Messages.DistinctBy(message => message.To).Count());

        static async Task DrainAsync(TurnWorker worker)
        {
            while (await worker.RunOnceAsync(default) > 0)
            {
            }
        }
    }

    [Fact]
    public async Task The_answer_knows_what_was_said_before()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        Question? asked = null;
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Do you deliver?");
        await worker.RunOnceAsync(default);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.CustomerWritesAsync("How much is it?", conversation);
        world.Answer = (question, _) =>
        {
            asked = question;
            return Task.FromResult(TurnWorld.Says("5"));
        };
        await worker.RunOnceAsync(default);

        Assert.Equal(("How much is it?", world.AgentId, world.WorkspaceId), (asked!.Text, asked.AgentId, asked.WorkspaceId));
        Assert.Equal([new HistoryLine(true, "Do you deliver?"), new HistoryLine(false, "Answer to: Do you deliver?")], asked.History);
    }

    [Fact]
    public async Task A_reply_stands_below_what_it_answers_even_when_Metas_clock_is_ahead()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var at = TurnWorld.Start.AddSeconds(3);
        var conversation = await world.CustomerWritesAsync("Hi", at: at);
        await world.NewWorker().RunOnceAsync(default);

        Assert.True(Assert.Single(await world.RepliesAsync(conversation)).At > at);
    }

    [Fact]
    public async Task A_long_answer_is_sent_in_parts_and_in_order()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var paragraphs = Enumerable.Range(1, 3).Select(i => new string((char)('a' + i), 3000)).ToArray();
        world.Answer = (_, _) => Task.FromResult(TurnWorld.Says(string.Join("\n\n", paragraphs)));
        var conversation = await world.CustomerWritesAsync("Tell me everything");

        await world.NewWorker().RunOnceAsync(default);

        Assert.Equal(paragraphs, world.Graph.Texts);
        var replies = await world.RepliesAsync(conversation);
        Assert.Equal(paragraphs, replies.Select(reply => reply.Text));
        Assert.All(replies, reply => Assert.Equal(MessageStatus.Sent, reply.Status));
        Assert.Null(await world.DueAsync(conversation));
    }

    [Fact]
    public async Task A_hand_off_tells_the_customer_and_pauses_the_agent()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Answer = (_, _) => Task.FromResult(TurnWorld.Says("A colleague will answer.", AnswerOutcome.Handoff, "The sources say nothing about it."));
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("May I pay in shells?");
        await worker.RunOnceAsync(default);

        Assert.Equal(["A colleague will answer."], world.Graph.Texts);
        var handed = await world.ConversationAsync(conversation);
        Assert.Equal((ConversationMode.Human, TurnWorld.Start, "The sources say nothing about it."), (handed.Mode, handed.EscalatedAt, handed.EscalationReason));

        await world.CustomerWritesAsync("Hello?", conversation);
        Assert.Equal(0, await worker.RunOnceAsync(default));
    }

    [Fact]
    public async Task The_customer_sees_read_at_once_and_typing_only_when_it_takes_a_while()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource<Answer>());
        world.Answer = (_, _) =>
        {
            asked.SetResult();
            return answer.Task;
        };
        await world.CustomerWritesAsync("Hm?");
        var turn = world.NewWorker().RunOnceAsync(default);
        await asked.Task;
        Assert.Equal([false], world.Graph.Receipts.Select(receipt => receipt.Typing));

        await world.Clock.AdvanceUntilAsync(world.Options.TypingAfter, () => world.Graph.Receipts.Count == 2);
        answer.SetResult(TurnWorld.Says("Well."));
        await turn;

        Assert.Equal([new("wamid.IN1", false), new("wamid.IN1", true)], world.Graph.Receipts);
    }

    [Fact]
    public async Task A_read_receipt_that_fails_harms_nothing()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.ReceiptStatus = HttpStatusCode.InternalServerError;
        await world.CustomerWritesAsync("Hi");
        await world.NewWorker().RunOnceAsync(default);

        Assert.Single(world.Graph.Messages);
    }

    [Fact]
    public async Task The_turn_goes_on_in_the_trace_of_the_webhook()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var turns = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Bookbag.Inbound",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                lock (turns)
                    turns.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        var conversation = await world.CustomerWritesAsync("Hi");
        await world.NewWorker().RunOnceAsync(default);

        lock (turns)
        {
            var turn = Assert.Single(turns, activity => Equals(activity.GetTagItem("bookbag.conversation.id"), conversation));
            Assert.Equal("0af7651916cd43dd8448eb211c80319c", turn.TraceId.ToHexString());
        }
    }
}
