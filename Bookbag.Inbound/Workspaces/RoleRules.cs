using Bookbag.ServiceDefaults.Security;

namespace Bookbag.Inbound.Workspaces;

/// <summary>Who may give a role, and change or remove who has one.</summary>
public static class RoleRules
{
    /// <summary>Nobody grants more than they have.</summary>
    public static bool MayGrant(Role own, Role role) => role <= own;

    /// <summary>Nobody touches who is above them: an Admin leaves Owners alone.</summary>
    public static bool MayTouch(Role own, Role role) => role <= own;

    /// <summary>A workspace keeps an Owner, or nobody could ever make one again.</summary>
    public static bool LeavesAnOwner(Role before, Role? after, int owners) => before is not Role.Owner || after is Role.Owner || owners > 1;
}
