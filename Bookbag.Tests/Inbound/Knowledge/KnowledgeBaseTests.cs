using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Knowledge;
using Bookbag.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Tests.Inbound.Knowledge;

public sealed class KnowledgeBaseTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly Guid _workspaceId = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
    private readonly Guid _agentId = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task What_is_stored_is_found_and_what_is_removed_is_not()
    {
        var source = await AddAsync(SourceContent.Pair("Do you deliver?", "Yes, everywhere."));
        Assert.Equal("Yes, everywhere.", await AnswerAsync("Do you deliver?"));

        await using (var db = MakeKnowledge.Db(database))
            await new KnowledgeBase(db, TimeProvider.System).RewriteAsync(_agentId, source.Id, SourceContent.Pasted("Returns", "You can return it within 30 days."), None);
        Assert.Null(await AnswerAsync("Do you deliver?"));
        Assert.Equal("You can return it within 30 days.", await AnswerAsync("return?"));

        await using (var db = MakeKnowledge.Db(database))
            Assert.True(await new KnowledgeBase(db, TimeProvider.System).RemoveAsync(_agentId, source.Id, None));
        Assert.Null(await AnswerAsync("return?"));
        Assert.Equal(0, await database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM inbound.terms WHERE agent_id = '{_agentId}'"));
        await using (var db = MakeKnowledge.Db(database))
            Assert.False(await new KnowledgeBase(db, TimeProvider.System).RemoveAsync(_agentId, source.Id, None));
    }

    [Fact]
    public async Task The_vocabulary_counts_what_the_chunks_have_whatever_happened()
    {
        var first = await AddAsync(SourceContent.Pasted("One", "paper pens ink"));
        await AddAsync(SourceContent.Pasted("Two", "# Paper\npaper and pens\n\n# Ink\nink"));
        await AddAsync(SourceContent.Pair("Ink?", "Blue ink."));
        await using (var db = MakeKnowledge.Db(database))
            await new KnowledgeBase(db, TimeProvider.System).RewriteAsync(_agentId, first.Id, SourceContent.Pasted("One", "paper only"), None);

        Assert.Equal(await CountAsync("SELECT term, chunks FROM inbound.terms WHERE agent_id = @agent ORDER BY term"), await CountAsync("""
            SELECT word, count(*)::int FROM inbound.chunks, unnest(array_append(tsvector_to_array(terms), '')) AS word
            WHERE agent_id = @agent GROUP BY word ORDER BY word COLLATE "C"
            """));
    }

    [Fact]
    public async Task Sources_written_at_the_same_time_are_all_counted()
    {
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            var source = await AddAsync(SourceContent.Pasted($"Text {i}", $"the same words in every text and number{i}"));
            if (i % 3 != 0)
                return;
            await using var db = MakeKnowledge.Db(database);
            await new KnowledgeBase(db, TimeProvider.System).RemoveAsync(_agentId, source.Id, None);
        }));
        Assert.Equal(8, await database.DataSource.ScalarAsync<int>($"SELECT chunks FROM inbound.terms WHERE agent_id = '{_agentId}' AND term = 'words'"));
    }

    [Fact]
    public async Task More_than_an_agent_may_know_is_refused_and_nothing_of_it_stays()
    {
        var section = "# Section\n" + string.Join(' ', Enumerable.Repeat("word", 20)) + "\n\n";
        for (var i = 0; i < 10_000 / 5_000; i++)
            await AddAsync(SourceContent.Pasted("Book", string.Concat(Enumerable.Repeat(section, 5_000))));
        await using var db = MakeKnowledge.Db(database);
        var (source, problem) = await new KnowledgeBase(db, TimeProvider.System).AddAsync(_workspaceId, _agentId, SourceContent.Pair("One", "more"), None);
        Assert.Null(source);
        Assert.Equal("too_much_knowledge", problem?.Code);
        Assert.Contains("10,000", problem!.Text, StringComparison.Ordinal);
        await using var fresh = MakeKnowledge.Db(database);
        Assert.Equal(2, await fresh.Set<Source>().CountAsync(s => s.AgentId == _agentId));
    }

    [Fact]
    public async Task The_demo_shop_is_added_once()
    {
        for (var i = 0; i < 2; i++)
        {
            await using var db = MakeKnowledge.Db(database);
            await DemoKnowledge.AddAsync(db, new KnowledgeBase(db, TimeProvider.System), _workspaceId, _agentId, None);
        }
        await using var fresh = MakeKnowledge.Db(database);
        Assert.Equal(DemoKnowledge.Sources.Count, await fresh.Set<Source>().CountAsync(s => s.AgentId == _agentId));
    }

    private async Task<Source> AddAsync(SourceContent content)
    {
        await using var db = MakeKnowledge.Db(database);
        var (source, problem) = await new KnowledgeBase(db, TimeProvider.System).AddAsync(_workspaceId, _agentId, content, None);
        Assert.Null(problem);
        return source!;
    }

    private async Task<string?> AnswerAsync(string question)
    {
        var found = await new Retrieval(database.DataSource).FindAsync(_workspaceId, _agentId, Asked.From(question, []), None);
        return found.Passages.Count > 0 ? found.Passages[0].Passage.Text : null;
    }

    private async Task<List<(string, int)>> CountAsync(string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        command.Parameters.AddWithValue("agent", _agentId);
        await using var reader = await command.ExecuteReaderAsync();
        var counts = new List<(string, int)>();
        while (await reader.ReadAsync())
            counts.Add((reader.GetString(0), reader.GetInt32(1)));
        return counts;
    }
}
