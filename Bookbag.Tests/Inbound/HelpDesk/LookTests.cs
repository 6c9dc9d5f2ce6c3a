using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.HelpDesk;

/// <summary>What the team's lists say of conversations: unread or not, found or not, done or not.</summary>
public sealed class LookTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task What_a_customer_wrote_is_unread_until_the_member_looks_and_again_when_more_comes()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var (conversation, ticket) = await world.EscalatedAsync();
        var (_, ann) = await world.JoinAsync(Role.Viewer);
        var (_, bob) = await world.JoinAsync();
        Assert.Equal((true, true), await UnreadAsync(ann, conversation, ticket));

        await LookAsync(ann, conversation);
        await LookAsync(ann, conversation);
        Assert.Equal((false, false), await UnreadAsync(ann, conversation, ticket));
        Assert.Equal((true, true), await UnreadAsync(bob, conversation, ticket));

        await database.DataSource.ExecuteAsync($"UPDATE inbound.conversations SET last_inbound_at = last_inbound_at + interval '1 second' WHERE id = '{conversation}'");
        Assert.Equal((true, true), await UnreadAsync(ann, conversation, ticket));
    }

    [Fact]
    public async Task What_only_the_agent_has_had_to_do_with_is_not_unread()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var conversation = await world.CustomerWritesAsync();

        var page = await world.Program.GetFromJsonAsync<JsonElement>("/api/conversations");

        Assert.False(Items(page).Single(item => item.GetProperty("id").GetGuid() == conversation).GetProperty("unread").GetBoolean());
    }

    [Fact]
    public async Task Nobody_looks_at_conversations_of_another_workspace()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        await using var elsewhere = await HelpDeskWorld.StartAsync(database);
        var conversation = await world.CustomerWritesAsync();

        await HelpDeskWorld.RefusedAsync(elsewhere.Program.PostAsync($"/api/conversations/{conversation}/look", null), HttpStatusCode.NotFound, "conversation_not_found");
    }

    [Fact]
    public async Task Conversations_are_found_by_a_part_of_the_name_or_number_and_wildcards_mean_themselves()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var maria = await world.CustomerWritesAsync(name: "Maria Lopez");
        var percent = await world.CustomerWritesAsync(name: "100% Paper_Co");

        Assert.Equal(maria, Assert.Single(await FindAsync("LOPEZ")));
        Assert.Equal(percent, Assert.Single(await FindAsync("0% paper_")));
        Assert.Empty(await FindAsync("_aria"));
        Assert.Equal(2, (await FindAsync("5550001")).Length);
        await HelpDeskWorld.RefusedAsync(world.Program.GetAsync($"/api/conversations?search={new string('x', 101)}"), HttpStatusCode.BadRequest, "search_too_long");

        async Task<Guid[]> FindAsync(string search) =>
            [.. Items(await world.Program.GetFromJsonAsync<JsonElement>($"/api/conversations?search={Uri.EscapeDataString(search)}")).Select(item => item.GetProperty("id").GetGuid())];
    }

    [Fact]
    public async Task The_thread_can_be_read_from_its_end()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var conversation = await world.CustomerWritesAsync("Message 0");
        for (var i = 1; i < 5; i++)
        {
            await database.DataSource.ExecuteAsync($"""
                INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, text, status, status_rank)
                VALUES ('{world.Workspace.Id}', '{world.Channel.Id}', '{conversation}', gen_random_uuid(), '{HelpDeskWorld.Now.AddSeconds(i):O}', 'in', 'customer', 'text', 'Message {i}', 'received', 9)
                """);
        }

        var last = await world.Program.GetFromJsonAsync<JsonElement>($"/api/conversations/{conversation}/messages?latest=true&limit=3");
        var before = await world.Program.GetFromJsonAsync<JsonElement>($"/api/conversations/{conversation}/messages?latest=true&limit=3&cursor={last.GetProperty("next").GetString()}");

        Assert.Equal(["Message 4", "Message 3", "Message 2", "Message 1", "Message 0"], Items(last).Concat(Items(before)).Select(item => item.GetProperty("text").GetString()));
        Assert.Equal(JsonValueKind.Null, before.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task What_is_done_has_a_view_of_its_own_and_who_may_be_given_tickets_is_known()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var (_, ticket) = await world.EscalatedAsync();
        await world.EscalatedAsync();
        var (ann, client) = await world.JoinAsync();
        var (viewer, _) = await world.JoinAsync(Role.Viewer);
        await HelpDeskWorld.ReadAsync(client.PatchAsJsonAsync($"/api/tickets/{ticket}", new { status = "cancelled" }));

        Assert.Equal([ticket], Items(await client.GetFromJsonAsync<JsonElement>("/api/tickets?view=closed")).Select(item => item.GetProperty("id").GetGuid()));
        var people = Items(await client.GetFromJsonAsync<JsonElement>("/api/tickets/assignees")).Select(item => (item.GetProperty("id").GetGuid(), item.GetProperty("name").GetString())).ToList();
        Assert.Contains((ann.Id, ann.Email), people);
        Assert.DoesNotContain(viewer.Id, people.Select(person => person.Item1));
    }

    private static List<JsonElement> Items(JsonElement page) => [.. page.GetProperty("items").EnumerateArray()];

    private static async Task LookAsync(HttpClient client, Guid conversation) =>
        Assert.Equal(HttpStatusCode.NoContent, (await client.PostAsync($"/api/conversations/{conversation}/look", null)).StatusCode);

    private static async Task<(bool Conversation, bool Ticket)> UnreadAsync(HttpClient client, Guid conversation, Guid ticket) => (
        Items(await client.GetFromJsonAsync<JsonElement>("/api/conversations?mode=human")).Single(item => item.GetProperty("id").GetGuid() == conversation).GetProperty("unread").GetBoolean(),
        Items(await client.GetFromJsonAsync<JsonElement>("/api/tickets?view=open")).Single(item => item.GetProperty("id").GetGuid() == ticket).GetProperty("unread").GetBoolean());
}
