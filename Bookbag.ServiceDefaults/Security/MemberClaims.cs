using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Bookbag.ServiceDefaults.Security;

/// <summary>What the sign-in cookie says of a member: a <see cref="Caller"/>, and the security stamp that ends the cookie when it changes.</summary>
public sealed class MemberClaims(UserManager<Member> members, IOptions<IdentityOptions> options) : IUserClaimsPrincipalFactory<Member>
{
    /// <inheritdoc />
    public async Task<ClaimsPrincipal> CreateAsync(Member user)
    {
        var caller = new Caller(user.WorkspaceId, AgentId: null, user.Role, user.Id, user.Email ?? "");
        var stamp = await members.GetSecurityStampAsync(user);
        var identity = new ClaimsIdentity(
            [.. CallerClaims.Of(caller), new Claim(options.Value.ClaimsIdentity.SecurityStampClaimType, stamp)], IdentityConstants.ApplicationScheme);
        return new ClaimsPrincipal(identity);
    }
}
