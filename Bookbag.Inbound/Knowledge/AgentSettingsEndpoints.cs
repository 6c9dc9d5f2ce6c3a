using System.ComponentModel.DataAnnotations;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Knowledge;

/// <summary>How an agent is to behave. What is left out goes back to its default.</summary>
/// <param name="Threshold">The least grounding score with which the agent answers, 0 to 1.</param>
/// <param name="Behaviour">What it does under the threshold.</param>
/// <param name="Greeting">What it says to a greeting.</param>
/// <param name="Thanks">What it says to thanks.</param>
/// <param name="Unsure">What it says when it is unsure.</param>
/// <param name="Handoff">What it says when it hands over to a person.</param>
/// <param name="Contact">How it asks for contact details.</param>
/// <param name="Instructions">What the model is told beside its rules.</param>
/// <param name="Unreadable">What it says to a picture, voice note or file that it cannot open.</param>
/// <param name="UnreadableBehaviour">What it does with one: say so, or hand over to a person.</param>
public sealed record AgentSettingsRequest(
    [Range(0.0, 1.0)] double? Threshold = null,
    GuardrailBehaviour? Behaviour = null,
    [StringLength(AgentSettingsRequest.LongestText)] string? Greeting = null,
    [StringLength(AgentSettingsRequest.LongestText)] string? Thanks = null,
    [StringLength(AgentSettingsRequest.LongestText)] string? Unsure = null,
    [StringLength(AgentSettingsRequest.LongestText)] string? Handoff = null,
    [StringLength(AgentSettingsRequest.LongestText)] string? Contact = null,
    [StringLength(AgentSettingsRequest.LongestInstructions)] string? Instructions = null,
    [StringLength(AgentSettingsRequest.LongestText)] string? Unreadable = null,
    UnreadableBehaviour? UnreadableBehaviour = null)
{
    public const int LongestText = 1_000;
    public const int LongestInstructions = 4_000;
}

/// <summary>How an agent behaves.</summary>
public sealed record AgentSettingsResponse(double Threshold, GuardrailBehaviour Behaviour, string Greeting, string Thanks, string Unsure, string Handoff,
    string Contact, string Instructions, string Unreadable, UnreadableBehaviour UnreadableBehaviour, DateTimeOffset? UpdatedAt)
{
    internal static AgentSettingsResponse Of(AgentSettings settings) => new(settings.Threshold, settings.Behaviour, settings.Greeting, settings.Thanks,
        settings.Unsure, settings.Handoff, settings.Contact, settings.Instructions, settings.Unreadable, settings.UnreadableBehaviour, settings.UpdatedAt);
}

/// <summary>The agent's settings.</summary>
public static class AgentSettingsEndpoints
{
    /// <summary>Maps <c>/api/agents/{agentId}/settings</c>.</summary>
    public static IEndpointRouteBuilder MapAgentSettings(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/api/agents/{agentId:guid}/settings").WithTags("Settings").RequireKnownAgent();
        group.MapGet("", Get).WithName("GetAgentSettings").WithSummary("How the agent behaves").RequireAuthorization(Policies.Viewer);
        group.MapPut("", Put).WithName("PutAgentSettings").Records("agent.settings_changed").WithSummary("Change how the agent behaves").RequireAuthorization(Policies.Editor);
        return endpoints;
    }

    private static async Task<Ok<AgentSettingsResponse>> Get(Guid agentId, Caller caller, InboundDb db, CancellationToken cancellationToken)
    {
        var settings = await db.Set<AgentSettings>().AsNoTracking().SingleOrDefaultAsync(s => s.AgentId == agentId, cancellationToken);
        return TypedResults.Ok(AgentSettingsResponse.Of(settings ?? AgentSettings.Default(caller.WorkspaceId, agentId)));
    }

    private static async Task<Ok<AgentSettingsResponse>> Put(Guid agentId, AgentSettingsRequest request, Caller caller, InboundDb db, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var settings = AgentSettings.Default(caller.WorkspaceId, agentId);
        settings.Change(request, clock.GetUtcNow());
        // One statement: two members who save at once for the first time both succeed, the later one stays.
        await db.Database.ExecuteSqlAsync(AgentSettingsSql.Save(settings), cancellationToken);
        return TypedResults.Ok(AgentSettingsResponse.Of(settings));
    }
}
