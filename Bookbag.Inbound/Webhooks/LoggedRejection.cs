using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.Webhooks;

/// <summary>What of a webhook could not be applied, and why. Written by the delivery processor.</summary>
public sealed class LoggedRejection
{
    private LoggedRejection() { }

    public Guid WorkspaceId { get; private set; }
    public Guid ChannelId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid Id { get; private set; }
    public long DeliveryId { get; private set; }
    public DateTimeOffset ReceivedAt { get; private set; }
    public string Path { get; private set; } = "";
    public string Code { get; private set; } = "";
    public string Reason { get; private set; } = "";
    public DateTimeOffset RejectedAt { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<LoggedRejection>
    {
        public void Configure(EntityTypeBuilder<LoggedRejection> builder) =>
            builder.ToTable("webhook_rejections").HasKey(r => new { r.WorkspaceId, r.Id });
    }
}
