using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.Conversations;

/// <summary>Who answers a conversation.</summary>
public enum ConversationMode
{
    /// <summary>The agent.</summary>
    Ai,

    /// <summary>A person; the agent is paused.</summary>
    Human,
}

/// <summary>All messages between one customer and one channel. Read here; intake and turns write it with SQL of their own.</summary>
public sealed class Conversation
{
    private Conversation() { }

    public Guid WorkspaceId { get; private set; }
    public Guid ChannelId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid Id { get; private set; }
    public string? CustomerPhone { get; private set; }
    public string? CustomerUserId { get; private set; }
    public string? CustomerParentUserId { get; private set; }
    public string? CustomerName { get; private set; }
    public string? CustomerUsername { get; private set; }
    public ConversationMode Mode { get; private set; }
    public DateTimeOffset? EscalatedAt { get; private set; }
    public string? EscalationReason { get; private set; }
    public long Epoch { get; private set; }
    public DateTimeOffset? LastInboundAt { get; private set; }
    public DateTimeOffset? WindowRefusedAt { get; private set; }
    public DateTimeOffset LastMessageAt { get; private set; }
    public string? LastMessageText { get; private set; }
    public DateTimeOffset? UnansweredSince { get; private set; }
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Whether and how long free-form messages are allowed.</summary>
    public CustomerServiceWindow Window => new(LastInboundAt, WindowRefusedAt);

    internal sealed class Mapping : IEntityTypeConfiguration<Conversation>
    {
        public void Configure(EntityTypeBuilder<Conversation> builder)
        {
            builder.ToTable("conversations").HasKey(c => new { c.ChannelId, c.Id });
            builder.Property(c => c.Mode).HasConversion<SnakeCaseEnum<ConversationMode>>();
            builder.Ignore(c => c.Window);
        }
    }
}
