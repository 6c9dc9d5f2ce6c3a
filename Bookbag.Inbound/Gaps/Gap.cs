using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.Gaps;

/// <summary>What became of a knowledge gap.</summary>
public enum GapStatus
{
    /// <summary>Nobody has looked at it.</summary>
    Open,

    /// <summary>A Q&amp;A pair was made of it.</summary>
    Answered,

    /// <summary>The agent need not know it.</summary>
    Dismissed,
}

/// <summary>A topic that customers asked about and the agent's sources do not cover.</summary>
public sealed class Gap
{
    private Gap() { }

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid Id { get; private set; }
    public string Question { get; private set; } = "";
    public string[] Words { get; private set; } = [];
    public long Questions { get; private set; }
    public DateTimeOffset FirstAt { get; private set; }
    public DateTimeOffset LastAt { get; private set; }
    public GapStatus Status { get; private set; }
    public Guid? SourceId { get; private set; }
    public DateTimeOffset? SettledAt { get; private set; }
    public string? SettledBy { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<Gap>
    {
        public void Configure(EntityTypeBuilder<Gap> builder)
        {
            builder.ToTable("gaps").HasKey(g => new { g.AgentId, g.Id });
            builder.Property(g => g.Status).HasConversion<SnakeCaseEnum<GapStatus>>();
        }
    }
}

/// <summary>A question of a gap, as a customer asked it.</summary>
public sealed class GapQuestion
{
    private GapQuestion() { }

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid Id { get; private set; }
    public Guid? GapId { get; private set; }
    public Guid ConversationId { get; private set; }
    public string Text { get; private set; } = "";
    public float Score { get; private set; }
    public DateTimeOffset AskedAt { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<GapQuestion>
    {
        public void Configure(EntityTypeBuilder<GapQuestion> builder) => builder.ToTable("gap_questions").HasKey(q => new { q.AgentId, q.Id });
    }
}
