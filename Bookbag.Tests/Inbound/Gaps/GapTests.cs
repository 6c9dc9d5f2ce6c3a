using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.Inbound.Gaps;
using Bookbag.Tests.Inbound.HelpDesk;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Inbound.Gaps;

/// <summary>Questions that the sources did not cover, from the turn to the Q&amp;A pair.</summary>
public sealed class GapTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Questions_are_grouped_by_topic_and_counted_the_most_asked_first()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        await AskAsync(world, "Where can I park my car?", "Do you repair old books?", "can you repair an old book", "Repairing old books?");

        var items = await GapsAsync(world);

        Assert.Equal([("Do you repair old books?", 3L), ("Where can I park my car?", 1L)], items.Select(gap => (gap.GetProperty("question").GetString()!, gap.GetProperty("questions").GetInt64())));
        var one = await world.Program.GetFromJsonAsync<JsonElement>($"{Path(world)}/{items[0].GetProperty("id").GetGuid()}");
        Assert.Equal(["Repairing old books?", "can you repair an old book", "Do you repair old books?"], one.GetProperty("examples").EnumerateArray().Select(e => e.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task Many_questions_of_a_topic_are_counted_and_some_kept_as_examples()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        await AskAsync(world, [.. Enumerable.Repeat("Do you repair old books?", GapGrouper.Examples + 15)]);

        Assert.Equal(GapGrouper.Examples + 15, Assert.Single(await GapsAsync(world)).GetProperty("questions").GetInt64());
        Assert.Equal(GapGrouper.Examples, await database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM inbound.gap_questions WHERE agent_id = '{world.Agent.Id}'"));
    }

    [Fact]
    public async Task One_call_makes_a_pair_of_a_gap_and_the_agent_knows_the_answer()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        await AskAsync(world, "do you repair old books");
        var gap = Assert.Single(await GapsAsync(world)).GetProperty("id").GetGuid();

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => world.Program.PostAsJsonAsync($"{Path(world)}/{gap}/answer", new { question = "Do you repair old books?", answer = "We do, from 20 euros." })));

        var answered = await Assert.Single(answers, a => a.IsSuccessStatusCode).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("answered", "Key"), (answered.GetProperty("status").GetString(), answered.GetProperty("settledBy").GetString()));
        foreach (var late in answers.Where(a => !a.IsSuccessStatusCode))
            await HelpDeskWorld.RefusedAsync(Task.FromResult(late), HttpStatusCode.Conflict, "gap_answered");
        Assert.Equal(1, await database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM inbound.sources WHERE agent_id = '{world.Agent.Id}'"));
        var asked = await HelpDeskWorld.ReadAsync(world.Program.PostAsJsonAsync($"/api/agents/{world.Agent.Id}/ask", new { question = "do you repair old books?" }));
        Assert.Equal(("verbatim", "We do, from 20 euros."), (asked.GetProperty("outcome").GetString(), asked.GetProperty("answer").GetString()));

        Assert.Empty(await GapsAsync(world));
        await AskAsync(world, "Do you repair old books?");
        Assert.Single(await GapsAsync(world));
    }

    [Fact]
    public async Task What_is_dismissed_does_not_come_back()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        await AskAsync(world, "What does the moon weigh?");
        var gap = Assert.Single(await GapsAsync(world)).GetProperty("id").GetGuid();
        await HelpDeskWorld.ReadAsync(world.Program.PostAsync($"{Path(world)}/{gap}/dismiss", null));

        await AskAsync(world, "what does the moon weigh");

        Assert.Empty(await GapsAsync(world));
        Assert.Equal(2, Assert.Single(await GapsAsync(world, "?status=dismissed")).GetProperty("questions").GetInt64());
        await HelpDeskWorld.RefusedAsync(world.Program.PostAsync($"{Path(world)}/{Guid.Empty}/dismiss", null), HttpStatusCode.NotFound, "gap_not_found");
        await HelpDeskWorld.RefusedAsync(world.Program.PostAsJsonAsync($"{Path(world)}/{gap}/answer", new { answer = "\0" }), HttpStatusCode.BadRequest, "answer_missing");
    }

    private static string Path(HelpDeskWorld world) => $"/api/agents/{world.Agent.Id}/gaps";

    private static async Task<JsonElement[]> GapsAsync(HelpDeskWorld world, string query = "") =>
        [.. (await world.Program.GetFromJsonAsync<JsonElement>(Path(world) + query)).GetProperty("items").EnumerateArray()];

    /// <summary>Questions as turns keep them, grouped.</summary>
    private async Task AskAsync(HelpDeskWorld world, params string[] questions)
    {
        foreach (var question in questions)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            await database.DataSource.ExecuteAsync($"""
                INSERT INTO inbound.gap_questions (workspace_id, agent_id, id, conversation_id, text, score, asked_at)
                VALUES ('{world.Workspace.Id}', '{world.Agent.Id}', '{Guid.CreateVersion7(world.Clock.GetUtcNow())}', gen_random_uuid(), '{question}', 0.1, '{world.Clock.GetUtcNow():O}')
                """);
        }

        var grouper = world.Host.Services.GetRequiredService<GapGrouper>();
        while (await database.DataSource.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM inbound.gap_questions WHERE agent_id = '{world.Agent.Id}' AND gap_id IS NULL)"))
            await grouper.RunOnceAsync(default);
    }
}
