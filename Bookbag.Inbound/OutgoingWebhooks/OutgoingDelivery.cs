using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.OutgoingWebhooks;

/// <summary>What became of an event on its way to a webhook.</summary>
public enum OutgoingDeliveryStatus
{
    /// <summary>It is tried, now or again.</summary>
    Waiting,

    /// <summary>The other side took it.</summary>
    Delivered,

    /// <summary>The other side did not take it for a day.</summary>
    Failed,
}

/// <summary>One event for one webhook. Read here; the courier writes it with SQL of its own.</summary>
public sealed class OutgoingDelivery
{
    private OutgoingDelivery() { }

    public Guid WorkspaceId { get; private set; }
    public Guid WebhookId { get; private set; }
    public long Id { get; private set; }
    public Guid EventId { get; private set; }
    public string Type { get; private set; } = "";
    public string Body { get; private set; } = "";
    public DateTimeOffset At { get; private set; }
    public OutgoingDeliveryStatus Status { get; private set; }
    public short Attempts { get; private set; }
    public DateTimeOffset DueAt { get; private set; }
    public int? ResponseStatus { get; private set; }
    public string? Error { get; private set; }
    public DateTimeOffset? AttemptedAt { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<OutgoingDelivery>
    {
        public void Configure(EntityTypeBuilder<OutgoingDelivery> builder)
        {
            builder.ToTable("outgoing_deliveries").HasKey(d => new { d.WorkspaceId, d.WebhookId, d.Id });
            builder.Property(d => d.Status).HasConversion<SnakeCaseEnum<OutgoingDeliveryStatus>>();
        }
    }
}
