using System.Buffers.Text;
using System.Security.Cryptography;

namespace Bookbag.ServiceDefaults.Security;

/// <summary>A program's key to a workspace, or to one agent of it. The key itself is shown once and kept nowhere.</summary>
public sealed class ApiKey
{
    /// <summary>How every key begins, so that people and secret scanners recognise one.</summary>
    public const string Prefix = "oc_live_";

    /// <summary>How short a key may be that somebody chose: the prefix, and enough behind it that it cannot be guessed.</summary>
    public const int MinimumLength = 32;

    private ApiKey() { }

    /// <summary>A new secret: 32 random bytes behind the prefix.</summary>
    public static string NewSecret() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>The row that recognises a secret.</summary>
    public static ApiKey For(string secret, Guid workspaceId, Guid? agentId, string name, Role role, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        WorkspaceId = workspaceId,
        AgentId = agentId,
        Name = name,
        Role = role,
        Hash = SecretProtector.Hash(secret),
        Last4 = secret[^4..],
        CreatedAt = now,
    };

    /// <summary>The key's id.</summary>
    public Guid Id { get; private set; }

    /// <summary>The workspace it opens.</summary>
    public Guid WorkspaceId { get; private set; }

    /// <summary>The one agent it is limited to; null for the whole workspace.</summary>
    public Guid? AgentId { get; private set; }

    /// <summary>What its maker calls it.</summary>
    public string Name { get; private set; } = "";

    /// <summary>What it may do.</summary>
    public Role Role { get; private set; }

    /// <summary>SHA-256 of the key: with 256 random bits in it, nothing slower is needed.</summary>
    public byte[] Hash { get; private set; } = [];

    /// <summary>Its last four characters, all that is shown after the first time.</summary>
    public string Last4 { get; private set; } = "";

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>When it was last used, to the minute.</summary>
    public DateTimeOffset? LastUsedAt { get; private set; }

    /// <summary>When it was taken back; it opens nothing since.</summary>
    public DateTimeOffset? RevokedAt { get; private set; }
}
