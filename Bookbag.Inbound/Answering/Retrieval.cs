using Npgsql;

namespace Bookbag.Inbound.Answering;

/// <summary>Finds what an agent's sources say to a message.</summary>
/// <remarks>
/// Two short statements: first which of the agent's own words are meant, then the chunks that have them. What a form, a slip or a
/// rare word is are rules (<see cref="WordCloseness"/>, <see cref="Vocabulary"/>, <see cref="Grounding"/>); SQL only looks up.
/// </remarks>
/// <param name="dataSource">The database.</param>
/// <param name="meaning">Finds what means the same in other words; null where no embedding endpoint is configured.</param>
public sealed class Retrieval(NpgsqlDataSource dataSource, MeaningSearch? meaning = null)
{
    private const string EveryChunk = "";
    private const int MostPassages = 24;
    private const double Certain = 0.95;

    // Each chunk of the pool costs about 5 µs to read and rank.
    private const int Pool = 300;

    // What was asked decides; what was said before only breaks ties.
    private const double ContextWeight = 0.1;

    /// <summary>The passages that cover what is asked, scored.</summary>
    public async Task<Grounded> FindAsync(Guid workspaceId, Guid agentId, Asked asked, CancellationToken cancellationToken)
    {
        var (vocabulary, passages) = await ByWordsAsync(workspaceId, agentId, asked, cancellationToken);
        var found = Grounding.Score(asked, vocabulary, passages);
        // Where a pair asks the same or every word is covered, meaning has nothing to add, and a call costs the customer time.
        if (meaning is null || found.Pair is not null || found.Score >= Certain || asked.Questions.Count == 0)
            return found;
        var close = await meaning.FindAsync(workspaceId, agentId, asked.Questions, cancellationToken);
        return close.Count == 0 ? found : Grounding.Score(asked, vocabulary, Merge(passages, close));
    }

    /// <summary>A passage from a row of <see cref="RetrievalSql.Passages"/>.</summary>
    internal static Passage Passage(NpgsqlDataReader row)
    {
        var words = row.GetFieldValue<string[]>(5).ToHashSet();
        return new(row.GetGuid(0), row.GetString(1), row.GetBoolean(2), row.GetString(3), row.GetString(4), words, row.IsDBNull(6) ? null : row.GetString(6)) { Ordinal = row.GetInt32(7) };
    }

    private async Task<(Vocabulary, List<Passage>)> ByWordsAsync(Guid workspaceId, Guid agentId, Asked asked, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var vocabulary = await LookUpAsync(connection, agentId, asked, cancellationToken);
        var known = asked.Parts.SelectMany(part => part).Distinct().Where(word => vocabulary.Chunks(word) > 0).OrderBy(vocabulary.Chunks).ToList();
        return (vocabulary, known.Count == 0 ? [] : await ReadAsync(connection, workspaceId, agentId, known, asked.Context, vocabulary, cancellationToken));
    }

    // The same chunk found both ways is one passage.
    private static List<Passage> Merge(List<Passage> byWords, IReadOnlyList<Passage> byMeaning) =>
        [.. byMeaning, .. byWords.ExceptBy(byMeaning.Select(passage => (passage.SourceId, passage.Ordinal)), passage => (passage.SourceId, passage.Ordinal))];

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
            passages.Add(Passage(reader));
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
