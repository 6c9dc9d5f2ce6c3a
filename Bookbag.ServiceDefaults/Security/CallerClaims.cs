using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace Bookbag.ServiceDefaults.Security;

/// <summary>How a <see cref="Caller"/> travels in a principal, from key or cookie to the handler.</summary>
public static class CallerClaims
{
    private const string Workspace = "bookbag:workspace";
    private const string Agent = "bookbag:agent";

    /// <summary>The claims of a caller.</summary>
    public static IEnumerable<Claim> Of(Caller caller)
    {
        yield return new Claim(ClaimTypes.NameIdentifier, caller.ActorId.ToString());
        yield return new Claim(ClaimTypes.Name, caller.Name);
        yield return new Claim(ClaimTypes.Role, caller.Role.ToString());
        yield return new Claim(Workspace, caller.WorkspaceId.ToString());
        if (caller.AgentId is { } agentId)
            yield return new Claim(Agent, agentId.ToString());
    }

    /// <summary>The caller of a signed-in principal; null for anyone else.</summary>
    public static Caller? FindCaller(this ClaimsPrincipal principal)
    {
        if (principal.Identity is not { IsAuthenticated: true }
            || !Guid.TryParse(principal.FindFirstValue(Workspace), out var workspaceId)
            || !Guid.TryParse(principal.FindFirstValue(ClaimTypes.NameIdentifier), out var actorId)
            || !Enum.TryParse<Role>(principal.FindFirstValue(ClaimTypes.Role), out var role))
            return null;
        var agentId = principal.FindFirstValue(Agent) is { } agent ? Guid.Parse(agent) : (Guid?)null;
        return new Caller(workspaceId, agentId, role, actorId, principal.FindFirstValue(ClaimTypes.Name) ?? "");
    }

    /// <summary>The caller of a request to an endpoint that asks for one.</summary>
    public static Caller GetCaller(this HttpContext context) =>
        context.User.FindCaller() ?? throw new InvalidOperationException("The endpoint lets callers in who are not signed in.");
}
