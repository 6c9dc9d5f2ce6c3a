using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.Knowledge;

/// <summary>What became of a page of a website.</summary>
public enum PageState
{
    /// <summary>It will be read.</summary>
    Waiting,

    /// <summary>The agent answers from it.</summary>
    Read,

    /// <summary>It is not for reading: the site asks so, it is no text, or it says the same as another.</summary>
    Skipped,

    /// <summary>It could not be read this time. What it said at the last training is kept.</summary>
    Failed,

    /// <summary>It is not there any more.</summary>
    Gone,
}

/// <summary>A page of a website, at one training.</summary>
public sealed class SourcePage
{
    private SourcePage() { }

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid SourceId { get; private set; }
    public int Training { get; private set; }

    /// <summary>In which order the pages were found.</summary>
    public int Nr { get; private set; }

    public string Url { get; private set; } = "";

    /// <summary>How many links it is from the first page.</summary>
    public short Depth { get; private set; }

    public PageState State { get; private set; }
    public string? Title { get; private set; }

    /// <summary>How much text it has.</summary>
    public int? Characters { get; private set; }

    /// <summary>Why it was not read, in words.</summary>
    public string? Problem { get; private set; }

    public DateTimeOffset? FetchedAt { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<SourcePage>
    {
        public void Configure(EntityTypeBuilder<SourcePage> page)
        {
            page.ToTable("source_pages").HasKey(p => new { p.AgentId, p.SourceId, p.Training, p.Nr });
            page.Property(p => p.State).HasConversion<SnakeCaseEnum<PageState>>();
        }
    }
}
