using System.ComponentModel.DataAnnotations;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Workspaces;

/// <summary>The caller's own workspace.</summary>
public static class WorkspaceEndpoints
{
    public sealed record WorkspaceRequest([Required, StringLength(100, MinimumLength = 1)] string Name);

    public sealed record WorkspaceResponse(Guid Id, string Name);

    public static void MapWorkspace(this IEndpointRouteBuilder endpoints)
    {
        var workspace = endpoints.MapGroup("/api/workspace").WithTags("Workspace");
        workspace.MapGet("", Get).WithName("GetWorkspace").WithSummary("Shows the workspace of the key or member").RequireAuthorization(Policies.Viewer);
        workspace.MapPatch("", Rename).WithName("RenameWorkspace").Records("workspace.renamed").WithSummary("Gives the workspace another name").RequireAuthorization(Policies.Admin, Policies.WholeWorkspace);
        workspace.MapKeys();
        workspace.MapMembers();
    }

    private static async Task<Ok<WorkspaceResponse>> Get(PlatformDb db, CancellationToken cancellationToken) =>
        TypedResults.Ok(await db.Workspaces.Select(w => new WorkspaceResponse(w.Id, w.Name)).SingleAsync(cancellationToken));

    private static async Task<Ok<WorkspaceResponse>> Rename(WorkspaceRequest request, PlatformDb db, ActivitySubject subject, CancellationToken cancellationToken)
    {
        var workspace = await db.Workspaces.SingleAsync(cancellationToken);
        workspace.Rename(request.Name);
        await db.SaveChangesAsync(cancellationToken);
        subject.Is(workspace.Id, workspace.Name);
        return TypedResults.Ok(new WorkspaceResponse(workspace.Id, workspace.Name));
    }
}
