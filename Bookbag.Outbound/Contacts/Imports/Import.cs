using System.Text.Json;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Outbound.Contacts.Imports;

/// <summary>How far a file is.</summary>
public enum ImportState
{
    /// <summary>The file is still coming in.</summary>
    Uploading,

    /// <summary>It is here and was looked at; it waits to be told what its columns mean.</summary>
    Ready,

    /// <summary>Its rows are becoming contacts.</summary>
    Running,

    /// <summary>Every row is a contact, or an error.</summary>
    Completed,

    /// <summary>A person stopped it; what was imported before stays.</summary>
    Cancelled,

    /// <summary>It cannot go on; what was imported before stays.</summary>
    Failed,
}

/// <summary>A CSV file on its way into the contacts. Read here; upload and worker write it with SQL of their own.</summary>
public sealed class Import
{
    private Import() { }

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid Id { get; private set; }
    public string FileName { get; private set; } = "";
    public ImportState State { get; private set; }
    public long Bytes { get; private set; }
    public string? Encoding { get; private set; }
    public string? Delimiter { get; private set; }
    public bool? HasHeader { get; private set; }
    public JsonElement? Columns { get; private set; }
    public JsonElement? Mapping { get; private set; }
    public string? DefaultRegion { get; private set; }
    public string[] Tags { get; private set; } = [];
    public bool OptedIn { get; private set; }
    public string CreatedBy { get; private set; } = "";
    public long RowsRead { get; private set; }
    public long BytesRead { get; private set; }
    public long RowsCreated { get; private set; }
    public long RowsUpdated { get; private set; }
    public long RowsDuplicate { get; private set; }
    public long RowsFailed { get; private set; }
    public string? Problem { get; private set; }
    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset? StartedAt { get; private set; }
    public DateTimeOffset? FinishedAt { get; private set; }

    internal sealed class EntityMapping : IEntityTypeConfiguration<Import>
    {
        public void Configure(EntityTypeBuilder<Import> builder)
        {
            builder.ToTable("imports").HasKey(i => new { i.WorkspaceId, i.AgentId, i.Id });
            builder.Property(i => i.State).HasConversion<SnakeCaseEnum<ImportState>>();
            builder.Property(i => i.Columns).HasColumnType("jsonb");
            builder.Property(i => i.Mapping).HasColumnType("jsonb");
        }
    }
}
