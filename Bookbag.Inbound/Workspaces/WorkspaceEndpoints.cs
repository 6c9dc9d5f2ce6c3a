using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Workspaces;

/// <summary>The caller's own workspace.</summary>
public static class WorkspaceEndpoints
{
    public sealed record WorkspaceResponse(Guid Id, string Name);

    public static void MapWorkspace(this IEndpointRouteBuilder endpoints)
    {
        var workspace = endpoints.MapGroup("/api/workspace").WithTags("Workspace");
        workspace.MapGet("", Get).WithName("GetWorkspace").WithSummary("Shows the workspace of the key or member").RequireAuthorization(Policies.Viewer);
        workspace.MapKeys();
        workspace.MapMembers();
    }

    private static async Task<Ok<WorkspaceResponse>> Get(PlatformDb db, CancellationToken cancellationToken) =>
        TypedResults.Ok(await db.Workspaces.Select(w => new WorkspaceResponse(w.Id, w.Name)).SingleAsync(cancellationToken));
}
