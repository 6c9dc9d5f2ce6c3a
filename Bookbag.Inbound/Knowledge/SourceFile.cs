using Bookbag.Inbound.Knowledge.Files;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.Knowledge;

/// <summary>An uploaded file as it came.</summary>
public sealed class SourceFile
{
    private SourceFile() { }

    /// <summary>The file of a source.</summary>
    public static SourceFile Of(Source source, Upload upload) => new()
    {
        WorkspaceId = source.WorkspaceId,
        AgentId = source.AgentId,
        SourceId = source.Id,
        FileName = upload.FileName,
        Kind = upload.Kind,
        Size = upload.Bytes.Length,
        Sha256 = System.Security.Cryptography.SHA256.HashData(upload.Bytes),
        Bytes = upload.Bytes,
    };

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid SourceId { get; private set; }
    public string FileName { get; private set; } = "";
    public FileKind Kind { get; private set; }
    public long Size { get; private set; }
    public byte[] Sha256 { get; private set; } = [];
    public byte[] Bytes { get; private set; } = [];

    internal sealed class Mapping : IEntityTypeConfiguration<SourceFile>
    {
        public void Configure(EntityTypeBuilder<SourceFile> file)
        {
            file.ToTable("source_files").HasKey(f => new { f.AgentId, f.SourceId });
            // So that the source is written first.
            file.HasOne<Source>().WithOne().HasForeignKey<SourceFile>(f => new { f.AgentId, f.SourceId });
            file.Property(f => f.Kind).HasConversion<SnakeCaseEnum<FileKind>>();
        }
    }
}
