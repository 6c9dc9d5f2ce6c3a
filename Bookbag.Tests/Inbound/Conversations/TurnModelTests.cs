using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.Knowledge;
using Bookbag.Tests.Embedded;
using Bookbag.Tests.Inbound.Models;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Inbound.Conversations;

/// <summary>Turns whose answers a model words that is slow, late, failing, or asks for a person.</summary>
public sealed class TurnModelTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Question = "what does gift wrapping cost?";
    private const string Said = "Gift wrapping costs 2.50 per order. [1]";

    private readonly TaskCompletionSource _thought = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ModelDouble _model = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync() => _model = await ModelDouble.StartAsync();

    public async Task DisposeAsync() => await _model.DisposeAsync();

    [Fact]
    public async Task An_answer_is_not_sent_when_a_person_took_over_meanwhile()
    {
        await using var world = await WorldAsync();
        _model.Behave = ModelDouble.After(_thought.Task, ModelDouble.Say(Said));
        var conversation = await world.CustomerWritesAsync(Question);
        var turn = world.NewWorker().RunOnceAsync(default);
        await AskedAsync(1);
        await world.TakeOverAsync(conversation);
        _thought.SetResult();
        await turn;

        Assert.Empty(world.Graph.Texts);
        Assert.DoesNotContain(await world.RepliesAsync(conversation), reply => reply.Author == MessageAuthor.Ai);
        Assert.Equal(ConversationMode.Human, (await world.ConversationAsync(conversation)).Mode);
    }

    [Fact]
    public async Task A_message_that_comes_meanwhile_is_answered_together_with_the_first_and_once()
    {
        await using var world = await WorldAsync();
        _model.Behave = ModelDouble.InTurn(ModelDouble.After(_thought.Task, ModelDouble.Say("A card is free. [1]")), ModelDouble.Say(Said));
        var conversation = await world.CustomerWritesAsync("Is a card free?");
        var worker = world.NewWorker();
        var turn = worker.RunOnceAsync(default);
        await AskedAsync(1);
        await world.CustomerWritesAsync(Question, conversation);
        _thought.SetResult();
        await turn;
        Assert.Empty(world.Graph.Texts);

        await worker.RunOnceAsync(default);
        Assert.Equal(["Gift wrapping costs 2.50 per order."], world.Graph.Texts);
        Assert.EndsWith($"Is a card free?\n{Question}", _model.Requests.Last().All, StringComparison.Ordinal);
        Assert.Equal(0, await worker.RunOnceAsync(default));
    }

    [Fact]
    public async Task An_answer_is_not_sent_when_the_window_closed_meanwhile()
    {
        await using var world = await WorldAsync(("IdleTimeout", "00:02:00"), ("AttemptTimeout", "00:02:00"), ("TotalTimeout", "00:02:00"));
        _model.Behave = ModelDouble.After(_thought.Task, ModelDouble.Say(Said));
        var at = world.Clock.GetUtcNow();
        var conversation = await world.CustomerWritesAsync(Question, at: at);
        var window = (await world.ConversationAsync(conversation)).Window;
        var last = at.AddHours(24);
        while (!window.AllowsSendingAt(last))
            last = last.AddSeconds(-1);
        world.Clock.SetUtcNow(last);
        var turn = world.NewWorker().RunOnceAsync(default);
        await AskedAsync(1);
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        _thought.SetResult();
        await turn;

        Assert.Empty(world.Graph.Texts);
        var left = Assert.Single(await world.RepliesAsync(conversation));
        Assert.Equal((MessageStatus.Discarded, ReplyStep.WindowClosed), (left.Status, left.ErrorText));
        Assert.Null(await world.DueAsync(conversation));
    }

    [Fact]
    public async Task A_model_that_hangs_is_tried_again_and_then_a_person_is_asked_with_the_reason_in_words()
    {
        await using var world = await WorldAsync(("IdleTimeout", "00:00:01"), ("AttemptTimeout", "00:00:01"), ("TotalTimeout", "00:00:01"));
        world.SurvivesFailures = true;
        _model.Behave = ModelDouble.HangAfter("Gift wrap");
        var conversation = await world.CustomerWritesAsync(Question);
        var worker = world.NewWorker();
        for (var tries = 1; tries <= world.Options.MaxAnswerAttempts; tries++)
        {
            Assert.Empty(world.Graph.Texts);
            await world.AdvanceToDueAsync(conversation);
            var turn = worker.RunOnceAsync(default);
            await world.Clock.StepUntilAsync(TimeSpan.FromMilliseconds(250), () => Task.FromResult(turn.IsCompleted));
            Assert.Equal(1, await turn);
        }

        Assert.Equal(world.Options.MaxAnswerAttempts, _model.Requests.Count);
        Assert.StartsWith("I am handing this over", Assert.Single(world.Graph.Texts), StringComparison.Ordinal);
        Assert.Equal("failure|The agent could not make an answer, 4 times in a row. The model did not answer in time.", await TicketAsync(conversation));
        Assert.Equal(0, await worker.RunOnceAsync(default));
    }

    [Fact]
    public async Task A_model_that_asks_for_a_person_opens_a_ticket_with_its_reason()
    {
        await using var world = await WorldAsync();
        _model.Behave = ModelDouble.Call("escalate", """{"reason":"The customer wants a refund."}""");
        var conversation = await world.CustomerWritesAsync(Question);
        await world.NewWorker().RunOnceAsync(default);

        Assert.StartsWith("I am handing this over", Assert.Single(world.Graph.Texts), StringComparison.Ordinal);
        Assert.Equal("model|The model asked for a person. The customer wants a refund.", await TicketAsync(conversation));
    }

    [Fact]
    public async Task What_a_campaign_and_a_person_said_comes_to_the_model_as_such()
    {
        await using var world = await WorldAsync();
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("hello");
        await worker.RunOnceAsync(default);
        await database.DataSource.ExecuteAsync($"UPDATE inbound.messages SET author = 'campaign', text = 'All lamps are 20% off with the code SPRING.' WHERE conversation_id = '{conversation}' AND direction = 'out'");
        _model.Behave = ModelDouble.Say("The code for lamps is SPRING. [1]");
        await world.CustomerWritesAsync("Which code is it for the lamps?", conversation);
        await worker.RunOnceAsync(default);

        Assert.Equal("The code for lamps is SPRING.", world.Graph.Texts[^1]);
        Assert.Contains("The business wrote to this customer first", Assert.Single(_model.Requests).System, StringComparison.Ordinal);
    }

    private async Task<TurnWorld> WorldAsync(params (string Name, string Value)[] settings)
    {
        var world = await TurnWorld.CreateAsync(database);
        var agent = await MakeKnowledge.AgentAsync(database, SourceContent.Pasted("Gifts", "# Gift wrapping\nGift wrapping costs 2.50 per order. A card is free."));
        var answerer = ModelHost.Build(database, ModelHost.For(_model, settings), world.Clock).Services.GetRequiredService<Answerer>();
        world.Answer = (question, cancellationToken) => answerer.AnswerAsync(question with { WorkspaceId = agent.WorkspaceId, AgentId = agent.AgentId }, cancellationToken);
        world.HandOff = answerer.HandOffAsync;
        return world;
    }

    private Task AskedAsync(int times) => Eventually.TrueAsync(() => Task.FromResult(_model.Requests.Count >= times), "the model is asked", 60);

    private Task<string?> TicketAsync(Guid conversation) =>
        database.DataSource.ScalarAsync<string>($"SELECT concat_ws('|', cause, reason) FROM inbound.tickets WHERE conversation_id = '{conversation}'");
}
