using Npgsql;

namespace Bookbag.Inbound.Answering;

/// <summary>Finds what an agent's sources say to a message.</summary>
/// <remarks>
/// Two short statements: first which of the agent's own words are meant, then the chunks that have them. What a form, a slip or a
/// rare word is are rules (<see cref="WordCloseness"/>, <see cref="Vocabulary"/>, <see cref="Grounding"/>); SQL only looks up.
/// </remarks>
public sealed class Retrieval(NpgsqlDataSource dataSource)
{
    private const string EveryChunk = "";
    private const int MostPassages = 24;

    // Each chunk of the pool costs about 5 µs to read and rank.
    private const int Pool = 300;

    // What was asked decides; what was said before only breaks ties.
    private const double ContextWeight = 0.1;

    /// <summary>The passages that cover what is asked, scored.</summary>
    public async Task<Grounded> FindAsync(Guid workspaceId, Guid agentId, Asked asked, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var vocabulary = await LookUpAsync(connection, agentId, asked, cancellationToken);
        var known = asked.Parts.SelectMany(part => part).Distinct().Where(word => vocabulary.Chunks(word) > 0).OrderBy(vocabulary.Chunks).ToList();
        if (known.Count == 0)
            return Grounded.Nothing;
        var passages = await ReadAsync(connection, workspaceId, agentId, known, asked.Context, vocabulary, cancellationToken);
        return Grounding.Score(asked, vocabulary, passages);
    }

    private static async Task<Vocabulary> LookUpAsync(NpgsqlConnection connection, Guid agentId, Asked asked, CancellationToken cancellationToken)
    {
        var words = asked.Words.ToArray();
        await using var command = new NpgsqlCommand(RetrievalSql.Vocabulary, connection);
        command.Parameters.AddWithValue("agent", agentId);
        command.Parameters.AddWithValue("words", words.Append(EveryChunk).ToArray());
        command.Parameters.AddWithValue("spoken", asked.Parts.SelectMany(part => part).Distinct().Where(word => word.Length >= 3 && Words.IsAlphabetic(word)).ToArray());

        var all = 0;
        var found = new List<KnownWord>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var row = new KnownWord(reader.GetString(0), reader.GetString(1), reader.GetInt32(2));
            if (row.Term == EveryChunk)
                all = row.Chunks;
            else
                found.Add(row);
        }
        return new Vocabulary(all, words, found);
    }

    private static async Task<List<Passage>> ReadAsync(NpgsqlConnection connection, Guid workspaceId, Guid agentId,
        List<string> rarestFirst, IReadOnlyList<string> context, Vocabulary vocabulary, CancellationToken cancellationToken)
    {
        var weights = rarestFirst.Select(word => (Query: AnyForm(word), Weight: vocabulary.Weight(word)))
            .Concat(context.Except(rarestFirst).Where(word => vocabulary.Chunks(word) > 0).Select(word => (Query: AnyForm(word), Weight: ContextWeight * vocabulary.Weight(word))))
            .ToList();
        await using var command = new NpgsqlCommand(RetrievalSql.Passages, connection);
        command.Parameters.AddWithValue("workspace", workspaceId);
        command.Parameters.AddWithValue("agent", agentId);
        command.Parameters.AddWithValue("words", weights.Select(word => word.Query).ToArray());
        command.Parameters.AddWithValue("weights", weights.Select(word => word.Weight).ToArray());
        command.Parameters.AddWithValue("any", string.Join(" | ", RarestWithinPool(rarestFirst, vocabulary).Select(AnyForm)));
        command.Parameters.AddWithValue("all", string.Join(" & ", rarestFirst.Select(AnyForm)));
        command.Parameters.AddWithValue("pool", Pool);
        command.Parameters.AddWithValue("most", MostPassages);

        var passages = new List<Passage>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            passages.Add(new Passage(reader.GetGuid(0), reader.GetString(1), reader.GetBoolean(2), reader.GetString(3), reader.GetString(4),
                reader.GetFieldValue<string[]>(5).ToHashSet()));
        return passages;

        // Words are letters, digits and marks (Words.Of): nothing in them can end a quoted lexeme.
        string AnyForm(string word) => $"({string.Join(" | ", vocabulary.Forms(word).Select(form => $"'{form}'"))})";
    }

    private static IEnumerable<string> RarestWithinPool(List<string> rarestFirst, Vocabulary vocabulary)
    {
        var chunks = 0;
        return rarestFirst.TakeWhile((word, i) => (chunks += vocabulary.Chunks(word)) <= Pool || i == 0);
    }
}
