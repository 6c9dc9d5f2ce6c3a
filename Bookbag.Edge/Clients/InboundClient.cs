using System.Net;
using Bookbag.ServiceDefaults.Http;

namespace Bookbag.Edge.Clients;

/// <summary>The public API as the console's pages read it: with the credentials of the member who looks, and so with no right more.</summary>
public sealed class InboundClient(HttpClient http)
{
    public async Task<IReadOnlyList<AgentSummary>> AgentsAsync(CancellationToken cancellationToken) =>
        (await http.GetFromJsonAsync<Page<AgentSummary>>("/api/agents", cancellationToken))?.Items ?? [];

    /// <summary>The agent's WhatsApp card; null where nothing is connected yet.</summary>
    public async Task<ChannelCard?> ChannelAsync(Guid agentId, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync($"/api/agents/{agentId}/channels/whatsapp", cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return null;
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<ChannelCard>(cancellationToken);
    }
}

/// <summary>An agent in the list.</summary>
public sealed record AgentSummary(Guid Id, string Name);

/// <summary>What the console shows of an agent's WhatsApp connection.</summary>
public sealed record ChannelCard(
    string? DisplayPhoneNumber, string? VerifiedName, string? Problem, DateTimeOffset? VerifiedAt, DateTimeOffset? LastWebhookAt);
