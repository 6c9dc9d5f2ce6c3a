using Bookbag.Inbound;
using Bookbag.Inbound.Knowledge;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Tests.Support;

/// <summary>Agents that know something.</summary>
public static class MakeKnowledge
{
    /// <summary>An agent of a workspace of its own that knows these sources.</summary>
    public static async Task<(Guid WorkspaceId, Guid AgentId)> AgentAsync(TestDatabase database, params IEnumerable<SourceContent> sources)
    {
        var now = TimeProvider.System.GetUtcNow();
        var (workspaceId, agentId) = (Guid.CreateVersion7(now), Guid.CreateVersion7(now));
        await using var db = Db(database);
        var knowledge = new KnowledgeBase(db, TimeProvider.System);
        foreach (var content in sources)
            Assert.Null((await knowledge.AddAsync(workspaceId, agentId, content, CancellationToken.None)).Problem);
        return (workspaceId, agentId);
    }

    /// <summary>The inbound schema without a tenant's limits.</summary>
    public static InboundDb Db(TestDatabase database) =>
        new((DbContextOptions<InboundDb>)new DbContextOptionsBuilder<InboundDb>().UseSchema(database.DataSource, InboundDb.Schema).Options, Tenant.Everything);
}
