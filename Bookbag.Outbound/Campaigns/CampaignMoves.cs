using System.Globalization;
using Bookbag.Outbound.MessagingLimits;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Outbound.Campaigns;

/// <summary>What people do with a campaign: launch, pause, resume, cancel. Two who do it at once: one did it, the other is told.</summary>
public static class CampaignMoves
{
    internal static void MapCampaignMoves(this RouteGroupBuilder group)
    {
        group.MapPost("/{id:guid}/launch", Launch).RequireAuthorization(Policies.Editor).WithName("LaunchCampaign").Records("campaign.launched").WithSummary("Starts a campaign now, or at a time")
            .WithDescription("Answers at once. The audience is frozen in the background, then it is sent. Launching a scheduled campaign again changes its time.");
        group.MapPost("/{id:guid}/pause", Pause).RequireAuthorization(Policies.Editor).WithName("PauseCampaign").Records("campaign.paused").WithSummary("Holds a campaign")
            .WithDescription("What was handed to Meta already goes on its way.");
        group.MapPost("/{id:guid}/resume", Resume).RequireAuthorization(Policies.Editor).WithName("ResumeCampaign").Records("campaign.resumed").WithSummary("Lets a paused campaign go on");
        group.MapPost("/{id:guid}/cancel", Cancel).RequireAuthorization(Policies.Editor).WithName("CancelCampaign").Records("campaign.cancelled").WithSummary("Ends a campaign for good");
    }

    /// <summary>What a launch did.</summary>
    /// <param name="Recipients">How many contacts the audience has now.</param>
    public sealed record LaunchResponse(CampaignState State, long Recipients, DateTimeOffset? StartsAt);

    /// <summary>What a move did.</summary>
    public sealed record MoveResponse(CampaignState State, string? Reason, string? Detail);

    private static async Task<Results<Ok<LaunchResponse>, ProblemHttpResult>> Launch(
        Guid agentId, Guid id, LaunchRequest? request, OutboundDb db, PlatformDb platform, CampaignDesk desk, TierReader tiers, ActivitySubject subject, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (await CampaignEndpoints.FindAsync(db, agentId, id, cancellationToken) is not { } campaign)
            return CampaignEndpoints.NotFound();
        if (await CampaignEndpoints.FindTemplateAsync(db, agentId, campaign.TemplateId, cancellationToken) is not { IsSendable: true } template)
            return Refusal.Conflict("template_not_approved", "The campaign's template is not approved by Meta. Only approved templates can be sent.");
        if (await platform.Channels.SingleOrDefaultAsync(c => c.Id == campaign.ChannelId, cancellationToken) is not { } channel)
            return Refusal.Conflict("channel_not_connected", "The campaign's WhatsApp number is not connected any more.");
        // Of a number whose tier nobody knows only the smallest limit is used; who launched without a review would wait at it.
        if (channel.Tier is null)
            await tiers.RefreshAsync(platform, channel, cancellationToken);

        var rules = await desk.RulesAsync(agentId, cancellationToken);
        if (!TryReadTimes(request ?? new LaunchRequest(), rules.Zone, clock.GetUtcNow(), out var at, out var notAfter, out var problem))
            return Refusal.Invalid("time_invalid", problem!);
        var recipients = await desk.CountAsync(campaign, cancellationToken);
        if (recipients == 0)
            return Refusal.Conflict("audience_empty", "Nobody is in the campaign's audience. Change the filter, or add contacts.");

        var moved = at is { } later
            ? await desk.States.ScheduleAsync(campaign.ChannelId, id, later, notAfter, cancellationToken)
            : await desk.States.LaunchAsync(campaign.ChannelId, id, template.Category, CampaignJson.Read<GuardRails>(campaign.Guard), cancellationToken);
        if (!moved)
            return await RefusedAsync(db, agentId, id, "campaign_not_startable", "launched", cancellationToken);
        desk.Wake();
        subject.Is(at is { } start ? $"{campaign.Name}, for {start:yyyy-MM-dd HH:mm} UTC" : campaign.Name);
        return TypedResults.Ok(new LaunchResponse(at is null ? CampaignState.Sending : CampaignState.Scheduled, recipients, at));
    }

    private static Task<Results<Ok<MoveResponse>, ProblemHttpResult>> Pause(Guid agentId, Guid id, OutboundDb db, CampaignDesk desk, ActivitySubject subject, CancellationToken cancellationToken) =>
        MoveAsync(agentId, id, db, desk, subject, "campaign_not_pausable", "paused", campaign => desk.States.PauseAsync(campaign.ChannelId, id, CampaignReasons.ByHand, null, cancellationToken), cancellationToken);

