using System.Text.Json;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.Conversations;

/// <summary>Which way a message went.</summary>
public enum MessageDirection
{
    /// <summary>From the customer.</summary>
    In,

    /// <summary>To the customer.</summary>
    Out,
}

/// <summary>Who wrote a message.</summary>
public enum MessageAuthor
{
    /// <summary>The customer.</summary>
    Customer,

    /// <summary>The agent.</summary>
    Ai,

    /// <summary>A person of the business.</summary>
    Human,

    /// <summary>A campaign.</summary>
    Campaign,

    /// <summary>Nobody: a notice of Meta's.</summary>
    System,
}

/// <summary>What became of a message. One that goes out only moves up from sending to played; the others are final.</summary>
public enum MessageStatus
{
    /// <summary>It came from the customer.</summary>
    Received,

    /// <summary>Committed to be sent; it may have been.</summary>
    Sending,

    /// <summary>Meta took it.</summary>
    Sent,

    /// <summary>It is on the customer's phone.</summary>
    Delivered,

    /// <summary>The customer saw it.</summary>
    Read,

    /// <summary>The customer listened to it.</summary>
    Played,

    /// <summary>It will not arrive.</summary>
    Failed,

    /// <summary>It was deliberately not sent.</summary>
    Discarded,
}

/// <summary>One message of a conversation. Read here; intake and turns write it with SQL of their own.</summary>
public sealed class Message
{
    private Message() { }

    public Guid WorkspaceId { get; private set; }
    public Guid ChannelId { get; private set; }
    public Guid ConversationId { get; private set; }
    public Guid Id { get; private set; }
    public DateTimeOffset At { get; private set; }
    public MessageDirection Direction { get; private set; }
    public MessageAuthor Author { get; private set; }
    public string Type { get; private set; } = "";
    public string? Text { get; private set; }
    public JsonElement? Content { get; private set; }
    public string? Wamid { get; private set; }
    public string? ContextWamid { get; private set; }
    public JsonElement? Context { get; private set; }
    public JsonElement? Referral { get; private set; }
    public MessageStatus Status { get; private set; }
    public DateTimeOffset? SentAt { get; private set; }
    public DateTimeOffset? DeliveredAt { get; private set; }
    public DateTimeOffset? ReadAt { get; private set; }
    public DateTimeOffset? FailedAt { get; private set; }
    public int? ErrorCode { get; private set; }
    public string? ErrorText { get; private set; }
    public string? Outcome { get; private set; }
    public string? Why { get; private set; }
    public float? Score { get; private set; }
    public JsonElement? Citations { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<Message>
    {
        public void Configure(EntityTypeBuilder<Message> builder)
        {
            builder.ToTable("messages").HasKey(m => new { m.ChannelId, m.At, m.Id });
            builder.Property(m => m.Direction).HasConversion<SnakeCaseEnum<MessageDirection>>();
            builder.Property(m => m.Author).HasConversion<SnakeCaseEnum<MessageAuthor>>();
            builder.Property(m => m.Status).HasConversion<SnakeCaseEnum<MessageStatus>>();
            builder.Property(m => m.Content).HasColumnType("jsonb");
            builder.Property(m => m.Context).HasColumnType("jsonb");
            builder.Property(m => m.Referral).HasColumnType("jsonb");
            builder.Property(m => m.Citations).HasColumnType("jsonb");
        }
    }
}
