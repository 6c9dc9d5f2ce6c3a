using System.ComponentModel.DataAnnotations;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.HelpDesk;

/// <summary>How tickets find their people.</summary>
public enum AssignmentMode
{
    /// <summary>Somebody takes them.</summary>
    ByHand,

    /// <summary>Who has the fewest open tickets gets the next one.</summary>
    Balanced,

    /// <summary>One after the other.</summary>
    RoundRobin,
}

/// <summary>How a workspace's tickets find their people.</summary>
public sealed class HelpDeskSettings
{
    private HelpDeskSettings() { }

    /// <summary>The settings of a workspace that nobody has set.</summary>
    public static HelpDeskSettings Default(Guid workspaceId) => new() { WorkspaceId = workspaceId };

    public Guid WorkspaceId { get; private set; }
    public AssignmentMode Assignment { get; private set; }
    public int? Cap { get; private set; }
    public Guid[]? MemberIds { get; private set; }
    public Guid? LastMemberId { get; private set; }
    public DateTimeOffset? UpdatedAt { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<HelpDeskSettings>
    {
        public void Configure(EntityTypeBuilder<HelpDeskSettings> builder)
        {
            builder.ToTable("help_desks").HasKey(s => s.WorkspaceId);
            builder.Property(s => s.WorkspaceId).ValueGeneratedNever();
            builder.Property(s => s.Assignment).HasConversion<SnakeCaseEnum<AssignmentMode>>();
        }
    }
}

/// <summary>The help desk's settings over HTTP.</summary>
public static class HelpDeskEndpoints
{
    private const int MostMembers = 500;

    /// <summary>How tickets are to find their people.</summary>
    /// <param name="Assignment">By hand, balanced or round robin.</param>
    /// <param name="Cap">How many open tickets a member is given at most; any number where it is left out.</param>
    /// <param name="MemberIds">Who is given tickets; every member who may answer where it is left out.</param>
    public sealed record HelpDeskRequest(AssignmentMode Assignment, [Range(1, 10_000)] int? Cap = null, Guid[]? MemberIds = null);

    /// <summary>How tickets find their people.</summary>
    public sealed record HelpDeskResponse(AssignmentMode Assignment, int? Cap, Guid[]? MemberIds, DateTimeOffset? UpdatedAt);

    /// <summary>Maps <c>/api/workspace/help-desk</c>.</summary>
    public static void MapHelpDesk(this IEndpointRouteBuilder app)
    {
        var settings = app.MapGroup("/api/workspace/help-desk").WithTags("Help desk");
        settings.MapGet("", Get).WithName("GetHelpDesk").WithSummary("How tickets find their people").RequireAuthorization(Policies.Viewer);
        settings.MapPut("", Put).WithName("PutHelpDesk").Records("help_desk.changed").WithSummary("Change how tickets find their people").RequireAuthorization(Policies.Admin, Policies.WholeWorkspace);
    }

    private static async Task<Ok<HelpDeskResponse>> Get(Caller caller, InboundDb db, CancellationToken cancellationToken)
    {
        var settings = await db.Set<HelpDeskSettings>().AsNoTracking().SingleOrDefaultAsync(cancellationToken) ?? HelpDeskSettings.Default(caller.WorkspaceId);
        return TypedResults.Ok(new HelpDeskResponse(settings.Assignment, settings.Cap, settings.MemberIds, settings.UpdatedAt));
    }

    private static async Task<Results<Ok<HelpDeskResponse>, ProblemHttpResult>> Put(
        HelpDeskRequest request, Caller caller, InboundDb db, PlatformDb platform, WakeUps wakeUps, TimeProvider clock, CancellationToken cancellationToken)
    {
        var members = request.MemberIds?.Distinct().ToArray();
        if (members is { Length: 0 or > MostMembers })
            return Refusal.Invalid("members_invalid", $"Name 1 to {MostMembers} members in `memberIds`, or leave it out for all who may answer.");
        if (members is not null && await platform.Members.CountAsync(m => members.Contains(m.Id) && m.Role != Role.Viewer, cancellationToken) < members.Length)
            return Refusal.Invalid("member_unknown", "Every one of `memberIds` must be a member of the workspace who may answer customers.");

        // One statement: two admins who save at once for the first time both succeed, the later one stays.
        var now = clock.GetUtcNow();
        await db.Database.ExecuteSqlAsync(AssignmentSql.Save(caller.WorkspaceId, EnumWords.Of(request.Assignment), request.Cap, members, now), cancellationToken);
        wakeUps.Signal(TicketAssigner.Topic);
        return TypedResults.Ok(new HelpDeskResponse(request.Assignment, request.Cap, members, now));
    }
}
