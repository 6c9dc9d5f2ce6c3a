using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Knowledge;
using Bookbag.Tests.Support;
using Npgsql;

namespace Bookbag.Tests.Inbound.Answering;

public sealed class RetrievalTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task An_agent_finds_only_its_own_and_only_in_its_workspace()
    {
        var (workspaceId, agentId) = await MakeKnowledge.AgentAsync(database, SourceContent.Pair("Do you deliver?", "Mine."));
        var (otherWorkspaceId, otherAgentId) = await MakeKnowledge.AgentAsync(database, SourceContent.Pair("Do you deliver?", "Theirs."));
        Assert.Equal(["Mine."], await FindAsync(workspaceId, agentId));
        Assert.Equal(["Theirs."], await FindAsync(otherWorkspaceId, otherAgentId));
        Assert.Empty(await FindAsync(workspaceId, otherAgentId));
        Assert.Empty(await FindAsync(workspaceId, Guid.Empty));
    }

    [Fact]
    public async Task Where_every_word_is_common_what_has_all_of_them_is_found()
    {
        var texts = Enumerable.Range(0, 1_400).Select(i => $"# Part {i}\n{(i % 2 == 0 ? "paper" : "pens")} number {i}").Append("# The one\npaper pens");
        var (workspaceId, agentId) = await MakeKnowledge.AgentAsync(database, SourceContent.Pasted("Book", string.Join("\n\n", texts)));
        var found = await new Retrieval(database.DataSource).FindAsync(workspaceId, agentId, Asked.From("paper pens", []), CancellationToken.None);
        Assert.Equal("The one", found.Passages[0].Passage.Heading);
        Assert.Equal(1, found.Score);
    }

    [Fact]
    public async Task Among_many_chunks_the_indexes_are_used()
    {
        for (var agent = 0; agent < 4; agent++)
            await MakeKnowledge.AgentAsync(database, SourceContent.Pasted("Book", string.Join("\n\n", Enumerable.Range(0, 1_500).Select(i => $"# Part {i}\nword{i} other{i % 50}"))));
        await database.DataSource.ExecuteAsync("ANALYZE inbound.chunks; ANALYZE inbound.terms; ANALYZE inbound.sources");
        var agentId = await database.DataSource.ScalarAsync<Guid>("SELECT agent_id FROM inbound.chunks LIMIT 1");

        var vocabulary = await PlanAsync(RetrievalSql.Vocabulary, new("agent", agentId), new("words", new[] { "", "word7" }), new("spoken", new[] { "wodr" }));
        Assert.DoesNotContain("Seq Scan on terms", vocabulary, StringComparison.Ordinal);
        Assert.Contains("terms_from_their_end", vocabulary, StringComparison.Ordinal);

        var passages = await PlanAsync(RetrievalSql.Passages, new("workspace", Guid.Empty), new("agent", agentId), new("words", new[] { "'word7'" }),
            new("weights", new[] { 1.0 }), new("any", "'word7'"), new("all", "'word7' & 'other7'"), new("pool", 500), new("most", 24));
        Assert.DoesNotContain("Seq Scan on chunks", passages, StringComparison.Ordinal);
        Assert.Contains("chunks_terms", passages, StringComparison.Ordinal);
    }

    private async Task<IEnumerable<string>> FindAsync(Guid workspaceId, Guid agentId)
    {
        var found = await new Retrieval(database.DataSource).FindAsync(workspaceId, agentId, Asked.From("Do you deliver?", []), CancellationToken.None);
        return found.Passages.Select(passage => passage.Passage.Text);
    }

    private async Task<string> PlanAsync(string sql, params NpgsqlParameter[] parameters)
    {
        await using var command = database.DataSource.CreateCommand("EXPLAIN " + sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync();
        var plan = new List<string>();
        while (await reader.ReadAsync())
            plan.Add(reader.GetString(0));
        return string.Join('\n', plan);
    }
}
