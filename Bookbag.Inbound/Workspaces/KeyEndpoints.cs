using System.ComponentModel.DataAnnotations;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Workspaces;

/// <summary>The API keys of a workspace: made, listed, taken back.</summary>
public static class KeyEndpoints
{
    public sealed record KeyRequest([Required, StringLength(100, MinimumLength = 1)] string Name, Role Role = Role.Editor, Guid? AgentId = null);

    public sealed record KeyResponse(
        Guid Id, string Name, Role Role, Guid? AgentId, string Last4, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);

    /// <param name="Key">The key itself. It is shown here and never again.</param>
    public sealed record NewKeyResponse(Guid Id, string Name, Role Role, Guid? AgentId, string Last4, DateTimeOffset CreatedAt, string Key);

    public static void MapKeys(this RouteGroupBuilder workspace)
    {
        var keys = workspace.MapGroup("/keys").RequireAuthorization(Policies.Admin, Policies.WholeWorkspace);
        keys.MapGet("", List).WithName("ListKeys").WithSummary("Lists the API keys, those taken back too");
        keys.MapPost("", Create).WithName("CreateKey").Records("key.created").WithSummary("Makes an API key and shows it, this once");
        keys.MapDelete("/{keyId:guid}", Revoke).WithName("RevokeKey").Records("key.revoked").WithSummary("Takes an API key back; it opens nothing from then on");
    }

    private static async Task<Ok<Page<KeyResponse>>> List(PlatformDb db, Cursor? cursor, int? limit, CancellationToken cancellationToken)
    {
        var size = Page.Size(limit);
        var query = db.ApiKeys.AsNoTracking();
        if (cursor is { } after)
            query = query.Where(k => EF.Functions.GreaterThan(ValueTuple.Create(k.CreatedAt, k.Id), ValueTuple.Create(after.At, after.Id)));
        var rows = await query.OrderBy(k => k.CreatedAt).ThenBy(k => k.Id).Take(size + 1)
            .Select(k => new KeyResponse(k.Id, k.Name, k.Role, k.AgentId, k.Last4, k.CreatedAt, k.LastUsedAt, k.RevokedAt)).ToListAsync(cancellationToken);
        return TypedResults.Ok(Page.Of(rows, size, k => new Cursor(k.CreatedAt, k.Id)));
    }

    private static async Task<Results<Created<NewKeyResponse>, ProblemHttpResult>> Create(
        KeyRequest request, Caller caller, PlatformDb db, ActivitySubject subject, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!RoleRules.MayGrant(caller.Role, request.Role))
            return Refusal.Forbidden("role_too_high", "A key cannot be given more than you may do yourself.");
        if (request.AgentId is { } agentId && !await db.Agents.AnyAsync(a => a.Id == agentId, cancellationToken))
            return Refusal.NotFound("agent_not_found", "There is no such agent.");

        var secret = ApiKey.NewSecret();
        var key = ApiKey.For(secret, caller.WorkspaceId, request.AgentId, request.Name, request.Role, clock.GetUtcNow());
        db.ApiKeys.Add(key);
        await db.SaveChangesAsync(cancellationToken);
        subject.Is(key.Id, $"{key.Name}, {EnumWords.Of(key.Role)}");
        return TypedResults.Created((string?)null, new NewKeyResponse(key.Id, key.Name, key.Role, key.AgentId, key.Last4, key.CreatedAt, secret));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Revoke(
        Guid keyId, Caller caller, PlatformDb db, ActivitySubject subject, TimeProvider clock, CancellationToken cancellationToken)
    {
        var key = await db.ApiKeys.AsNoTracking().SingleOrDefaultAsync(k => k.Id == keyId, cancellationToken);
        if (key is null)
            return Refusal.NotFound("key_not_found", "There is no such key.");
        if (!RoleRules.MayTouch(caller.Role, key.Role))
            return Refusal.Forbidden("role_too_high", "Only an Owner can take an Owner's key back.");

        // A key that was taken back before keeps its time.
        await db.ApiKeys.Where(k => k.Id == keyId && k.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(k => k.RevokedAt, clock.GetUtcNow()), cancellationToken);
        subject.Is(key.Name);
        return TypedResults.NoContent();
    }
}
