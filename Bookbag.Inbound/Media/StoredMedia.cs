using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.Media;

/// <summary>Whether a file is there.</summary>
public enum MediaState
{
    /// <summary>To be fetched.</summary>
    Wanted,

    /// <summary>Here.</summary>
    Stored,

    /// <summary>It could not be fetched, and will not be.</summary>
    Failed,

    /// <summary>It was here, for as long as files are kept.</summary>
    Expired,
}

/// <summary>The file of a message; its id is the message's. Read here; written with SQL of its own.</summary>
public sealed class StoredMedia
{
    private StoredMedia() { }

    public Guid WorkspaceId { get; private set; }
    public Guid ChannelId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid ConversationId { get; private set; }
    public Guid Id { get; private set; }
    public string Kind { get; private set; } = "";
    public string? MimeType { get; private set; }
    public string? Filename { get; private set; }
    public byte[]? Sha256 { get; private set; }
    public long? Size { get; private set; }
    public MediaState State { get; private set; }
    public string? Problem { get; private set; }
    public string? Transcript { get; private set; }
    public DateTimeOffset ReceivedAt { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<StoredMedia>
    {
        public void Configure(EntityTypeBuilder<StoredMedia> builder)
        {
            builder.ToTable("media").HasKey(m => new { m.ChannelId, m.Id });
            builder.Property(m => m.State).HasConversion<SnakeCaseEnum<MediaState>>();
        }
    }
}
