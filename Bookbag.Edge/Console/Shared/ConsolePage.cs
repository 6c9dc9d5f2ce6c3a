using Bookbag.Edge.Clients;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Components;

namespace Bookbag.Edge.Console.Shared;

/// <summary>A page of an agent, below <c>/agents/{AgentId:guid}</c>.</summary>
public abstract class ConsolePage : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _leaving = new();

    /// <summary>The agent in the address.</summary>
    [Parameter]
    public Guid AgentId { get; set; }

    [Inject]
    protected MemberSession Session { get; set; } = null!; // by the framework, before anything runs

    [Inject]
    protected Feedback Feedback { get; set; } = null!; // by the framework, before anything runs

    [Inject]
    protected NavigationManager Navigation { get; set; } = null!; // by the framework, before anything runs

    /// <summary>Cancelled when the member leaves the page.</summary>
    protected CancellationToken Leaving => _leaving.Token;

    /// <summary>Whether the member may do what that role may: what is not allowed is not offered.</summary>
    protected bool May(Role role) => Session.Caller.Role >= role;

    /// <summary>The address of a page of this agent.</summary>
    protected string Path(string page) => $"/agents/{AgentId}/{page}";

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops what the page began.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        // Not disposed of: what is still under way looks at it once more.
        _leaving.Cancel();
    }
}
