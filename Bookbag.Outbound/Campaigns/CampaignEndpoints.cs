using System.Text.Json;
using Bookbag.Outbound.Attribution;
using Bookbag.Outbound.Contacts;
using Bookbag.Outbound.Templates;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bookbag.Outbound.Campaigns;

/// <summary>Making campaigns and looking at them; what moves them is in <see cref="CampaignMoves"/>.</summary>
public static class CampaignEndpoints
{
    /// <summary>Maps <c>/api/agents/{agentId}/outbound/campaigns</c>.</summary>
    public static void MapCampaigns(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/agents/{agentId:guid}/outbound/campaigns").WithTags("Campaigns").RequireAuthorization(Policies.Viewer).RequireKnownAgent();
        group.MapGet("/", List).WithName("ListCampaigns").WithSummary("Campaigns, the newest first");
        group.MapPost("/", Create).RequireAuthorization(Policies.Editor).WithName("CreateCampaign").Records("campaign.created").WithSummary("Drafts a campaign");
        group.MapGet("/{id:guid}", Get).WithName("GetCampaign").WithSummary("One campaign");
        group.MapPut("/{id:guid}", Change).RequireAuthorization(Policies.Editor).WithName("ChangeCampaign").RecordsNothing().WithSummary("Says anew what a draft is to be");
        group.MapDelete("/{id:guid}", Delete).RequireAuthorization(Policies.Editor).WithName("DeleteCampaign").Records("campaign.deleted").WithSummary("Deletes a draft");
        group.MapGet("/{id:guid}/audience", GetAudience).WithName("GetCampaignAudience").WithSummary("Who a campaign goes to, counted");
        group.MapPut("/{id:guid}/audience", SetAudience).RequireAuthorization(Policies.Editor).WithName("SetCampaignAudience").RecordsNothing().WithSummary("Says who a draft goes to");
        group.MapPost("/{id:guid}/review", CampaignReview.Handle).WithName("ReviewCampaign").RecordsNothing()
            .WithSummary("Tells what a launch would do: who gets it, who does not and why, the places it takes, and when it ends");
        group.MapGet("/{id:guid}/funnel", GetFunnel).WithName("GetCampaignFunnel").WithSummary("Where the recipients are; the buckets add up to the audience");
        group.MapCampaignMoves();
        group.MapRecipients();
        group.MapReplies();
    }

    private static async Task<Ok<Page<CampaignResponse>>> List(Guid agentId, CampaignState? state, Cursor? cursor, int? limit, OutboundDb db, CancellationToken cancellationToken)
    {
        var rows = db.Set<Campaign>().AsNoTracking().Where(c => c.AgentId == agentId);
        if (state is not null)
            rows = rows.Where(c => c.State == state);
        if (cursor is { } after)
            rows = rows.Where(c => c.CreatedAt < after.At || (c.CreatedAt == after.At && c.Id.CompareTo(after.Id) < 0));
        var size = Page.Size(limit);
        var found = await rows.OrderByDescending(c => c.CreatedAt).ThenByDescending(c => c.Id).Take(size + 1).ToListAsync(cancellationToken);
        var page = Page.Of(found, size, c => new Cursor(c.CreatedAt, c.Id));
        return TypedResults.Ok(new Page<CampaignResponse>([.. page.Items.Select(CampaignResponse.Of)], page.Next));
    }

