using System.Buffers.Text;
using System.Security.Cryptography;
using Bookbag.ServiceDefaults.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.OutgoingWebhooks;

/// <summary>An address of another system that is told what happens in a workspace.</summary>
public sealed class OutgoingWebhook
{
    private OutgoingWebhook() { }

    /// <summary>A webhook that is told from now on.</summary>
    public static OutgoingWebhook Create(Guid workspaceId, string url, string[] events, string description, DateTimeOffset now) => new()
    {
        WorkspaceId = workspaceId,
        Id = Guid.CreateVersion7(now),
        Url = url,
        Events = events,
        Description = description,
        Enabled = true,
        ResumeAt = now,
        CreatedAt = now,
        UpdatedAt = now,
    };

    /// <summary>A new secret: 32 random bytes behind a prefix that secret scanners recognise.</summary>
    public static string NewSecret() => "whsec_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public Guid WorkspaceId { get; private set; }
    public Guid Id { get; private set; }
    public string Url { get; private set; } = "";
    public string[] Events { get; private set; } = [];
    public string Description { get; private set; } = "";
    public string SecretCipher { get; private set; } = "";
    public string SecretLast4 { get; private set; } = "";
    public bool Enabled { get; private set; }

    /// <summary>How many tries in a row failed.</summary>
    public int Failures { get; private set; }

    /// <summary>When it is tried again after a failure.</summary>
    public DateTimeOffset ResumeAt { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>Signs with another secret from now on.</summary>
    public void SignWith(string secret, SecretProtector secrets, DateTimeOffset now) =>
        (SecretCipher, SecretLast4, UpdatedAt) = (secrets.Protect(secret), secret[^4..], now);

    /// <summary>Takes what was given; what was left out stays. One that was repaired is tried again at once.</summary>
    public void Change(string? url, string[]? events, string? description, bool? enabled, DateTimeOffset now)
    {
        (Url, Events, Description, Enabled) = (url ?? Url, events ?? Events, description ?? Description, enabled ?? Enabled);
        (Failures, ResumeAt, UpdatedAt) = (0, now, now);
    }

    internal sealed class Mapping : IEntityTypeConfiguration<OutgoingWebhook>
    {
        public void Configure(EntityTypeBuilder<OutgoingWebhook> builder) =>
            builder.ToTable("outgoing_webhooks").HasKey(w => new { w.WorkspaceId, w.Id });
    }
}
