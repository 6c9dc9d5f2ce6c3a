using Microsoft.AspNetCore.Identity;

namespace Bookbag.ServiceDefaults.Security;

/// <summary>A person who signs in: a member of one workspace, with a role.</summary>
public sealed class Member : IdentityUser<Guid>
{
    private Member() { }

    /// <summary>A member who signs in with an e-mail address.</summary>
    public static Member Invite(Guid workspaceId, string email, Role role, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        WorkspaceId = workspaceId,
        Role = role,
        CreatedAt = now,
        UserName = email,
        Email = email,
        EmailConfirmed = true,
        LockoutEnabled = true,
    };

    /// <summary>The workspace; an address belongs to one only.</summary>
    public Guid WorkspaceId { get; private set; }

    /// <summary>What the member may do.</summary>
    public Role Role { get; private set; }

    /// <summary>When the member was invited.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Gives another role. Cookies that are out carry it within a minute.</summary>
    public void Become(Role role) => Role = role;
}
