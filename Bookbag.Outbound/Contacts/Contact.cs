using System.Text.Json;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Outbound.Contacts;

/// <summary>How it is known that a person agreed to marketing.</summary>
public enum OptInSource
{
    /// <summary>A member wrote it down.</summary>
    ByHand,

    /// <summary>A program said so.</summary>
    Api,

    /// <summary>Who uploaded the file said so.</summary>
    Import,

    /// <summary>The person wrote START, or its like.</summary>
    StartWord,

    /// <summary>The person resumed marketing in WhatsApp.</summary>
    Preference,
}

/// <summary>A person that an agent's business knows. Read here; everything that writes contacts goes through the merge or SQL of its own.</summary>
public sealed class Contact
{
    private Contact() { }

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid Id { get; private set; }

    /// <summary>The person's id in the business's own systems.</summary>
    public string? ExternalId { get; private set; }

    /// <summary>E.164 without the plus.</summary>
    public string? Phone { get; private set; }

    /// <summary>The business-scoped user id.</summary>
    public string? UserId { get; private set; }

    public string? Name { get; private set; }
    public string? Email { get; private set; }
    public string? Language { get; private set; }
    public string[] Tags { get; private set; } = [];

    /// <summary>The custom attributes, an object.</summary>
    public JsonElement Attributes { get; private set; }

    /// <summary>When the person agreed to marketing; null where they never said so. An active suppression outweighs it.</summary>
    public DateTimeOffset? OptedInAt { get; private set; }

    public OptInSource? OptInSource { get; private set; }

    /// <summary>The import that wrote it last.</summary>
    public Guid? ImportId { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>How the person is reached on WhatsApp.</summary>
    public CustomerAddress Address => new(Phone, UserId);

    internal sealed class Mapping : IEntityTypeConfiguration<Contact>
    {
        public void Configure(EntityTypeBuilder<Contact> builder)
        {
            builder.ToTable("contacts").HasKey(c => new { c.WorkspaceId, c.AgentId, c.Id });
            builder.Property(c => c.Attributes).HasColumnType("jsonb");
            builder.Property(c => c.OptInSource).HasConversion<SnakeCaseEnum<OptInSource>>();
            builder.Ignore(c => c.Address);
        }
    }
}
