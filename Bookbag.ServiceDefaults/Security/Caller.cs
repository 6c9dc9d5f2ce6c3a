namespace Bookbag.ServiceDefaults.Security;

/// <summary>Who is calling: a signed-in member or an API key, of one workspace.</summary>
/// <param name="WorkspaceId">The workspace; every query is limited to it.</param>
/// <param name="AgentId">The one agent an API key is limited to; null for the whole workspace.</param>
/// <param name="Role">What it may do.</param>
/// <param name="ActorId">The member's or the key's id.</param>
/// <param name="Name">The member's e-mail address or the key's name, for the activity log.</param>
public sealed record Caller(Guid WorkspaceId, Guid? AgentId, Role Role, Guid ActorId, string Name);

/// <summary>Roles of members and keys; each may do all that the one before it may.</summary>
public enum Role
{
    /// <summary>May look.</summary>
    Viewer,

    /// <summary>May answer customers, teach the agent, run campaigns.</summary>
    Editor,

    /// <summary>May connect numbers, make keys, invite members.</summary>
    Admin,

    /// <summary>May do everything, and cannot be removed by an Admin.</summary>
    Owner,
}

/// <summary>Names of the authorisation policies: the least role that an endpoint asks for.</summary>
public static class Policies
{
    /// <summary>Any member or key of a workspace.</summary>
    public const string Viewer = nameof(Role.Viewer);

    /// <summary>Editor or more.</summary>
    public const string Editor = nameof(Role.Editor);

    /// <summary>Admin or more.</summary>
    public const string Admin = nameof(Role.Admin);

    /// <summary>Owner.</summary>
    public const string Owner = nameof(Role.Owner);

    /// <summary>Besides the role: not with a key that is limited to one agent.</summary>
    public const string WholeWorkspace = nameof(WholeWorkspace);
}
