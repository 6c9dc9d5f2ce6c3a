using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.ServiceDefaults.Security;

/// <summary>Where Identity looks for members: in all workspaces, because who signs in has none yet.</summary>
/// <remarks>Handlers of the members' API read through <see cref="PlatformDb"/> itself, which shows them their own workspace only.</remarks>
public sealed class MemberStore(PlatformDb db, IdentityErrorDescriber describer) : UserOnlyStore<Member, PlatformDb, Guid>(db, describer)
{
    /// <inheritdoc />
    public override IQueryable<Member> Users => base.Users.IgnoreQueryFilters([TenantFilters.Name]);

    /// <inheritdoc />
    public override Task<Member?> FindByIdAsync(string userId, CancellationToken cancellationToken = default) =>
        Guid.TryParse(userId, out var id) ? FindUserAsync(id, cancellationToken) : Task.FromResult<Member?>(null);

    /// <inheritdoc />
    protected override Task<Member?> FindUserAsync(Guid userId, CancellationToken cancellationToken) =>
        Users.SingleOrDefaultAsync(m => m.Id == userId, cancellationToken);
}
