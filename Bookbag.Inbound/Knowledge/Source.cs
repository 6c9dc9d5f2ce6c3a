using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.Knowledge;

/// <summary>What a source is made of.</summary>
public enum SourceType
{
    /// <summary>A text that somebody pasted.</summary>
    Text,

    /// <summary>A question and the answer that is given to it, word for word.</summary>
    Qa,
}

/// <summary>Something an agent answers from.</summary>
public sealed class Source
{
    private Source() { }

    /// <summary>A source of an agent.</summary>
    public static Source Create(Guid workspaceId, Guid agentId, SourceContent content, DateTimeOffset now) => new()
    {
        WorkspaceId = workspaceId,
        AgentId = agentId,
        Id = Guid.CreateVersion7(now),
        Type = content.Type,
        Name = content.Name,
        Content = content.Text,
        CreatedAt = now,
        UpdatedAt = now,
    };

    public Guid Id { get; private set; }
    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public SourceType Type { get; private set; }

    /// <summary>What the team calls it; of a pair, the question.</summary>
    public string Name { get; private set; } = "";

    /// <summary>What it says; of a pair, the answer.</summary>
    public string Content { get; private set; } = "";

    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>Says something else from now on.</summary>
    public void Rewrite(SourceContent content, DateTimeOffset now) => (Type, Name, Content, UpdatedAt) = (content.Type, content.Name, content.Text, now);

    /// <summary>The pieces in which it is found. A pair is one piece: its answer is given whole.</summary>
    public IReadOnlyList<Chunk> Chunks() => Type == SourceType.Qa ? [new Chunk(Name, Content)] : Chunker.Cut(Content);

    internal sealed class Mapping : IEntityTypeConfiguration<Source>
    {
        public void Configure(EntityTypeBuilder<Source> source)
        {
            source.ToTable("sources").HasKey(s => new { s.AgentId, s.Id });
            source.Property(s => s.Type).HasConversion<SnakeCaseEnum<SourceType>>();
        }
    }
}
