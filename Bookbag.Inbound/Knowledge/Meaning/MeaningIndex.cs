using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.Knowledge.Training;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Knowledge.Meaning;

/// <summary>Works out what chunks mean and keeps it, a batch at a time; what was worked out before is not asked for again.</summary>
/// <param name="embedder">The embedding model; null where none is configured: then there is nothing to be done.</param>
public sealed class MeaningIndex(NpgsqlDataSource dataSource, TimeProvider clock, IOptions<EmbeddingOptions> options, IOptions<TrainingOptions> training, Embedder? embedder = null)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(30);

    private readonly EmbeddingOptions _options = options.Value;

    /// <summary>What vectors are kept under; null where no model is configured.</summary>
    internal string? Model => embedder is null ? null : _options.Model;

    /// <summary>Has sources queued of which not everything is known; how many.</summary>
    internal async Task<int> QueueUnknownAsync(CancellationToken cancellationToken)
    {
        if (embedder is null)
            return 0;
        await using var batch = dataSource.CreateBatch();
        batch.Add(MeaningSql.QueueUnknown, ("model", _options.Model), ("now", clock.GetUtcNow()));
        return await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Works out what new chunks mean before they are put in place. Where the endpoint fails they are found by their words until it is back.</summary>
    /// <returns>False when the source is another worker's by now.</returns>
    internal async Task<bool> PrepareAsync(TrainingJob job, IReadOnlyList<Chunk> chunks, Func<Task<bool>> keep, CancellationToken cancellationToken)
    {
        if (embedder is null)
            return true;
        var unknown = await ReadAsync(MeaningSql.Unknown, cancellationToken, ("agent", job.AgentId), ("model", _options.Model),
            ("headings", chunks.Select(chunk => chunk.Heading).ToArray()), ("texts", chunks.Select(chunk => chunk.Text).ToArray()));
        try
        {
            foreach (var texts in unknown.Chunk(_options.BatchSize))
            {
                await PutAsync(job, texts, cancellationToken);
                if (!await keep())
                    return false;
            }
        }
        catch (EmbeddingUnavailableException)
        {
            // The source is queued for it once its chunks are in place.
        }
        return true;
    }

    /// <summary>Works out what a source's chunks mean, or puts it off.</summary>
    internal async Task EmbedAsync(TrainingJob job, CancellationToken cancellationToken)
    {
        try
        {
            if (embedder is not null)
            {
                var unknown = await ReadAsync(MeaningSql.UnknownOfSource, cancellationToken, ("agent", job.AgentId), ("source", job.SourceId), ("model", _options.Model));
                foreach (var texts in unknown.Chunk(_options.BatchSize))
                {
                    await PutAsync(job, texts, cancellationToken);
                    if (!await ProgressAsync(job, cancellationToken))
                        return;
                }
            }
            await WriteAsync(MeaningSql.ForgetOthers, job, ("model", _options.Model));
            await WriteAsync(MeaningSql.Done, job);
        }
        catch (EmbeddingUnavailableException e)
        {
            var delay = TimeSpan.FromSeconds(Math.Min(LongestDelay.TotalSeconds, 10 * Math.Pow(2, Math.Min(job.Attempts - 1, 12))));
            await WriteAsync(MeaningSql.Postpone, job, ("due", clock.GetUtcNow() + delay), ("problem", $"Questions find it by its words alone for now. {e.Message}"));
        }
    }

    private async Task PutAsync(TrainingJob job, Said[] texts, CancellationToken cancellationToken)
    {
        var meant = await embedder!.PassagesAsync([.. texts.Select(text => text.Whole)], cancellationToken); // called with a model only
        await using var batch = dataSource.CreateBatch();
        foreach (var (text, meaning) in texts.Zip(meant))
        {
            batch.Add(MeaningSql.Put, ("workspace", job.WorkspaceId), ("agent", job.AgentId), ("model", _options.Model), ("hash", text.Hash), ("vector", meaning.Vector));
            batch.BatchCommands[^1].Parameters.Add(new NpgsqlParameter("code", NpgsqlDbType.Varbit) { Value = meaning.Code });
        }
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<bool> ProgressAsync(TrainingJob job, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(MeaningSql.Progress, [.. job.Key, ("model", _options.Model), ("lease_until", clock.GetUtcNow() + training.Value.Lease)]);
        return await batch.ExecuteScalarAsync(cancellationToken) is true;
    }

    private async Task<List<Said>> ReadAsync(string sql, CancellationToken cancellationToken, params (string, object?)[] parameters)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(sql, parameters);
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var texts = new List<Said>();
        while (await row.ReadAsync(cancellationToken))
            texts.Add(new(row.GetGuid(0), row.GetString(1).Length == 0 ? row.GetString(2) : $"{row.GetString(1)}\n{row.GetString(2)}"));
        return texts;
    }

    private async Task WriteAsync(string sql, TrainingJob job, params (string, object?)[] parameters)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(sql, [.. job.Key, .. parameters]);
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private sealed record Said(Guid Hash, string Whole);
}
