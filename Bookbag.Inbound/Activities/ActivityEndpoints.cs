using System.ComponentModel.DataAnnotations;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Activities;

/// <summary>Who did what in the workspace, and when.</summary>
public static class ActivityEndpoints
{
    private const string AnyDeed = ".*";

    /// <param name="Action">A stable name such as <c>campaign.launched</c>.</param>
    /// <param name="Actor">The member's e-mail address or the key's name, as it was then.</param>
    /// <param name="AgentId">The agent that it concerns; null where it concerns the workspace.</param>
    /// <param name="SubjectId">What it was done to; it may be gone.</param>
    /// <param name="Subject">What that was called, and what was decided about it.</param>
    public sealed record ActivityResponse(
        Guid Id, DateTimeOffset At, string Action, ActorKind ActorKind, Guid ActorId, string Actor, Guid? AgentId, Guid? SubjectId, string? Subject);

    /// <summary>Keeps the log for its time.</summary>
    public static IHostApplicationBuilder AddActivity(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ActivityOptions>().BindConfiguration(ActivityOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<ActivityKeeper>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ActivityKeeper>());
        return builder;
    }

    /// <summary>Maps <c>/api/activity</c>.</summary>
    public static void MapActivity(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/activity", List).WithTags("Workspace").WithName("ListActivity").RequireAuthorization(Policies.Admin, Policies.WholeWorkspace)
            .WithSummary("Who did what, the latest first: members, keys, channels, agents, sources, templates, imports, campaigns, replays, webhooks, sign-ins")
            .WithDescription("action is one of them, such as campaign.launched, or campaign.* for all that was done to campaigns. It is kept for a year.");

    private static async Task<Ok<Page<ActivityResponse>>> List(
        Guid? actorId, [RegularExpression(@"^[a-z_]{1,40}\.([a-z_]{1,40}|\*)$")] string? action, DateTimeOffset? from, DateTimeOffset? to, Cursor? cursor, int? limit,
        PlatformDb db, CancellationToken cancellationToken)
    {
        var entries = db.Activity.AsNoTracking();
        if (actorId is { } actor)
            entries = entries.Where(e => e.ActorId == actor);
        if (action is not null)
        {
            var thing = action.EndsWith(AnyDeed, StringComparison.Ordinal) ? action[..^1] : null;
            entries = thing is null ? entries.Where(e => e.Action == action) : entries.Where(e => e.Action.StartsWith(thing));
        }

        if (from is { } begin)
            entries = entries.Where(e => e.At >= begin.ToUniversalTime());
        if (to is { } end)
            entries = entries.Where(e => e.At < end.ToUniversalTime());
        if (cursor is { } after)
            entries = entries.Where(e => EF.Functions.LessThan(ValueTuple.Create(e.At, e.Id), ValueTuple.Create(after.At, after.Id)));
        var size = Page.Size(limit);
        var rows = await entries.OrderByDescending(e => e.At).ThenByDescending(e => e.Id).Take(size + 1)
            .Select(e => new ActivityResponse(e.Id, e.At, e.Action, e.ActorKind, e.ActorId, e.Actor, e.AgentId, e.SubjectId, e.Subject)).ToListAsync(cancellationToken);
        return TypedResults.Ok(Page.Of(rows, size, e => new Cursor(e.At, e.Id)));
    }
}
