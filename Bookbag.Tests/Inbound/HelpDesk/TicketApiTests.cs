using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.HelpDesk;

/// <summary>Tickets over HTTP, as the team uses them.</summary>
public sealed class TicketApiTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_conversation_that_is_taken_over_has_a_ticket_of_who_took_it()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var (ann, client) = await world.JoinAsync();
        var conversation = await world.CustomerWritesAsync();

        await HelpDeskWorld.ReadAsync(client.PostAsync($"/api/conversations/{conversation}/takeover", null));

        var page = await client.GetFromJsonAsync<JsonElement>("/api/tickets?view=mine");
        var ticket = Assert.Single(page.GetProperty("items").EnumerateArray());
        Assert.Equal(("on_you", "takeover", $"Taken over by {ann.Email}.", ann.Id),
            (ticket.GetProperty("status").GetString(), ticket.GetProperty("cause").GetString(), ticket.GetProperty("reason").GetString(), ticket.GetProperty("assignee").GetProperty("id").GetGuid()));
        Assert.Equal((conversation, "Maria", HelpDeskWorld.Now.AddHours(24), true),
            (ticket.GetProperty("conversationId").GetGuid(), ticket.GetProperty("customer").GetProperty("name").GetString(),
            ticket.GetProperty("windowClosesAt").GetDateTimeOffset(), ticket.GetProperty("windowOpen").GetBoolean()));
        Assert.Equal("opened on_you, assigned", await world.TimelineAsync(ticket.GetProperty("id").GetGuid()));
    }

    [Fact]
    public async Task A_reply_makes_it_the_customers_turn_and_resuming_closes_it()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var (conversation, ticket) = await world.EscalatedAsync();
        var (_, client) = await world.JoinAsync();
        Assert.Equal("new", await world.TicketAsync(ticket, "status"));

        await HelpDeskWorld.ReadAsync(client.PostAsJsonAsync($"/api/conversations/{conversation}/messages", new { type = "text", text = "Ann here." }));
        Assert.Equal("on_customer", await world.TicketAsync(ticket, "status"));

        var resumed = await HelpDeskWorld.ReadAsync(client.PostAsync($"/api/conversations/{conversation}/resume", null));
        await HelpDeskWorld.ReadAsync(client.PostAsync($"/api/conversations/{conversation}/resume", null));

        Assert.Equal("ai", resumed.GetProperty("mode").GetString());
        Assert.Equal("closed,t", await world.TicketAsync(ticket, "status, closed_at IS NOT NULL"));
        Assert.Equal("opened new, status on_customer, assigned, closed closed", await world.TimelineAsync(ticket));
        await HelpDeskWorld.RefusedAsync(client.PatchAsJsonAsync($"/api/tickets/{ticket}", new { status = "on_hold" }), HttpStatusCode.Conflict, "ticket_done");
    }

    [Theory]
    [InlineData("closed")]
    [InlineData("cancelled")]
    public async Task A_ticket_that_is_done_gives_the_conversation_back_to_the_agent(string status)
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var (conversation, ticket) = await world.EscalatedAsync();

        var done = await HelpDeskWorld.ReadAsync(world.Program.PatchAsJsonAsync($"/api/tickets/{ticket}", new { status }));

        Assert.Equal(status, done.GetProperty("status").GetString());
        Assert.Equal("ai", (await world.Program.GetFromJsonAsync<JsonElement>($"/api/conversations/{conversation}")).GetProperty("mode").GetString());
        Assert.Equal($"opened new, {status} {status}", await world.TimelineAsync(ticket));

        await HelpDeskWorld.ReadAsync(world.Program.PostAsync($"/api/conversations/{conversation}/takeover", null));
        Assert.Equal(2, await database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM inbound.tickets WHERE conversation_id = '{conversation}'"));
    }

    [Fact]
    public async Task Of_two_who_take_a_ticket_at_once_one_gets_it_and_the_other_is_told_who()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var (_, ticket) = await world.EscalatedAsync();
        var people = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => world.JoinAsync()));

        var answers = await Task.WhenAll(people.Select(p => p.Client.PatchAsJsonAsync($"/api/tickets/{ticket}", new { assigneeId = p.Member.Id })));

        var holder = Guid.Parse((await world.TicketAsync(ticket, "assignee_id"))!);
        var winner = Assert.Single(people.Zip(answers), pair => pair.Second.IsSuccessStatusCode);
        Assert.Equal(holder, winner.First.Member.Id);
        foreach (var (_, answer) in people.Zip(answers).Where(pair => pair.Second != winner.Second))
        {
            var problem = await HelpDeskWorld.RefusedAsync(Task.FromResult(answer), HttpStatusCode.Conflict, "ticket_taken");
            Assert.Equal((holder, winner.First.Member.Email), (problem.GetProperty("assignee").GetProperty("id").GetGuid(), problem.GetProperty("assignee").GetProperty("name").GetString()));
        }

        Assert.Equal("opened new, assigned", await world.TimelineAsync(ticket));
    }

    [Fact]
    public async Task Of_two_who_take_a_conversation_over_at_once_one_gets_its_ticket()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var conversation = await world.CustomerWritesAsync();
        var people = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => world.JoinAsync()));

        var answers = await Task.WhenAll(people.Select(p => p.Client.PostAsync($"/api/conversations/{conversation}/takeover", null)));

        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        foreach (var late in answers.Where(answer => !answer.IsSuccessStatusCode))
            await HelpDeskWorld.RefusedAsync(Task.FromResult(late), HttpStatusCode.Conflict, "ticket_taken");
    }

    [Fact]
    public async Task A_ticket_goes_from_one_to_another_where_that_is_meant()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var (_, ticket) = await world.EscalatedAsync();
        var (ann, client) = await world.JoinAsync();
        var (bob, _) = await world.JoinAsync();
        var (viewer, looking) = await world.JoinAsync(Role.Viewer);
        await HelpDeskWorld.ReadAsync(client.PatchAsJsonAsync($"/api/tickets/{ticket}", new { assigneeId = ann.Id }));

        await HelpDeskWorld.RefusedAsync(client.PatchAsJsonAsync($"/api/tickets/{ticket}", new { assigneeId = bob.Id }), HttpStatusCode.Conflict, "ticket_taken");
        var given = await HelpDeskWorld.ReadAsync(client.PatchAsJsonAsync($"/api/tickets/{ticket}", new { assigneeId = bob.Id, replaces = ann.Id }));
        Assert.Equal(bob.Id, given.GetProperty("assignee").GetProperty("id").GetGuid());
        await HelpDeskWorld.RefusedAsync(client.PatchAsJsonAsync($"/api/tickets/{ticket}", new { assigneeId = viewer.Id, replaces = bob.Id }), HttpStatusCode.BadRequest, "assignee_unknown");
        Assert.Equal(HttpStatusCode.Forbidden, (await looking.PatchAsJsonAsync($"/api/tickets/{ticket}", new { status = "on_hold" })).StatusCode);

        var free = await HelpDeskWorld.ReadAsync(client.PatchAsJsonAsync($"/api/tickets/{ticket}", new { unassign = true, status = "on_hold" }));
        Assert.Equal((JsonValueKind.Null, "on_hold"), (free.GetProperty("assignee").ValueKind, free.GetProperty("status").GetString()));
        Assert.Equal("opened new, assigned, assigned, unassigned, status on_hold", await world.TimelineAsync(ticket));
    }

    [Fact]
    public async Task Views_status_and_search_find_tickets_page_by_page()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var (ann, client) = await world.JoinAsync();
        var tickets = new List<Guid>();
        foreach (var name in new[] { "Maria", "Jo%o", "Zoë", "Max", "Ida" })
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            tickets.Add((await world.EscalatedAsync($"Question of {name}", name)).Ticket);
        }

        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await HelpDeskWorld.ReadAsync(client.PatchAsJsonAsync($"/api/tickets/{tickets[0]}", new { assigneeId = ann.Id }));
        await HelpDeskWorld.ReadAsync(client.PatchAsJsonAsync($"/api/tickets/{tickets[1]}", new { status = "closed" }));

        Assert.Equal([tickets[0]], await FoundAsync("view=mine"));
        Assert.Equal([tickets[4], tickets[3], tickets[2]], await FoundAsync("view=unassigned"));
        Assert.Equal([tickets[0], tickets[4], tickets[3], tickets[2]], await FoundAsync("view=open"));
        Assert.Equal(5, (await FoundAsync("")).Count);
        Assert.Equal([tickets[1]], await FoundAsync("status=closed"));
        Assert.Equal([tickets[1]], await FoundAsync("search=jo%25o"));
        Assert.Equal([tickets[2]], await FoundAsync("search=ZO%C3%8B"));
        Assert.Empty(await FoundAsync("search=nobody"));

        var first = await client.GetFromJsonAsync<JsonElement>("/api/tickets?limit=3");
        var second = await client.GetFromJsonAsync<JsonElement>($"/api/tickets?limit=3&cursor={first.GetProperty("next").GetString()}");
        Assert.Equal(tickets.Order(), Ids(first).Concat(Ids(second)).Order());
        await HelpDeskWorld.RefusedAsync(client.GetAsync("/api/tickets?status=gone"), HttpStatusCode.BadRequest, "status_unknown");
        await HelpDeskWorld.RefusedAsync(client.GetAsync("/api/tickets?view=gone"), HttpStatusCode.BadRequest, "view_unknown");

        async Task<List<Guid>> FoundAsync(string query) => Ids(await client.GetFromJsonAsync<JsonElement>($"/api/tickets?{query}"));
        static List<Guid> Ids(JsonElement page) => [.. page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid())];
    }

    [Fact]
    public async Task Notes_are_the_teams_own_and_stand_in_the_timeline()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var (_, ticket) = await world.EscalatedAsync();
        var (ann, client) = await world.JoinAsync();

        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await HelpDeskWorld.ReadAsync(client.PostAsJsonAsync($"/api/tickets/{ticket}/notes", new { text = " Called her. " }));
        await HelpDeskWorld.RefusedAsync(client.PostAsJsonAsync($"/api/tickets/{ticket}/notes", new { text = " \0 " }), HttpStatusCode.BadRequest, "text_missing");

        var notes = await client.GetFromJsonAsync<JsonElement>($"/api/tickets/{ticket}/notes");
        var note = Assert.Single(notes.GetProperty("items").EnumerateArray());
        Assert.Equal(("note", "Called her.", ann.Email), (note.GetProperty("kind").GetString(), note.GetProperty("text").GetString(), note.GetProperty("by").GetString()));
        var timeline = await client.GetFromJsonAsync<JsonElement>($"/api/tickets/{ticket}/timeline");
        Assert.Equal(["opened", "note"], timeline.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("kind").GetString()).Where(kind => kind != "summary"));
        Assert.Equal(0, await database.DataSource.ScalarAsync<long>("SELECT count(*) FROM inbound.messages WHERE text LIKE '%Called%'"));
    }

    [Fact]
    public async Task Nothing_is_seen_or_done_from_another_workspace_or_with_the_key_of_another_agent()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        await using var elsewhere = await HelpDeskWorld.StartAsync(database);
        var (_, ticket) = await world.EscalatedAsync();
        var (stranger, _) = await elsewhere.JoinAsync();
        using var sibling = world.Host.CreateClient(await database.AddKeyAsync(world.Workspace, Role.Admin, await database.AddAgentAsync(world.Workspace, "Sibling")));

        foreach (var client in new[] { elsewhere.Program, sibling })
        {
            Assert.Empty((await client.GetFromJsonAsync<JsonElement>("/api/tickets")).GetProperty("items").EnumerateArray());
            await HelpDeskWorld.RefusedAsync(client.GetAsync($"/api/tickets/{ticket}"), HttpStatusCode.NotFound, "ticket_not_found");
            await HelpDeskWorld.RefusedAsync(client.GetAsync($"/api/tickets/{ticket}/timeline"), HttpStatusCode.NotFound, "ticket_not_found");
            await HelpDeskWorld.RefusedAsync(client.PatchAsJsonAsync($"/api/tickets/{ticket}", new { status = "closed" }), HttpStatusCode.NotFound, "ticket_not_found");
            await HelpDeskWorld.RefusedAsync(client.PostAsJsonAsync($"/api/tickets/{ticket}/notes", new { text = "Hi" }), HttpStatusCode.NotFound, "ticket_not_found");
        }

        await HelpDeskWorld.RefusedAsync(world.Program.PatchAsJsonAsync($"/api/tickets/{ticket}", new { assigneeId = stranger.Id }), HttpStatusCode.BadRequest, "assignee_unknown");
        await HelpDeskWorld.RefusedAsync(world.Program.PutAsJsonAsync("/api/workspace/help-desk", new { assignment = "balanced", memberIds = new[] { stranger.Id } }), HttpStatusCode.BadRequest, "member_unknown");
    }

    [Fact]
    public async Task Tickets_are_given_out_in_turn_up_to_the_cap_and_the_rest_when_there_is_room()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var (first, client) = await world.JoinAsync();
        var (second, _) = await world.JoinAsync();
        await world.JoinAsync(Role.Viewer);
        // The turn goes by id.
        var (ann, bob) = first.Id.CompareTo(second.Id) < 0 ? (first, second) : (second, first);
        await HelpDeskWorld.ReadAsync(world.Program.PutAsJsonAsync("/api/workspace/help-desk", new { assignment = "round_robin", cap = 1 }));

        var tickets = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            tickets.Add((await world.EscalatedAsync()).Ticket);
        }

        await world.EventuallyAsync($"SELECT count(*) = 2 FROM inbound.tickets WHERE workspace_id = '{world.Workspace.Id}' AND assignee_id IS NOT NULL", "two tickets are given out");
        Assert.Equal(($"{ann.Id}", $"{bob.Id}", ""), (await world.TicketAsync(tickets[0], "assignee_id"), await world.TicketAsync(tickets[1], "assignee_id"), await world.TicketAsync(tickets[2], "assignee_id")));
        Assert.Equal("new", await world.TicketAsync(tickets[0], "status"));

        await HelpDeskWorld.ReadAsync(client.PatchAsJsonAsync($"/api/tickets/{tickets[0]}", new { status = "closed" }));

        await world.EventuallyAsync($"SELECT assignee_id = '{ann.Id}' FROM inbound.tickets WHERE id = '{tickets[2]}'", "the third is given out");
    }

    [Fact]
    public async Task Tickets_of_somebody_who_left_go_to_others_and_those_given_back_wait()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var (ann, _) = await world.JoinAsync();
        var (_, ticket) = await world.EscalatedAsync();
        var (_, other) = await world.EscalatedAsync();
        foreach (var id in new[] { ticket, other })
            await HelpDeskWorld.ReadAsync(world.Program.PatchAsJsonAsync($"/api/tickets/{id}", new { assigneeId = ann.Id }));
        await HelpDeskWorld.ReadAsync(world.Program.PatchAsJsonAsync($"/api/tickets/{other}", new { unassign = true }));
        await database.DataSource.ExecuteAsync($"DELETE FROM platform.members WHERE id = '{ann.Id}'");
        var (bob, _) = await world.JoinAsync();

        await HelpDeskWorld.ReadAsync(world.Program.PutAsJsonAsync("/api/workspace/help-desk", new { assignment = "balanced" }));

        await world.EventuallyAsync($"SELECT assignee_id = '{bob.Id}' FROM inbound.tickets WHERE id = '{ticket}'", "the ticket goes to Bob");
        Assert.Equal("", await world.TicketAsync(other, "assignee_id"));
    }

    [Fact]
    public async Task A_ticket_is_summed_up_in_the_customers_own_words_where_there_is_no_model()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var (_, ticket) = await world.EscalatedAsync("Mi lámpara llegó rota. ¿Cómo la devuelvo?");

        await world.EventuallyAsync($"SELECT summary IS NOT NULL AND summary_due_at IS NULL FROM inbound.tickets WHERE id = '{ticket}'", "the summary is written");

        Assert.Equal("¿Cómo la devuelvo?|Mi lámpara llegó rota. ¿Cómo la devuelvo?", await database.DataSource.ScalarAsync<string>($"SELECT subject || '|' || summary FROM inbound.tickets WHERE id = '{ticket}'"));
    }
}
