using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Outbound.Contacts;

/// <summary>What the values of a custom attribute are.</summary>
public enum AttributeType
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>A number, whole or not.</summary>
    Number,

    /// <summary>A day, or an instant.</summary>
    Date,

    /// <summary>Yes or no.</summary>
    Boolean,

    /// <summary>Several texts.</summary>
    List,
}

/// <summary>A custom attribute of an agent's contacts.</summary>
public sealed class AttributeDefinition
{
    private AttributeDefinition() { }

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public string Name { get; private set; } = "";
    public AttributeType Type { get; private set; }

    /// <summary>Whether a person chose the type; else it was inferred from the first value.</summary>
    public bool Declared { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<AttributeDefinition>
    {
        public void Configure(EntityTypeBuilder<AttributeDefinition> builder)
        {
            builder.ToTable("contact_attributes").HasKey(a => new { a.WorkspaceId, a.AgentId, a.Name });
            builder.Property(a => a.Type).HasConversion<SnakeCaseEnum<AttributeType>>();
        }
    }
}
