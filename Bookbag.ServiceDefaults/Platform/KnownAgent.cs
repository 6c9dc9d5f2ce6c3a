using Bookbag.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.ServiceDefaults.Platform;

/// <summary>Refuses requests about an agent that the caller cannot see.</summary>
public static class KnownAgent
{
    /// <summary>For routes with <c>{agentId}</c>: 404 unless the agent is in the caller's workspace and, for a key limited to one agent, is that one.</summary>
    public static RouteGroupBuilder RequireKnownAgent(this RouteGroupBuilder group) => group.AddEndpointFilter(async (context, next) =>
    {
        var http = context.HttpContext;
        var agentId = Guid.Parse((string)http.GetRouteValue("agentId")!); // the route's guid constraint
        var known = await http.RequestServices.GetRequiredService<PlatformDb>().Agents.AnyAsync(agent => agent.Id == agentId, http.RequestAborted);
        return known ? await next(context) : Refusal.NotFound("agent_not_found", "There is no such agent.");
    });
}
