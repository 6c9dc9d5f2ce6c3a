using System.ComponentModel.DataAnnotations;
using Bookbag.Inbound.Knowledge;
using Bookbag.Inbound.Models;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Answering;

/// <summary>A question to try the agent with.</summary>
/// <param name="Question">What a customer might write.</param>
public sealed record AskRequest([Required, StringLength(4_096)] string Question);

/// <summary>What the agent would answer.</summary>
/// <param name="Answer">What the customer would get.</param>
/// <param name="Score">Grounding, 0 to 1.</param>
/// <param name="Citations">The sources it rests on.</param>
/// <param name="Outcome">How it came about.</param>
/// <param name="Why">One sentence for the team.</param>
/// <param name="Rule">Which rule decided.</param>
/// <param name="Threshold">The least score with which the agent answers.</param>
public sealed record AskResponse(string Answer, double Score, IReadOnlyList<Citation> Citations, AnswerOutcome Outcome, string Why, AnswerRule Rule, double Threshold);

/// <summary>The playground: the agent's answer without a customer.</summary>
public static class AskEndpoints
{
    /// <summary>Maps <c>/api/agents/{agentId}/ask</c>.</summary>
    public static IEndpointRouteBuilder MapAsk(this IEndpointRouteBuilder endpoints)
    {
        // Editor: a question may cost model tokens.
        endpoints.MapGroup("/api/agents/{agentId:guid}/ask").WithTags("Playground").RequireKnownAgent().RequireAuthorization(Policies.Editor)
            .MapPost("", Ask).WithName("Ask").RecordsNothing().WithSummary("Ask the agent something; nothing is sent to anybody");
        return endpoints;
    }

    private static async Task<Results<Ok<AskResponse>, ProblemHttpResult>> Ask(Guid agentId, AskRequest request, Caller caller, Answerer answerer, InboundDb db, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await answerer.AnswerAsync(new Question(caller.WorkspaceId, agentId, request.Question, []), cancellationToken);
            var threshold = await db.Set<AgentSettings>().Where(s => s.AgentId == agentId).Select(s => (double?)s.Threshold).SingleOrDefaultAsync(cancellationToken);
            return TypedResults.Ok(new AskResponse(answer.Text, answer.Score, answer.Citations, answer.Outcome, answer.Why, answer.Rule, threshold ?? AgentSettings.DefaultThreshold));
        }
        catch (ModelUnavailableException e)
        {
            return Refusal.Problem(StatusCodes.Status503ServiceUnavailable, "model_unavailable", $"{e.Message} A customer's message would be tried again, then handed to a person.");
        }
    }
}