    private static async Task<Results<Ok<MoveResponse>, ProblemHttpResult>> Resume(
        Guid agentId, Guid id, OutboundDb db, CampaignDesk desk, ActivitySubject subject, CancellationToken cancellationToken)
    {
        if (await CampaignEndpoints.FindAsync(db, agentId, id, cancellationToken) is not { } campaign)
            return CampaignEndpoints.NotFound();
        if (await CampaignEndpoints.FindTemplateAsync(db, agentId, campaign.TemplateId, cancellationToken) is not { IsSendable: true } template)
            return Refusal.Conflict("template_not_approved", "The campaign's template is not approved by Meta. It can go on when it is.");
        return await MoveAsync(agentId, id, db, desk, subject, "campaign_not_paused", "resumed", _ => desk.States.ResumeAsync(campaign.ChannelId, id, template.Category, cancellationToken), cancellationToken);
    }

    private static Task<Results<Ok<MoveResponse>, ProblemHttpResult>> Cancel(Guid agentId, Guid id, OutboundDb db, CampaignDesk desk, ActivitySubject subject, CancellationToken cancellationToken) =>
        MoveAsync(agentId, id, db, desk, subject, "campaign_over", "cancelled", campaign => desk.States.CancelAsync(campaign.ChannelId, id, cancellationToken), cancellationToken);

    private static async Task<Results<Ok<MoveResponse>, ProblemHttpResult>> MoveAsync(
        Guid agentId, Guid id, OutboundDb db, CampaignDesk desk, ActivitySubject subject, string code, string what, Func<Campaign, Task<bool>> move, CancellationToken cancellationToken)
    {
        if (await CampaignEndpoints.FindAsync(db, agentId, id, cancellationToken) is not { } campaign)
            return CampaignEndpoints.NotFound();
        if (!await move(campaign))
            return await RefusedAsync(db, agentId, id, code, what, cancellationToken);
        desk.Wake();
        subject.Is(campaign.Name);
        var after = (await CampaignEndpoints.FindAsync(db, agentId, id, cancellationToken))!; // nobody deletes one that has moved
        return TypedResults.Ok(new MoveResponse(after.State, after.Reason, after.Detail));
    }

    private static async Task<ProblemHttpResult> RefusedAsync(OutboundDb db, Guid agentId, Guid id, string code, string what, CancellationToken cancellationToken)
    {
        var state = (await CampaignEndpoints.FindAsync(db, agentId, id, cancellationToken))?.State;
        return Refusal.Conflict(code, $"The campaign is {SnakeCase(state)}: it cannot be {what}.");
    }

    private static string SnakeCase(CampaignState? state) => state?.ToString().ToLowerInvariant() ?? "gone";

    /// <summary>Reads when to start: null for now.</summary>
    internal static bool TryReadTimes(LaunchRequest request, TimeZoneInfo zone, DateTimeOffset now, out DateTimeOffset? at, out DateTimeOffset? notAfter, out string? problem)
    {
        (at, notAfter, problem) = (null, null, null);
        if (request.TimeZone is { } name && !TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone!))
            problem = $"timeZone: \"{name}\" is none. Write one like Europe/Berlin.";
        else if (request.At is { } start && !TryRead(start, zone, out at))
            problem = "at: write a time like 2026-12-01T09:00:00 (in the time zone) or 2026-12-01T09:00:00+01:00.";
        else if (request.NotAfter is { } end && !TryRead(end, zone, out notAfter))
            problem = "notAfter: write a time like 2026-12-01T12:00:00 (in the time zone) or 2026-12-01T12:00:00+01:00.";
        else if (at > now.AddDays(366))
            problem = "at: a campaign can be scheduled a year ahead at most.";
        else if (notAfter <= (at ?? now))
            problem = "notAfter: it must be later than the start.";
        else if (at <= now)
            at = null;
        return problem is null;
    }

    private static bool TryRead(string text, TimeZoneInfo zone, out DateTimeOffset? instant)
    {
        instant = null;
        if (!DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time))
            return false;
        // With an offset or a Z it is an instant; without, a time of the clock on the wall.
        instant = time.Kind == DateTimeKind.Unspecified
            ? LocalTime.Resolve(time, zone)
            : DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUniversalTime();
        return true;
    }
}
