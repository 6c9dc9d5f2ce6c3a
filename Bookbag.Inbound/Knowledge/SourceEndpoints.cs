using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Knowledge;

/// <summary>A source in a list.</summary>
/// <param name="Name">What the team calls it; of a pair, the question.</param>
/// <param name="Characters">How long its text or answer is.</param>
public sealed record SourceListItem(Guid Id, SourceType Type, string Name, int Characters, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>A source in full: <c>question</c> and <c>answer</c> of a pair, <c>name</c> and <c>text</c> of a text.</summary>
public sealed record SourceResponse(Guid Id, SourceType Type, string Name, string? Text, string? Question, string? Answer, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static SourceResponse Of(Source source) => source.Type == SourceType.Qa
        ? new(source.Id, source.Type, source.Name, null, source.Name, source.Content, source.CreatedAt, source.UpdatedAt)
        : new(source.Id, source.Type, source.Name, source.Content, null, null, source.CreatedAt, source.UpdatedAt);
}

/// <summary>What an agent answers from.</summary>
public static class SourceEndpoints
{
    // 200,000 characters in any script, escaped.
    private const int LargestBody = 3_000_000;

    /// <summary>Maps <c>/api/agents/{agentId}/sources</c>.</summary>
    public static IEndpointRouteBuilder MapSources(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/api/agents/{agentId:guid}/sources").WithTags("Sources").RequireKnownAgent();
        group.MapGet("", List).WithName("ListSources").WithSummary("The agent's sources, latest first").RequireAuthorization(Policies.Viewer);
        group.MapGet("{id:guid}", Get).WithName("GetSource").WithSummary("One source in full").RequireAuthorization(Policies.Viewer);
        group.MapPost("", Add).WithName("AddSource").WithSummary("Teach the agent a Q&A pair or a text").RequireAuthorization(Policies.Editor)
            .WithMetadata(new RequestSizeLimitAttribute(LargestBody));
        group.MapPost("", RefuseFile).Accepts<IFormFile>("multipart/form-data").ExcludeFromDescription().RequireAuthorization(Policies.Editor);
        group.MapPut("{id:guid}", Rewrite).WithName("RewriteSource").WithSummary("Let a source say something else").RequireAuthorization(Policies.Editor)
            .WithMetadata(new RequestSizeLimitAttribute(LargestBody));
        group.MapDelete("{id:guid}", Remove).WithName("RemoveSource").WithSummary("Let the agent forget a source").RequireAuthorization(Policies.Editor);
        return endpoints;
    }

    private static async Task<Ok<Page<SourceListItem>>> List(Guid agentId, Cursor? cursor, int? limit, InboundDb db, CancellationToken cancellationToken)
    {
        var size = Page.Size(limit);
        var sources = db.Set<Source>().AsNoTracking().Where(s => s.AgentId == agentId);
        // Ids of version 7 are in the order of their making: the primary key serves the list.
        if (cursor is { Id: var last })
            sources = sources.Where(s => s.Id.CompareTo(last) < 0);
        var rows = await sources.OrderByDescending(s => s.Id).Take(size + 1)
            .Select(s => new SourceListItem(s.Id, s.Type, s.Name, s.Content.Length, s.CreatedAt, s.UpdatedAt)).ToListAsync(cancellationToken);
        return TypedResults.Ok(Page.Of(rows, size, s => new Cursor(s.CreatedAt, s.Id)));
    }

    private static async Task<Results<Ok<SourceResponse>, ProblemHttpResult>> Get(Guid agentId, Guid id, InboundDb db, CancellationToken cancellationToken) =>
        await db.Set<Source>().AsNoTracking().SingleOrDefaultAsync(s => s.AgentId == agentId && s.Id == id, cancellationToken) is { } source
            ? TypedResults.Ok(SourceResponse.Of(source))
            : NotFound;

    private static async Task<Results<Created<SourceResponse>, ProblemHttpResult>> Add(Guid agentId, SourceRequest request, Caller caller, KnowledgeBase knowledge,
        CancellationToken cancellationToken)
    {
        var (content, problem) = request.Read();
        if (content is null)
            return Refused(problem!);
        (var source, problem) = await knowledge.AddAsync(caller.WorkspaceId, agentId, content, cancellationToken);
        return source is null ? TooMuch(problem!) : TypedResults.Created($"/api/agents/{agentId}/sources/{source.Id}", SourceResponse.Of(source));
    }

    private static async Task<Results<Ok<SourceResponse>, ProblemHttpResult>> Rewrite(Guid agentId, Guid id, SourceRequest request, KnowledgeBase knowledge,
        CancellationToken cancellationToken)
    {
        var (content, problem) = request.Read();
        if (content is null)
            return Refused(problem!);
        (var source, problem) = await knowledge.RewriteAsync(agentId, id, content, cancellationToken);
        if (problem is not null)
            return TooMuch(problem);
        return source is null ? NotFound : TypedResults.Ok(SourceResponse.Of(source));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Remove(Guid agentId, Guid id, KnowledgeBase knowledge, CancellationToken cancellationToken) =>
        await knowledge.RemoveAsync(agentId, id, cancellationToken) ? TypedResults.NoContent() : NotFound;

    private static ProblemHttpResult RefuseFile() => Refusal.Problem(StatusCodes.Status415UnsupportedMediaType, "source_type_unavailable",
        "Files are not available as sources yet: send the content as JSON, {\"type\":\"text\",\"name\":…,\"text\":…}.");

    private static ProblemHttpResult NotFound => Refusal.NotFound("source_not_found", "The agent has no such source.");

    private static ProblemHttpResult Refused(SourceProblem problem) => Refusal.Invalid(problem.Code, problem.Text);

    private static ProblemHttpResult TooMuch(SourceProblem problem) => Refusal.Conflict(problem.Code, problem.Text);
}
