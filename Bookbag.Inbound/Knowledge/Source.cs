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

    /// <summary>The pages of a website.</summary>
    Website,

    /// <summary>A file that somebody uploaded.</summary>
    File,
}

/// <summary>How far an agent has learnt a source. Whatever it is, what was learnt before answers until something else is in its place.</summary>
public enum SourceStatus
{
    /// <summary>It will be read.</summary>
    Waiting,

    /// <summary>It is being read.</summary>
    Training,

    /// <summary>The agent answers from it.</summary>
    Trained,

    /// <summary>It could not be read; <see cref="Source.Problem"/> says why.</summary>
    Failed,
}

/// <summary>What a worker is to do for a source.</summary>
public enum SourceTask
{
    /// <summary>Read it and put its chunks in place.</summary>
    Train,

    /// <summary>Have the meaning of its chunks worked out, where an embedding endpoint is configured.</summary>
    Embed,
}

/// <summary>Something an agent answers from.</summary>
public sealed class Source
{
    private Source() { }

    /// <summary>A source of an agent.</summary>
    public static Source Create(Guid workspaceId, Guid agentId, SourceContent content, DateTimeOffset now)
    {
        var source = new Source { WorkspaceId = workspaceId, AgentId = agentId, Id = Guid.CreateVersion7(now), CreatedAt = now };
        source.Rewrite(content, now);
        return source;
    }

    public Guid Id { get; private set; }
    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public SourceType Type { get; private set; }

    /// <summary>What the team calls it; of a pair, the question.</summary>
    public string Name { get; private set; } = "";

    /// <summary>What a text says; of a pair, the answer. Empty where it is read from elsewhere.</summary>
    public string Content { get; private set; } = "";

    /// <summary>Of a website: where reading begins.</summary>
    public string? Url { get; private set; }

    /// <summary>Of a website: after how many days it is read again; null for never.</summary>
    public short? RefreshDays { get; private set; }

    public SourceStatus Status { get; private set; }

    /// <summary>What went wrong last, in words.</summary>
    public string? Problem { get; private set; }

    /// <summary>Counts how often it was trained; its pages belong to one training.</summary>
    public int Training { get; private set; }

    /// <summary>When the chunks that answer now were put in place.</summary>
    public DateTimeOffset? TrainedAt { get; private set; }

    public int PagesDone { get; private set; }
    public int PagesAll { get; private set; }
    public int ChunksDone { get; private set; }
    public int ChunksAll { get; private set; }

    public SourceTask? Task { get; private set; }

    /// <summary>When the task is to be done; of one that a worker has taken, when its lease ends.</summary>
    public DateTimeOffset? DueAt { get; private set; }

    public int Attempts { get; private set; }
    public Guid? LeaseId { get; private set; }
    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>Whether what it says stands in the row itself: then it is learnt at once, in the transaction that writes it.</summary>
    public bool IsWritten => Type is SourceType.Text or SourceType.Qa;

    /// <summary>Says something else from now on.</summary>
    public void Rewrite(SourceContent content, DateTimeOffset now)
    {
        (Type, Name, Content, Url, RefreshDays, UpdatedAt) = (content.Type, content.Name, content.Text, content.Url, content.RefreshDays, now);
        if (!IsWritten)
            Train(now);
    }

    /// <summary>Has it read, from the beginning: a worker that is at it loses it.</summary>
    public void Train(DateTimeOffset now) => (Status, Problem, Task, DueAt, Attempts, LeaseId) = (SourceStatus.Waiting, null, SourceTask.Train, now, 0, null);

    /// <summary>Its chunks are in place.</summary>
    /// <param name="chunks">How many.</param>
    /// <param name="embed">Whether their meaning is to be worked out.</param>
    /// <param name="now">When.</param>
    public void Learnt(int chunks, bool embed, DateTimeOffset now)
    {
        (Status, Problem, TrainedAt, ChunksDone, ChunksAll) = (SourceStatus.Trained, null, now, embed ? 0 : chunks, chunks);
        (Task, DueAt, Attempts, LeaseId) = (embed ? SourceTask.Embed : null, embed ? now : null, 0, null);
    }

    /// <summary>The pieces in which what is written in it is found. A pair is one piece: its answer is given whole.</summary>
    public IReadOnlyList<Chunk> Chunks() => Type == SourceType.Qa ? [new Chunk(Name, Content)] : Chunker.Cut(Content);

    internal sealed class Mapping : IEntityTypeConfiguration<Source>
    {
        public void Configure(EntityTypeBuilder<Source> source)
        {
            source.ToTable("sources").HasKey(s => new { s.AgentId, s.Id });
            source.Property(s => s.Type).HasConversion<SnakeCaseEnum<SourceType>>();
            source.Property(s => s.Status).HasConversion<SnakeCaseEnum<SourceStatus>>();
            source.Property(s => s.Task).HasConversion<SnakeCaseEnum<SourceTask>>();
        }
    }
}
