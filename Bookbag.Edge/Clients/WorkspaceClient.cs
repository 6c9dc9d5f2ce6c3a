using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Security;

namespace Bookbag.Edge.Clients;

/// <summary>The workspace, its members and its API keys.</summary>
public sealed class WorkspaceClient(ApiClient api)
{
    private const string Workspace = "/api/workspace", Members = $"{Workspace}/members", Keys = $"{Workspace}/keys";

    public Task<WorkspaceItem> GetAsync(CancellationToken cancellationToken) => api.GetAsync<WorkspaceItem>(Workspace, cancellationToken);

    public Task<WorkspaceItem> RenameAsync(string name, CancellationToken cancellationToken) => api.PatchAsync<WorkspaceItem>(Workspace, new { name }, cancellationToken);

    public Task<Page<MemberItem>> MembersAsync(string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<MemberItem>>(ApiClient.Query(Members, ("cursor", cursor)), cancellationToken);

    public Task<InvitedMember> InviteAsync(string email, Role role, CancellationToken cancellationToken) =>
        api.PostAsync<InvitedMember>(Members, new { email, role }, cancellationToken);

    public Task<MemberItem> ChangeRoleAsync(Guid memberId, Role role, CancellationToken cancellationToken) =>
        api.PatchAsync<MemberItem>($"{Members}/{memberId}", new { role }, cancellationToken);

    public Task RemoveMemberAsync(Guid memberId, CancellationToken cancellationToken) => api.DeleteAsync($"{Members}/{memberId}", cancellationToken);

    public Task<Page<KeyItem>> KeysAsync(string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<KeyItem>>(ApiClient.Query(Keys, ("cursor", cursor)), cancellationToken);

    public Task<NewKey> CreateKeyAsync(string name, Role role, Guid? agentId, CancellationToken cancellationToken) =>
        api.PostAsync<NewKey>(Keys, new { name, role, agentId }, cancellationToken);

    public Task RevokeKeyAsync(Guid keyId, CancellationToken cancellationToken) => api.DeleteAsync($"{Keys}/{keyId}", cancellationToken);
}

/// <summary>The workspace.</summary>
public sealed record WorkspaceItem(Guid Id, string Name);

/// <summary>A member in the list.</summary>
public sealed record MemberItem(Guid Id, string Email, Role Role, DateTimeOffset CreatedAt);

/// <summary>A member who was just invited.</summary>
/// <param name="Password">The first password. It is shown this once.</param>
public sealed record InvitedMember(Guid Id, string Email, Role Role, string? Password);

/// <summary>An API key in the list.</summary>
public sealed record KeyItem(Guid Id, string Name, Role Role, Guid? AgentId, string Last4, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);

/// <summary>An API key that was just made.</summary>
/// <param name="Key">The key itself. It is shown this once.</param>
public sealed record NewKey(Guid Id, string Name, string Key);
