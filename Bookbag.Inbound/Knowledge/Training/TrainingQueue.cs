using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.Knowledge.Files;
using Npgsql;

namespace Bookbag.Inbound.Knowledge.Training;

/// <summary>A source that a worker has taken.</summary>
/// <param name="Training">The number of the training.</param>
/// <param name="Since">When the training began, in whatever worker.</param>
/// <param name="Attempts">How often it was taken since it last came on.</param>
/// <param name="LeaseId">The fence of everything that is written about it.</param>
public sealed record TrainingJob(
    Guid WorkspaceId, Guid AgentId, Guid SourceId, SourceType Type, SourceTask Task, string Name, string Content, string? Url, int Training, DateTimeOffset Since, int Attempts, Guid LeaseId)
{
    internal (string, object?)[] Key => [("agent", AgentId), ("source", SourceId), ("lease", LeaseId)];
}

/// <summary>The queue of sources that are to be read, and what becomes of them.</summary>
public sealed class TrainingQueue(NpgsqlDataSource dataSource, TimeProvider clock)
{
    internal async Task<List<TrainingJob>> ClaimAsync(int most, TimeSpan lease, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var leaseId = Guid.CreateVersion7(now);
        await using var batch = dataSource.CreateBatch();
        batch.Add(TrainingSql.Claim, ("now", now), ("batch", most), ("lease", leaseId), ("lease_until", now + lease));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var jobs = new List<TrainingJob>();
        while (await row.ReadAsync(cancellationToken))
        {
            jobs.Add(new(row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), Enum.Parse<SourceType>(row.GetString(3), ignoreCase: true), Enum.Parse<SourceTask>(row.GetString(4), ignoreCase: true),
                row.GetString(5), row.GetString(6), row.Text(7), row.GetInt32(9), row.Instant(10) ?? now, row.GetInt32(11), leaseId));
        }
        return jobs;
    }

    /// <summary>Says how far a source is, and keeps it; false when it is another worker's by now, or gone.</summary>
    internal async Task<bool> ProgressAsync(TrainingJob job, int pagesDone, int pagesAll, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(TrainingSql.Progress, [.. job.Key, ("lease_until", clock.GetUtcNow() + lease), ("pages_done", pagesDone), ("pages_all", pagesAll)]);
        return await batch.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Keeps a source for a while longer; false when it is another worker's by now, or gone.</summary>
    internal async Task<bool> KeepAsync(TrainingJob job, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(TrainingSql.Keep, [.. job.Key, ("lease_until", clock.GetUtcNow() + lease)]);
        return await batch.ExecuteScalarAsync(cancellationToken) is true;
    }

    internal Task ReleaseAsync(TrainingJob job) => ExecuteAsync(TrainingSql.Release, job, CancellationToken.None);

    internal Task FailAsync(TrainingJob job, string problem, CancellationToken cancellationToken) => ExecuteAsync(TrainingSql.Fail, job, cancellationToken, ("problem", problem));

    /// <summary>The bytes of a file; null where its source is gone.</summary>
    internal async Task<(FileKind Kind, byte[] Bytes)?> FileAsync(TrainingJob job, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(TrainingSql.File, ("agent", job.AgentId), ("source", job.SourceId));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? (Enum.Parse<FileKind>(row.GetString(0), ignoreCase: true), row.GetFieldValue<byte[]>(1)) : null;
    }

    /// <summary>
    /// Puts a source's new chunks in place of the old ones, in one transaction: a question that comes meanwhile is answered from all of the old or all of
    /// the new. Does nothing when the source is another worker's by now, or gone. Says what is wrong when they are too many.
    /// </summary>
    /// <param name="job">The source.</param>
    /// <param name="chunks">What it says now.</param>
    /// <param name="keep">Pages of which the old chunks are to stay.</param>
    /// <param name="problem">What the team is to know all the same.</param>
    /// <param name="model">By which model the meaning of chunks is known; null without one.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal async Task<SourceProblem?> SwapAsync(TrainingJob job, IReadOnlyList<Chunk> chunks, IReadOnlyCollection<string> keep, string? problem, string? model, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ChunkIndex.LockAsync(connection, job.AgentId, cancellationToken);
        await using (var hold = connection.CreateBatch())
        {
            hold.Add(TrainingSql.Hold, job.Key);
            if (await hold.ExecuteScalarAsync(cancellationToken) is not true)
                return null;
        }
        await ChunkIndex.ReplaceAsync(connection, job.WorkspaceId, job.AgentId, job.SourceId, chunks, keep, cancellationToken);
        if (await ChunkIndex.CheckAsync(connection, job.AgentId, cancellationToken) is { } tooMuch)
            return tooMuch;

        await using var batch = connection.CreateBatch();
        batch.Add(TrainingSql.Trained, [.. job.Key, ("now", clock.GetUtcNow()), ("problem", problem ?? ""), ("model", model ?? "")]);
        foreach (var statement in (ReadOnlySpan<string>)[TrainingSql.ForgetPages, TrainingSql.ForgetTexts])
            batch.Add(statement, ("agent", job.AgentId), ("source", job.SourceId), ("training", job.Training));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    private async Task ExecuteAsync(string sql, TrainingJob job, CancellationToken cancellationToken, params (string, object?)[] parameters)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(sql, [.. job.Key, ("now", clock.GetUtcNow()), .. parameters]);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
