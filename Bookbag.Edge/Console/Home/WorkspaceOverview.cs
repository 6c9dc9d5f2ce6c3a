using System.Text.Json;
using Bookbag.Edge.Clients;
using Bookbag.ServiceDefaults.Platform;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Edge.Console.Home;

/// <summary>What the home page shows: the workspace and how each agent's WhatsApp connection is doing.</summary>
/// <param name="Workspace">The workspace's name.</param>
/// <param name="Agents">Its agents; null while Inbound cannot be reached.</param>
public sealed record WorkspaceOverview(string Workspace, IReadOnlyList<AgentOverview>? Agents)
{
    public static async Task<WorkspaceOverview> ReadAsync(PlatformDb db, InboundClient inbound, CancellationToken cancellationToken)
    {
        var workspace = await db.Workspaces.Select(w => w.Name).SingleOrDefaultAsync(cancellationToken) ?? "";
        try
        {
            var agents = await inbound.AgentsAsync(cancellationToken);
            return new WorkspaceOverview(workspace, await Task.WhenAll(agents.Select(async agent =>
                new AgentOverview(agent.Name, ChannelState.Of(await inbound.ChannelAsync(agent.Id, cancellationToken))))));
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return new WorkspaceOverview(workspace, Agents: null);
        }
    }
}

/// <summary>One agent on the home page.</summary>
public sealed record AgentOverview(string Name, ChannelState Channel);

/// <summary>The state of a WhatsApp connection in words.</summary>
/// <param name="Mark">How it stands: good, waiting or bad.</param>
/// <param name="Words">What there is to know, or to do.</param>
/// <param name="Number">The number as Meta shows it, where one is connected.</param>
public sealed record ChannelState(string Mark, string Words, string? Number)
{
    public static ChannelState Of(ChannelCard? card) => card switch
    {
        null => new("waiting", "No WhatsApp number connected yet.", null),
        { Problem: { Length: > 0 } problem } => new("bad", problem, card.DisplayPhoneNumber),
        { VerifiedAt: null, LastWebhookAt: null } => new("waiting", "Connected. Meta has not verified the webhook yet.", card.DisplayPhoneNumber),
        { LastWebhookAt: null } => new("good", "Verified. No message has come yet.", card.DisplayPhoneNumber),
        { VerifiedAt: null } => new("good", "Connected, and receiving messages.", card.DisplayPhoneNumber),
        _ => new("good", "Verified, and receiving messages.", card.DisplayPhoneNumber),
    };
}
