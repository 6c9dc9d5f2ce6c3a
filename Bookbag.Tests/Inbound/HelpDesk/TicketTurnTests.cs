using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.HelpDesk;
using Bookbag.Inbound.Models;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.Tests.Inbound.Conversations;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Inbound.HelpDesk;

/// <summary>Tickets that turns open.</summary>
public sealed class TicketTurnTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Theory]
    [InlineData(EscalationCause.Customer)]
    [InlineData(EscalationCause.Model)]
    [InlineData(EscalationCause.Guardrail)]
    public async Task An_answer_that_hands_over_opens_a_ticket_with_its_cause(EscalationCause cause)
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Answer = (_, _) => Task.FromResult(TurnWorld.Says("A colleague will help.", AnswerOutcome.Handoff, "Why.") with { Cause = cause });
        var conversation = await world.CustomerWritesAsync("Help");

        await world.NewWorker().RunOnceAsync(default);

        Assert.Equal(["A colleague will help."], world.Graph.Texts);
        Assert.Equal($"new|{EnumWords.Of(cause)}|Why.", await TicketAsync(conversation));
    }

    [Fact]
    public async Task An_answer_that_Meta_refuses_for_good_opens_a_ticket()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.Graph.RefuseNext(131026);
        var conversation = await world.CustomerWritesAsync("Help");

        await world.NewWorker().RunOnceAsync(default);

        Assert.StartsWith("new|failure|The agent's answer could not be sent.", await TicketAsync(conversation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_made_opens_a_ticket_in_the_end()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        world.SurvivesFailures = true;
        world.Answer = (_, _) => throw new ModelUnavailableException("The model is over its quota (429).");
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Help");
        for (var i = 0; i < world.Options.MaxAnswerAttempts; i++)
        {
            await world.AdvanceToDueAsync(conversation);
            await worker.RunOnceAsync(default);
        }

        Assert.EndsWith("|The agent could not make an answer, 4 times in a row. The model is over its quota (429).", await TicketAsync(conversation), StringComparison.Ordinal);
        Assert.Equal(["A colleague will answer you."], world.Graph.Texts);
    }

    [Fact]
    public async Task A_persons_message_that_is_refused_makes_it_the_teams_turn_again()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var conversation = await world.CustomerWritesAsync("Help");
        await EscalateAsync(world, conversation);
        await database.DataSource.ExecuteAsync($"UPDATE inbound.tickets SET status = 'on_customer' WHERE conversation_id = '{conversation}'");
        await world.WriteByHandAsync(conversation, "Ann here.");
        world.Graph.RefuseNext(131026);

        await world.NewWorker().RunOnceAsync(default);

        Assert.Equal("on_you|campaign|Replies of this campaign go to people.", await TicketAsync(conversation));
    }

    [Fact]
    public async Task What_hands_a_conversation_over_drops_the_answer_in_the_making_and_does_it_once()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var conversation = await world.CustomerWritesAsync("Help");
        world.Answer = async (_, _) =>
        {
            await EscalateAsync(world, conversation);
            await EscalateAsync(world, conversation);
            return TurnWorld.Says("Too late");
        };

        await world.NewWorker().RunOnceAsync(default);

        Assert.Empty(world.Graph.Messages);
        Assert.Equal("new|campaign|Replies of this campaign go to people.", await TicketAsync(conversation));
        Assert.Equal(2, (await world.ConversationAsync(conversation)).Epoch);
    }

    [Fact]
    public async Task The_agent_that_goes_on_knows_what_the_person_said()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var worker = world.NewWorker();
        var conversation = await world.CustomerWritesAsync("Help");
        await world.WriteByHandAsync(conversation, "We send a new one. Ann");
        await worker.RunOnceAsync(default);
        await world.DoAsync(conversation, ConversationSql.Resume);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        IReadOnlyList<HistoryLine> history = [];
        world.Answer = (question, _) =>
        {
            history = question.History;
            return Task.FromResult(TurnWorld.Says("Soon."));
        };

        await world.CustomerWritesAsync("When?", conversation);
        await worker.RunOnceAsync(default);

        Assert.Equal([new(true, "Help"), new(false, "We send a new one. Ann", ByPerson: true)], history);
    }

    private static Task EscalateAsync(TurnWorld world, Guid conversation)
    {
        var services = world.NewReplica();
        return new HandOff(services.GetRequiredService<Npgsql.NpgsqlDataSource>(), services.GetRequiredService<WakeUps>(), world.Clock)
            .EscalateAsync(world.ChannelId, conversation, EscalationCause.Campaign, "Replies of this campaign go to people.", default);
    }

    private async Task<string?> TicketAsync(Guid conversation)
    {
        Assert.Equal(1, await database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM inbound.tickets WHERE conversation_id = '{conversation}'"));
        return await database.DataSource.ScalarAsync<string>($"SELECT status || '|' || cause || '|' || reason FROM inbound.tickets WHERE conversation_id = '{conversation}'");
    }
}
