using Bookbag.Inbound.Knowledge.Meaning;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Inbound.Knowledge;

/// <summary>
/// Writes an agent's sources. What is written here itself is stored with its index in one transaction, so that what is stored is what is found; what has
/// to be fetched or read first is left to the training.
/// </summary>
/// <param name="db">The schema.</param>
/// <param name="clock">The time.</param>
/// <param name="embedding">Whether the meaning of chunks is worked out as well.</param>
public sealed class KnowledgeBase(InboundDb db, TimeProvider clock, IOptions<EmbeddingOptions>? embedding = null)
{
    /// <summary>More is no longer looked after by people, source by source.</summary>
    public const int MostSources = 2_000;

    /// <summary>Up to here finding a passage takes a few milliseconds.</summary>
    public const int MostChunks = 10_000;

    /// <summary>Adds a source, or says why not.</summary>
    /// <param name="workspaceId">The agent's workspace.</param>
    /// <param name="agentId">The agent.</param>
    /// <param name="content">What it says.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="alongside">What is to happen in the same transaction; a problem there undoes both.</param>
    public Task<(Source? Source, SourceProblem? Problem)> AddAsync(Guid workspaceId, Guid agentId, SourceContent content, CancellationToken cancellationToken,
        Func<Source, Task<SourceProblem?>>? alongside = null) =>
        WriteAsync(agentId, async connection =>
        {
            var source = Source.Create(workspaceId, agentId, content, clock.GetUtcNow());
            db.Add(source);
            if (content.Upload is { } upload)
                db.Add(SourceFile.Of(source, upload));
            var (indexed, problem) = await IndexAsync(connection, source, cancellationToken);
            if (indexed is not null && alongside is not null && await alongside(indexed) is { } other)
                return (null, other);
            return (indexed, problem);
        }, cancellationToken);

    /// <summary>Lets a source say something else; nothing at all where there is no such source.</summary>
    public Task<(Source? Source, SourceProblem? Problem)> RewriteAsync(Guid agentId, Guid sourceId, SourceContent content, CancellationToken cancellationToken) =>
        WriteAsync(agentId, async connection =>
        {
            if (await db.Set<Source>().SingleOrDefaultAsync(s => s.AgentId == agentId && s.Id == sourceId, cancellationToken) is not { } source)
                return (null, null);
            if (source.IsWritten != content.Type is SourceType.Text or SourceType.Qa || (!source.IsWritten && source.Type != content.Type))
                return (null, new SourceProblem("source_type_fixed", "A website or file stays one: remove the source and add another."));
            source.Rewrite(content, clock.GetUtcNow());
            return await IndexAsync(connection, source, cancellationToken);
        }, cancellationToken);

    /// <summary>Has a source read again; nothing at all where there is no such source.</summary>
    public Task<(Source? Source, SourceProblem? Problem)> TrainAsync(Guid agentId, Guid sourceId, CancellationToken cancellationToken) =>
        WriteAsync(agentId, async connection =>
        {
            if (await db.Set<Source>().SingleOrDefaultAsync(s => s.AgentId == agentId && s.Id == sourceId, cancellationToken) is not { } source)
                return (null, null);
            if (source.Status is SourceStatus.Waiting or SourceStatus.Training)
                return (null, new SourceProblem("training_under_way", "The source is being read already."));
            if (!source.IsWritten)
                source.Train(clock.GetUtcNow());
            return await IndexAsync(connection, source, cancellationToken);
        }, cancellationToken);

    /// <summary>Removes a source with its index; false where there is none.</summary>
    public async Task<bool> RemoveAsync(Guid agentId, Guid sourceId, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await ChunkIndex.LockAsync(Connection, agentId, cancellationToken);
        var removed = await db.Set<Source>().Where(s => s.AgentId == agentId && s.Id == sourceId).ExecuteDeleteAsync(cancellationToken);
        await ChunkIndex.ForgetMeaningAsync(Connection, agentId, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return removed > 0;
    }

    private NpgsqlConnection Connection => (NpgsqlConnection)db.Database.GetDbConnection();

    private async Task<(Source?, SourceProblem?)> WriteAsync(Guid agentId, Func<NpgsqlConnection, Task<(Source?, SourceProblem?)>> write, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await ChunkIndex.LockAsync(Connection, agentId, cancellationToken);
        var (source, problem) = await write(Connection);
        if (problem is null)
            await transaction.CommitAsync(cancellationToken);
        return (source, problem);
    }

    private async Task<(Source?, SourceProblem?)> IndexAsync(NpgsqlConnection connection, Source source, CancellationToken cancellationToken)
    {
        if (source.IsWritten)
        {
            var chunks = source.Chunks();
            source.Learnt(chunks.Count, embedding?.Value.IsConfigured is true, clock.GetUtcNow());
            await db.SaveChangesAsync(cancellationToken);
            await ChunkIndex.ReplaceAsync(connection, source.WorkspaceId, source.AgentId, source.Id, chunks, keep: [], cancellationToken);
        }
        else
            await db.SaveChangesAsync(cancellationToken);
        return await ChunkIndex.CheckAsync(connection, source.AgentId, cancellationToken) is { } problem ? (null, problem) : (source, null);
    }
}
