namespace Bookbag.ServiceDefaults.Security;

/// <summary>What the database contexts of a scope may see: the caller's workspace, and of that one agent where the caller's key is limited to it.</summary>
/// <remarks>A request that is not signed in sees nothing. Outside requests (workers, migrations) there is no caller, and everything is seen.</remarks>
public sealed class Tenant
{
    private readonly Func<Caller?>? _caller;

    private Tenant(Func<Caller?>? caller) => _caller = caller;

    /// <summary>Of workers, which work for all workspaces.</summary>
    public static Tenant Everything { get; } = new(null);

    /// <summary>Of a caller who may become known later than the contexts are made.</summary>
    public static Tenant Of(Func<Caller?> caller) => new(caller);

    /// <summary>Whether there is no limit.</summary>
    public bool SeesEverything => _caller is null;

    /// <summary>The only workspace that is seen; empty, which no workspace is, without a caller.</summary>
    public Guid WorkspaceId => _caller?.Invoke()?.WorkspaceId ?? Guid.Empty;

    /// <summary>The only agent that is seen; null for all of the workspace.</summary>
    public Guid? AgentId => _caller?.Invoke()?.AgentId;
}
