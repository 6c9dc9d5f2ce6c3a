using Bookbag.ServiceDefaults.Http;

namespace Bookbag.Edge.Clients;

/// <summary>An agent in the list.</summary>
public sealed record AgentItem(Guid Id, string Name);

/// <summary>The agents of the workspace, as the circuit knows them.</summary>
public sealed class AgentList(ApiClient api)
{
    /// <summary>The agents, the oldest first.</summary>
    public IReadOnlyList<AgentItem> All { get; private set; } = [];

    /// <summary>The list has changed.</summary>
    public event Action? Changed;

    /// <summary>Reads the list.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var all = new List<AgentItem>();
        Page<AgentItem>? page = null;
        do
        {
            page = await api.GetAsync<Page<AgentItem>>(ApiClient.Query("/api/agents", ("limit", "200"), ("cursor", page?.Next)), cancellationToken);
            all.AddRange(page.Items);
        }
        while (page.Next is not null);
        All = all;
        Changed?.Invoke();
    }

    /// <summary>Makes an agent.</summary>
    public async Task<AgentItem> CreateAsync(string name, CancellationToken cancellationToken)
    {
        var agent = await api.PostAsync<AgentItem>("/api/agents", new { name }, cancellationToken);
        await ReadAsync(cancellationToken);
        return agent;
    }

    /// <summary>Gives an agent another name.</summary>
    public async Task RenameAsync(Guid agentId, string name, CancellationToken cancellationToken)
    {
        await api.PatchAsync<AgentItem>($"/api/agents/{agentId}", new { name }, cancellationToken);
        await ReadAsync(cancellationToken);
    }
}
