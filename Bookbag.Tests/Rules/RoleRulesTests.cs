using Bookbag.Inbound.Workspaces;
using Bookbag.ServiceDefaults.Security;

namespace Bookbag.Tests.Rules;

public sealed class RoleRulesTests
{
    [Theory]
    [InlineData(Role.Admin, Role.Admin, true)]
    [InlineData(Role.Admin, Role.Viewer, true)]
    [InlineData(Role.Admin, Role.Owner, false)]
    [InlineData(Role.Owner, Role.Owner, true)]
    public void Nobody_grants_or_touches_more_than_they_have(Role own, Role role, bool may)
    {
        Assert.Equal(may, RoleRules.MayGrant(own, role));
        Assert.Equal(may, RoleRules.MayTouch(own, role));
    }

    [Theory]
    [InlineData(Role.Owner, null, 1, false)]
    [InlineData(Role.Owner, Role.Admin, 1, false)]
    [InlineData(Role.Owner, Role.Owner, 1, true)]
    [InlineData(Role.Owner, null, 2, true)]
    [InlineData(Role.Admin, null, 1, true)]
    public void The_last_owner_stays_one(Role before, Role? after, int owners, bool may) =>
        Assert.Equal(may, RoleRules.LeavesAnOwner(before, after, owners));
}
