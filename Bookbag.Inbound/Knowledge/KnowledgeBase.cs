using System.Globalization;
using Bookbag.Inbound.Answering;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bookbag.Inbound.Knowledge;

/// <summary>Writes an agent's sources: each with its index in one transaction, so that what is stored is what is found.</summary>
public sealed class KnowledgeBase(InboundDb db, TimeProvider clock)
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
        WriteAsync(agentId, async () =>
        {
            var source = Source.Create(workspaceId, agentId, content, clock.GetUtcNow());
            db.Add(source);
            var (indexed, problem) = await IndexAsync(source, cancellationToken);
            if (indexed is not null && alongside is not null && await alongside(indexed) is { } other)
                return (null, other);
            return (indexed, problem);
        }, cancellationToken);

    /// <summary>Lets a source say something else; nothing at all where there is no such source.</summary>
    public Task<(Source? Source, SourceProblem? Problem)> RewriteAsync(Guid agentId, Guid sourceId, SourceContent content, CancellationToken cancellationToken) =>
        WriteAsync(agentId, async () =>
        {
            if (await db.Set<Source>().SingleOrDefaultAsync(s => s.AgentId == agentId && s.Id == sourceId, cancellationToken) is not { } source)
                return (null, null);
            source.Rewrite(content, clock.GetUtcNow());
            return await IndexAsync(source, cancellationToken);
        }, cancellationToken);

    /// <summary>Removes a source with its index; false where there is none.</summary>
    public async Task<bool> RemoveAsync(Guid agentId, Guid sourceId, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(KnowledgeSql.LockAgent, cancellationToken, new NpgsqlParameter("agent", agentId));
        var removed = await db.Set<Source>().Where(s => s.AgentId == agentId && s.Id == sourceId).ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return removed > 0;
    }

    private async Task<(Source?, SourceProblem?)> WriteAsync(Guid agentId, Func<Task<(Source?, SourceProblem?)>> write, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(KnowledgeSql.LockAgent, cancellationToken, new NpgsqlParameter("agent", agentId));
        var (source, problem) = await write();
        if (problem is null)
            await transaction.CommitAsync(cancellationToken);
        return (source, problem);
    }

    private async Task<(Source?, SourceProblem?)> IndexAsync(Source source, CancellationToken cancellationToken)
    {
        var chunks = source.Chunks();
        await db.SaveChangesAsync(cancellationToken);
        await ExecuteAsync(KnowledgeSql.RemoveChunks, cancellationToken, new("agent", source.AgentId), new("source", source.Id));
        await ExecuteAsync(KnowledgeSql.AddChunks, cancellationToken,
            new("workspace", source.WorkspaceId), new("agent", source.AgentId), new("source", source.Id),
            new("headings", chunks.Select(chunk => chunk.Heading).ToArray()),
            new("texts", chunks.Select(chunk => chunk.Text).ToArray()),
            new("words", chunks.Select(chunk => string.Join(' ', Words.Content(chunk.Heading).Union(Words.Content(chunk.Text)))).ToArray()));

        // Counted after the fact, under the agent's lock: what is too much is rolled back.
        var count = await db.Database.SqlQueryRaw<Stored>(KnowledgeSql.Count, new NpgsqlParameter("agent", source.AgentId)).SingleAsync(cancellationToken);
        if (count.Sources > MostSources)
            return (null, new("too_many_sources", Full($"An agent has at most {MostSources:N0} sources. Remove one, or put several into one text.")));
        if (count.Chunks > MostChunks)
            return (null, new("too_much_knowledge", Full($"An agent's sources may make up {MostChunks:N0} passages of about a thousand characters; with this one they would make up {count.Chunks:N0}.")));
        return (source, null);
    }

    private static string Full(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters) =>
        db.Database.ExecuteSqlRawAsync(sql, parameters, cancellationToken);

    private sealed record Stored(long Sources, int Chunks);
}
