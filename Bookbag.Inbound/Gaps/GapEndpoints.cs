using System.ComponentModel.DataAnnotations;
using Bookbag.Inbound.Knowledge;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Gaps;

/// <summary>A topic that the agent's sources do not cover.</summary>
/// <param name="Question">As it was asked first.</param>
/// <param name="Questions">How often it was asked.</param>
/// <param name="SourceId">The Q&amp;A pair that was made of it.</param>
/// <param name="Examples">The latest questions, as customers asked them; of a single gap only.</param>
public sealed record GapResponse(Guid Id, string Question, long Questions, DateTimeOffset FirstAt, DateTimeOffset LastAt, GapStatus Status, Guid? SourceId,
    DateTimeOffset? SettledAt, string? SettledBy, IReadOnlyList<GapExampleResponse>? Examples)
{
    internal static GapResponse Of(Gap g, IReadOnlyList<GapExampleResponse>? examples = null) =>
        new(g.Id, g.Question, g.Questions, g.FirstAt, g.LastAt, g.Status, g.SourceId, g.SettledAt, g.SettledBy, examples);
}

/// <summary>A question as a customer asked it.</summary>
/// <param name="Score">How well the sources covered it, 0 to 1.</param>
public sealed record GapExampleResponse(Guid ConversationId, string Text, float Score, DateTimeOffset AskedAt);

/// <summary>What customers asked and the agent's sources do not cover.</summary>
public static class GapEndpoints
{
    /// <summary>The Q&amp;A pair that is to be made of a gap.</summary>
    /// <param name="Answer">What customers are told, word for word.</param>
    /// <param name="Question">What they ask; the gap's own question where it is left out.</param>
    public sealed record GapAnswerRequest([Required] string Answer, string? Question = null);

    /// <summary>Maps <c>/api/agents/{agentId}/gaps</c>.</summary>
    public static void MapGaps(this IEndpointRouteBuilder endpoints)
    {
        var gaps = endpoints.MapGroup("/api/agents/{agentId:guid}/gaps").WithTags("Knowledge gaps").RequireKnownAgent();
        gaps.MapGet("", List).WithName("ListGaps").WithSummary("What customers asked and the sources do not cover, by topic, the most asked first").RequireAuthorization(Policies.Viewer);
        gaps.MapGet("{id:guid}", Get).WithName("GetGap").WithSummary("One topic with its latest questions").RequireAuthorization(Policies.Viewer);
        gaps.MapPost("{id:guid}/answer", Answer).WithName("AnswerGap").Records("gap.answered").WithSummary("Makes a Q&A pair of a topic").RequireAuthorization(Policies.Editor);
        gaps.MapPost("{id:guid}/dismiss", Dismiss).WithName("DismissGap").Records("gap.dismissed").WithSummary("The agent need not know it; more questions of the kind are counted and do not bring it back")
            .RequireAuthorization(Policies.Editor);
    }

    private static async Task<Results<Ok<Page<GapResponse>>, ProblemHttpResult>> List(
        Guid agentId, string? status, Cursor? cursor, int? limit, InboundDb db, CancellationToken cancellationToken)
    {
        if (!EnumWords.TryParse(status ?? "open", out GapStatus wanted))
            return Refusal.Invalid("status_unknown", "The status is `open`, `answered` or `dismissed`.");
        var size = Page.Size(limit);
        var rows = db.Set<Gap>().AsNoTracking().Where(g => g.AgentId == agentId && g.Status == wanted);
        // The list is sorted by a number: the number is the cursor's time.
        if (cursor is { At.UtcTicks: var questions, Id: var last })
            rows = rows.Where(g => EF.Functions.LessThan(ValueTuple.Create(g.Questions, g.Id), ValueTuple.Create(questions, last)));
        var found = await rows.OrderByDescending(g => g.Questions).ThenByDescending(g => g.Id).Take(size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(Page.Of([.. found.Select(g => GapResponse.Of(g))], size, g => new Cursor(new DateTimeOffset(g.Questions, TimeSpan.Zero), g.Id)));
    }

    private static async Task<Results<Ok<GapResponse>, ProblemHttpResult>> Get(Guid agentId, Guid id, InboundDb db, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, agentId, id, cancellationToken) is not { } gap)
            return NotFound();
        var examples = await db.Set<GapQuestion>().Where(q => q.GapId == id).OrderByDescending(q => q.AskedAt).ThenByDescending(q => q.Id).Take(GapGrouper.Examples)
            .Select(q => new GapExampleResponse(q.ConversationId, q.Text, q.Score, q.AskedAt)).ToListAsync(cancellationToken);
        return TypedResults.Ok(GapResponse.Of(gap, examples));
    }

    private static async Task<Results<Ok<GapResponse>, ProblemHttpResult>> Answer(
        Guid agentId, Guid id, GapAnswerRequest request, Caller caller, InboundDb db, KnowledgeBase knowledge, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, agentId, id, cancellationToken) is not { } gap)
            return NotFound();
        var question = request.Question ?? gap.Question;
        var (content, problem) = new SourceRequest("qa", question, request.Answer).Read();
        if (content is null)
            return Refusal.Invalid(problem!.Code, problem.Text); // one of the two is always there

        // With the pair in one transaction: of two people who answer at once one does.
        (_, problem) = await knowledge.AddAsync(caller.WorkspaceId, agentId, content, cancellationToken, async source =>
            await db.Set<Gap>().Where(g => g.AgentId == agentId && g.Id == id && g.Status != GapStatus.Answered).ExecuteUpdateAsync(set => set
                .SetProperty(g => g.Status, GapStatus.Answered).SetProperty(g => g.SourceId, source.Id)
                .SetProperty(g => g.SettledAt, clock.GetUtcNow()).SetProperty(g => g.SettledBy, caller.Name), cancellationToken) > 0
                ? null
                : new SourceProblem("gap_answered", "Somebody made a Q&A pair of this already."));
        return problem is not null ? Refusal.Conflict(problem.Code, problem.Text) : await Get(agentId, id, db, cancellationToken);
    }

    private static async Task<Results<Ok<GapResponse>, ProblemHttpResult>> Dismiss(
        Guid agentId, Guid id, Caller caller, InboundDb db, TimeProvider clock, CancellationToken cancellationToken)
    {
        await db.Set<Gap>().Where(g => g.AgentId == agentId && g.Id == id && g.Status == GapStatus.Open).ExecuteUpdateAsync(set => set
            .SetProperty(g => g.Status, GapStatus.Dismissed).SetProperty(g => g.SettledAt, clock.GetUtcNow()).SetProperty(g => g.SettledBy, caller.Name), cancellationToken);
        return await FindAsync(db, agentId, id, cancellationToken) switch
        {
            null => NotFound(),
            { Status: GapStatus.Answered } => Refusal.Conflict("gap_answered", "A Q&A pair was made of this already."),
            var gap => TypedResults.Ok(GapResponse.Of(gap)),
        };
    }

    private static Task<Gap?> FindAsync(InboundDb db, Guid agentId, Guid id, CancellationToken cancellationToken) =>
        db.Set<Gap>().AsNoTracking().SingleOrDefaultAsync(g => g.AgentId == agentId && g.Id == id, cancellationToken);

    private static ProblemHttpResult NotFound() => Refusal.NotFound("gap_not_found", "The agent has no such gap.");
}