    private static async Task<Results<Created<CampaignResponse>, ProblemHttpResult>> Create(
        Guid agentId, CampaignRequest request, Caller caller, OutboundDb db, PlatformDb platform, ActivitySubject subject, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await platform.Channels.AsNoTracking().SingleOrDefaultAsync(c => c.AgentId == agentId, cancellationToken) is not { } channel)
            return Refusal.Conflict("channel_not_connected", "This agent has no WhatsApp number yet. Connect one on its Deploy tab first.");
        var campaign = Campaign.Draft(caller.WorkspaceId, channel.Id, agentId, clock.GetUtcNow());
        if (await DescribeAsync(campaign, request, db, clock, cancellationToken) is { } refused)
            return refused;
        db.Add(campaign);
        await db.SaveChangesAsync(cancellationToken);
        subject.Is(campaign.Id, campaign.Name);
        return TypedResults.Created($"/api/agents/{agentId}/outbound/campaigns/{campaign.Id}", CampaignResponse.Of(campaign));
    }

    private static async Task<Results<Ok<CampaignResponse>, ProblemHttpResult>> Get(Guid agentId, Guid id, OutboundDb db, CancellationToken cancellationToken) =>
        await FindAsync(db, agentId, id, cancellationToken) is { } campaign ? TypedResults.Ok(CampaignResponse.Of(campaign)) : NotFound();

    private static async Task<Results<Ok<CampaignResponse>, ProblemHttpResult>> Change(
        Guid agentId, Guid id, CampaignRequest request, OutboundDb db, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await db.Set<Campaign>().SingleOrDefaultAsync(c => c.AgentId == agentId && c.Id == id, cancellationToken) is not { } campaign)
            return NotFound();
        if (await DescribeAsync(campaign, request, db, clock, cancellationToken) is { } refused)
            return refused;
        return await TrySaveAsync(db, cancellationToken) ? TypedResults.Ok(CampaignResponse.Of(campaign)) : NoDraft();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Delete(
        Guid agentId, Guid id, OutboundDb db, IServiceProvider services, ActivitySubject subject, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, agentId, id, cancellationToken) is not { } campaign)
            return NotFound();
        subject.Is(campaign.Name);
        return await services.GetRequiredService<CampaignStates>().DeleteDraftAsync(campaign.ChannelId, id, cancellationToken) ? TypedResults.NoContent() : NoDraft();
    }

    private static async Task<Results<Ok<AudienceResponse>, ProblemHttpResult>> GetAudience(
        Guid agentId, Guid id, OutboundDb db, Audience audience, CancellationToken cancellationToken) =>
        await FindAsync(db, agentId, id, cancellationToken) is { } campaign
            ? TypedResults.Ok(await CountAsync(campaign, audience, cancellationToken))
            : NotFound();

    private static async Task<Results<Ok<AudienceResponse>, ProblemHttpResult>> SetAudience(
        Guid agentId, Guid id, AudienceRequest request, OutboundDb db, Audience audience, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await db.Set<Campaign>().SingleOrDefaultAsync(c => c.AgentId == agentId && c.Id == id, cancellationToken) is not { } campaign)
            return NotFound();
        if (!CampaignRequest.TryReadAudience(request.Filter, out var filter, out var problem))
            return Refusal.Invalid("audience_invalid", problem!);
        if (!campaign.Address(filter, clock.GetUtcNow()))
            return NoDraft();
        return await TrySaveAsync(db, cancellationToken) ? TypedResults.Ok(await CountAsync(campaign, audience, cancellationToken)) : NoDraft();
    }

    /// <summary>Saves; false where the campaign was launched or deleted since it was read.</summary>
    private static async Task<bool> TrySaveAsync(OutboundDb db, CancellationToken cancellationToken)
    {
        try
        {
            await db.SaveChangesAsync(cancellationToken);
            return true;
        }
        catch (DbUpdateConcurrencyException)
        {
            return false;
        }
    }

    private static async Task<Results<Ok<Funnel>, ProblemHttpResult>> GetFunnel(Guid agentId, Guid id, OutboundDb db, NpgsqlDataSource dataSource, CancellationToken cancellationToken) =>
        await FindAsync(db, agentId, id, cancellationToken) is { } campaign ? TypedResults.Ok(await Funnel.ReadAsync(dataSource, campaign, cancellationToken)) : NotFound();

    internal static Task<Campaign?> FindAsync(OutboundDb db, Guid agentId, Guid id, CancellationToken cancellationToken) =>
        db.Set<Campaign>().AsNoTracking().SingleOrDefaultAsync(c => c.AgentId == agentId && c.Id == id, cancellationToken);

    internal static Task<Template?> FindTemplateAsync(OutboundDb db, Guid agentId, Guid id, CancellationToken cancellationToken) =>
        db.Set<Template>().AsNoTracking().SingleOrDefaultAsync(t => t.AgentId == agentId && t.Id == id && t.DeletedAt == null, cancellationToken);

    internal static ProblemHttpResult NotFound() => Refusal.NotFound("campaign_not_found", "There is no such campaign.");

    private static ProblemHttpResult NoDraft() => Refusal.Conflict("campaign_not_draft", "The campaign is no draft any more: it cannot be changed or deleted. Make a new one.");

    private static async Task<ProblemHttpResult?> DescribeAsync(Campaign campaign, CampaignRequest request, OutboundDb db, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await FindTemplateAsync(db, campaign.AgentId, request.TemplateId, cancellationToken) is not { } template)
            return Refusal.Invalid("template_not_found", "templateId: this agent has no such template.");
        if (request.ProblemWith(TemplateDefinition.Of(template)) is { } problem)
            return Refusal.Invalid("variables_invalid", problem);
        if (!CampaignRequest.TryReadAudience(request.Audience, out var filter, out var wrong))
            return Refusal.Invalid("audience_invalid", wrong!);
        var guard = (request.Guard ?? new GuardRailsRequest()).OrDefaults();
        return campaign.Describe(request.Name.Trim(), request.ReplyMode, request.TemplateId, request.Variables ?? new Dictionary<string, VariableMapping>(), filter, guard, clock.GetUtcNow())
            ? null
            : NoDraft();
    }

    private static async Task<AudienceResponse> CountAsync(Campaign campaign, Audience audience, CancellationToken cancellationToken)
    {
        // What was stored was read before it was.
        if (!ContactFilter.TryParse(campaign.Audience, out var filter, out var problem))
            throw new InvalidOperationException(problem);
        return new AudienceResponse(campaign.Audience, await audience.CountAsync(campaign.WorkspaceId, campaign.AgentId, filter, cancellationToken));
    }
}

/// <summary>Who a campaign goes to, and how many that are now.</summary>
public sealed record AudienceResponse(JsonElement Filter, AudienceCount Count);
