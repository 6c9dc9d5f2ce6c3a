using System.ComponentModel.DataAnnotations;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bookbag.Inbound.Workspaces;

/// <summary>The people of a workspace: invited, listed, given another role, removed.</summary>
public static class MemberEndpoints
{
    public sealed record InviteRequest([Required, EmailAddress, StringLength(254)] string Email, Role Role, [StringLength(100)] string? Password = null);

    public sealed record RoleRequest(Role Role);

    public sealed record MemberResponse(Guid Id, string Email, Role Role, DateTimeOffset CreatedAt);

    /// <param name="Password">The first password, where none was given. It is shown here and never again.</param>
    public sealed record InvitedResponse(Guid Id, string Email, Role Role, DateTimeOffset CreatedAt, string? Password);

    public static void MapMembers(this RouteGroupBuilder workspace)
    {
        var members = workspace.MapGroup("/members").RequireAuthorization(Policies.Admin, Policies.WholeWorkspace);
        members.MapGet("", List).WithName("ListMembers").WithSummary("Lists the members");
        members.MapPost("", Invite).WithName("InviteMember").Records("member.invited").WithSummary("Invites a member; a password that was not given is generated and shown, this once");
        members.MapPatch("/{memberId:guid}", ChangeRole).WithName("ChangeMemberRole").Records("member.role_changed").WithSummary("Gives a member another role");
        members.MapDelete("/{memberId:guid}", Remove).WithName("RemoveMember").Records("member.removed").WithSummary("Removes a member");
    }

    private static async Task<Ok<Page<MemberResponse>>> List(PlatformDb db, Cursor? cursor, int? limit, CancellationToken cancellationToken)
    {
        var size = Page.Size(limit);
        var query = db.Members.AsNoTracking();
        if (cursor is { } after)
            query = query.Where(m => EF.Functions.GreaterThan(ValueTuple.Create(m.CreatedAt, m.Id), ValueTuple.Create(after.At, after.Id)));
        var rows = await query.OrderBy(m => m.CreatedAt).ThenBy(m => m.Id).Take(size + 1)
            .Select(m => new MemberResponse(m.Id, m.Email!, m.Role, m.CreatedAt)).ToListAsync(cancellationToken);
        return TypedResults.Ok(Page.Of(rows, size, m => new Cursor(m.CreatedAt, m.Id)));
    }

    private static async Task<Results<Created<InvitedResponse>, ProblemHttpResult>> Invite(
        InviteRequest request, Caller caller, UserManager<Member> members, ActivitySubject subject, TimeProvider clock)
    {
        if (!RoleRules.MayGrant(caller.Role, request.Role))
            return TooHigh();

        var member = Member.Invite(caller.WorkspaceId, request.Email, request.Role, clock.GetUtcNow());
        var generated = request.Password is null ? Passwords.Generate() : null;
        var errors = await CreateAsync(members, member, request.Password ?? generated!);
        if (errors.Count > 0)
        {
            return errors.Any(e => e.Code.StartsWith("Duplicate", StringComparison.Ordinal))
                ? Refusal.Conflict("email_taken", "This address cannot be invited: it belongs to a member already.")
                : Refusal.Invalid("password_refused", string.Join(' ', errors.Select(e => e.Description)));
        }

        subject.Is(member.Id, Describe(member));
        return TypedResults.Created((string?)null, new InvitedResponse(member.Id, request.Email, member.Role, member.CreatedAt, generated));
    }

    private static async Task<Results<Ok<MemberResponse>, ProblemHttpResult>> ChangeRole(
        Guid memberId, RoleRequest request, Caller caller, PlatformDb db, ActivitySubject subject, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var (member, refusal) = await FindAsync(db, caller, memberId, request.Role, cancellationToken);
        if (member is null)
            return refusal!; // one of the two is always there
        if (!RoleRules.MayGrant(caller.Role, request.Role))
            return TooHigh();

        member.Become(request.Role);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        subject.Is(Describe(member));
        return TypedResults.Ok(new MemberResponse(member.Id, member.Email!, member.Role, member.CreatedAt));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Remove(
        Guid memberId, Caller caller, PlatformDb db, ActivitySubject subject, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var (member, refusal) = await FindAsync(db, caller, memberId, null, cancellationToken);
        if (member is null)
            return refusal!; // one of the two is always there

        db.Members.Remove(member);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        subject.Is(Describe(member));
        return TypedResults.NoContent();
    }

    /// <summary>The member whose role is to become <paramref name="after"/> (null: who is to be removed), or why that cannot be.</summary>
    private static async Task<(Member? Member, ProblemHttpResult? Refusal)> FindAsync(
        PlatformDb db, Caller caller, Guid memberId, Role? after, CancellationToken cancellationToken)
    {
        // Two Owners who remove each other at the same moment: the second one waits here, and then is the last.
        await db.Database.ExecuteSqlAsync($"SELECT 1 FROM platform.workspaces WHERE id = {caller.WorkspaceId} FOR UPDATE", cancellationToken);

        var member = await db.Members.SingleOrDefaultAsync(m => m.Id == memberId, cancellationToken);
        if (member is null)
            return (null, Refusal.NotFound("member_not_found", "There is no such member."));
        if (!RoleRules.MayTouch(caller.Role, member.Role))
            return (null, Refusal.Forbidden("role_too_high", "Only an Owner can do that to an Owner."));
        var owners = await db.Members.CountAsync(m => m.Role == Role.Owner, cancellationToken);
        return RoleRules.LeavesAnOwner(member.Role, after, owners)
            ? (member, null)
            : (null, Refusal.Conflict("last_owner", "A workspace needs an Owner: make somebody else one first."));
    }

    private static async Task<IReadOnlyList<IdentityError>> CreateAsync(UserManager<Member> members, Member member, string password)
    {
        try
        {
            return [.. (await members.CreateAsync(member, password)).Errors];
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Somebody else invited the address between Identity's look and its write.
            return [members.ErrorDescriber.DuplicateEmail(member.Email!)];
        }
    }

    private static string Describe(Member member) => $"{member.Email}, {EnumWords.Of(member.Role)}";

    private static ProblemHttpResult TooHigh() => Refusal.Forbidden("role_too_high", "Nobody can be given more than you may do yourself.");
}
