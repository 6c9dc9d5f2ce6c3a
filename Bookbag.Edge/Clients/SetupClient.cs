using System.Text.Json;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Security;

namespace Bookbag.Edge.Clients;

/// <summary>How far an agent is set up, as the API shows it.</summary>
public sealed class SetupClient(ApiClient api, MemberSession session)
{
    public async Task<SetupState> ReadAsync(Guid agentId, CancellationToken cancellationToken)
    {
        var channel = api.FindAsync<ChannelCard>($"/api/agents/{agentId}/channels/whatsapp", cancellationToken);
        var taught = AnyAsync($"/api/agents/{agentId}/sources?limit=1", 1, cancellationToken);
        var tried = AnyAsync($"/api/conversations?agentId={agentId}&limit=1", 1, cancellationToken);
        var sent = AnyAsync($"/api/agents/{agentId}/outbound/campaigns?limit=1", 1, cancellationToken);
        // Only Admins see the members.
        var invited = session.Caller.Role >= Role.Admin ? AnyAsync("/api/workspace/members?limit=2", 2, cancellationToken) : Task.FromResult(true);
        await Task.WhenAll(channel, taught, tried, sent, invited);
        return new SetupState(await channel, await taught, await tried, await invited, await sent);
    }

    private async Task<bool> AnyAsync(string path, int least, CancellationToken cancellationToken) =>
        (await api.GetAsync<Page<JsonElement>>(path, cancellationToken)).Items.Count >= least;
}

/// <summary>How far an agent is set up.</summary>
/// <param name="Channel">Its WhatsApp connection, where it has one.</param>
/// <param name="IsTaught">Whether it has anything to answer from.</param>
/// <param name="IsTried">Whether anybody wrote to it.</param>
/// <param name="IsShared">Whether the workspace has more than one member.</param>
/// <param name="HasCampaign">Whether there is a campaign.</param>
public sealed record SetupState(ChannelCard? Channel, bool IsTaught, bool IsTried, bool IsShared, bool HasCampaign);
