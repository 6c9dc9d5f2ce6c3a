using System.ComponentModel.DataAnnotations;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Agents;

/// <summary>The agents of a workspace: made, listed, renamed.</summary>
public static class AgentEndpoints
{
    public sealed record AgentRequest([Required, StringLength(100, MinimumLength = 1)] string Name);

    public sealed record AgentResponse(Guid Id, string Name, DateTimeOffset CreatedAt);

    public static void MapAgents(this IEndpointRouteBuilder endpoints)
    {
        var agents = endpoints.MapGroup("/api/agents").WithTags("Agents").RequireAuthorization(Policies.Viewer);
        agents.MapGet("", List).WithName("ListAgents").WithSummary("Lists the agents, the oldest first");
        agents.MapGet("/{agentId:guid}", Get).WithName("GetAgent").WithSummary("Shows an agent");
        agents.MapPost("", Create).WithName("CreateAgent").Records("agent.created").WithSummary("Makes an agent").RequireAuthorization(Policies.Admin, Policies.WholeWorkspace);
        agents.MapPatch("/{agentId:guid}", Rename).WithName("RenameAgent").Records("agent.renamed").WithSummary("Gives an agent another name").RequireAuthorization(Policies.Admin);
    }

    private static async Task<Ok<Page<AgentResponse>>> List(PlatformDb db, Cursor? cursor, int? limit, CancellationToken cancellationToken)
    {
        var size = Page.Size(limit);
        var query = db.Agents.AsNoTracking();
        if (cursor is { } after)
            query = query.Where(a => EF.Functions.GreaterThan(ValueTuple.Create(a.CreatedAt, a.Id), ValueTuple.Create(after.At, after.Id)));
        var rows = await query.OrderBy(a => a.CreatedAt).ThenBy(a => a.Id).Take(size + 1)
            .Select(a => new AgentResponse(a.Id, a.Name, a.CreatedAt)).ToListAsync(cancellationToken);
        return TypedResults.Ok(Page.Of(rows, size, a => new Cursor(a.CreatedAt, a.Id)));
    }

    private static async Task<Results<Ok<AgentResponse>, ProblemHttpResult>> Get(Guid agentId, PlatformDb db, CancellationToken cancellationToken) =>
        await db.Agents.AsNoTracking().SingleOrDefaultAsync(a => a.Id == agentId, cancellationToken) is { } agent
            ? TypedResults.Ok(Describe(agent))
            : Unknown();

    private static async Task<Created<AgentResponse>> Create(
        AgentRequest request, Caller caller, PlatformDb db, ActivitySubject subject, TimeProvider clock, CancellationToken cancellationToken)
    {
        var agent = Agent.Create(caller.WorkspaceId, request.Name, clock.GetUtcNow());
        db.Agents.Add(agent);
        await db.SaveChangesAsync(cancellationToken);
        subject.Is(agent.Id, agent.Name);
        return TypedResults.Created($"/api/agents/{agent.Id}", Describe(agent));
    }

    private static async Task<Results<Ok<AgentResponse>, ProblemHttpResult>> Rename(
        Guid agentId, AgentRequest request, PlatformDb db, ActivitySubject subject, CancellationToken cancellationToken)
    {
        if (await db.Agents.SingleOrDefaultAsync(a => a.Id == agentId, cancellationToken) is not { } agent)
            return Unknown();
        agent.Rename(request.Name);
        await db.SaveChangesAsync(cancellationToken);
        subject.Is(agent.Name);
        return TypedResults.Ok(Describe(agent));
    }

    private static AgentResponse Describe(Agent agent) => new(agent.Id, agent.Name, agent.CreatedAt);

    private static ProblemHttpResult Unknown() => Refusal.NotFound("agent_not_found", "There is no such agent.");
}
