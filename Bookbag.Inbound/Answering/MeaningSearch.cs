using System.Collections;
using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.Knowledge.Meaning;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Answering;

/// <summary>Finds passages that mean what is asked, whatever their words.</summary>
/// <remarks>
/// Two steps, without an extension of Postgres: the signs of a question's vector are compared with those of all the agent's chunks, which is a matter of
/// bits; then the vectors of the nearest few are compared exactly, by pgvector where it is installed, else here.
/// </remarks>
public sealed partial class MeaningSearch(NpgsqlDataSource dataSource, Embedder embedder, IOptions<EmbeddingOptions> options, ILogger<MeaningSearch> logger)
{
    // The signs of vectors put the nearest among the first hundred almost always.
    private const int Pool = 100;
    private const int MostPassages = 12;

    // Of a message with more questions the first are looked up by meaning; each is one search.
    private const int MostQuestions = 3;

    private readonly EmbeddingOptions _options = options.Value;
    private readonly Lazy<Task<bool>> _hasPgvector = new(() => HasPgvectorAsync(dataSource));

    /// <summary>Compares vectors here even where pgvector is installed.</summary>
    public bool WithoutPgvector { get; init; }

    /// <summary>The nearest passages, each with how close it is to each question, 0 to 1. None where the endpoint does not answer in time.</summary>
    public async Task<IReadOnlyList<Passage>> FindAsync(Guid workspaceId, Guid agentId, IReadOnlyList<string> questions, CancellationToken cancellationToken)
    {
        IReadOnlyList<Meant> meant;
        try
        {
            meant = await embedder.QuestionsAsync([.. questions.Take(MostQuestions)], cancellationToken);
        }
        catch (EmbeddingUnavailableException e)
        {
            Log.WordsAlone(logger, agentId, e.Message);
            return [];
        }

        var closeness = new Dictionary<Guid, double[]>();
        for (var question = 0; question < meant.Count; question++)
            foreach (var (hash, cosine) in await NearestAsync(agentId, meant[question], cancellationToken))
            {
                if (!closeness.TryGetValue(hash, out var ofQuestions))
                    closeness[hash] = ofQuestions = new double[meant.Count];
                ofQuestions[question] = Grade(cosine);
            }
        return await ReadAsync(workspaceId, agentId, closeness, cancellationToken);
    }

    private double Grade(double cosine) => Math.Clamp((cosine - _options.Unrelated) / (_options.Same - _options.Unrelated), 0, 1);

    private async Task<List<(Guid Hash, double Cosine)>> NearestAsync(Guid agentId, Meant question, CancellationToken cancellationToken)
    {
        var inPostgres = !WithoutPgvector && await _hasPgvector.Value;
        await using var command = dataSource.CreateCommand(inPostgres ? MeaningSql.NearestByPgvector : MeaningSql.Nearest);
        command.Parameters.AddWithValue("agent", agentId);
        command.Parameters.AddWithValue("model", _options.Model);
        command.Parameters.Add(new NpgsqlParameter<BitArray>("code", NpgsqlDbType.Varbit) { TypedValue = question.Code });
        command.Parameters.AddWithValue("pool", Pool);
        if (inPostgres)
        {
            command.Parameters.AddWithValue("vector", question.Vector);
            command.Parameters.AddWithValue("most", MostPassages);
        }
        var found = new List<(Guid, double Cosine)>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            found.Add((row.GetGuid(0), inPostgres ? row.GetDouble(1) : question.Closeness(row.GetFieldValue<float[]>(1))));
        return inPostgres ? found : [.. found.OrderByDescending(one => one.Cosine).Take(MostPassages)];
    }

    private async Task<List<Passage>> ReadAsync(Guid workspaceId, Guid agentId, Dictionary<Guid, double[]> closeness, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(MeaningSql.Passages, ("workspace", workspaceId), ("agent", agentId), ("hashes", closeness.Keys.ToArray()));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var passages = new List<Passage>();
        while (await row.ReadAsync(cancellationToken))
            passages.Add(Retrieval.Passage(row) with { Closeness = closeness[row.GetGuid(8)] });
        return passages;
    }

    private static async Task<bool> HasPgvectorAsync(NpgsqlDataSource dataSource)
    {
        await using var command = dataSource.CreateCommand("SELECT to_regtype('vector') IS NOT NULL");
        return await command.ExecuteScalarAsync() is true;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A question to agent {AgentId} is looked up by its words alone: {Reason}")]
        public static partial void WordsAlone(ILogger logger, Guid agentId, string reason);
    }
}
