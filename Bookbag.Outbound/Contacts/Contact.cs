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

/// <summary>A person that an agent's business knows. Read here; everything that writes contacts goes through <see cref="ContactMerge"/> or SQL of its own.</summary>
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

    /// <summary>The addresses that suppressions are kept under.</summary>
    internal IEnumerable<string> SuppressionAddresses => new[] { Phone is null ? null : $"p:{Phone}", UserId is null ? null : $"u:{UserId}" }.OfType<string>();

    /// <summary>A contact that nobody knew.</summary>
    internal static Contact Of(Guid workspaceId, Guid agentId, ContactRow row, DateTimeOffset now)
    {
        var contact = new Contact { WorkspaceId = workspaceId, AgentId = agentId, Id = Guid.CreateVersion7(now), CreatedAt = now };
        contact.Replace(row, now);
        return contact;
    }

    /// <summary>Says all of it anew; consent alone stays, unless the row tells of it.</summary>
    internal void Replace(ContactRow row, DateTimeOffset now)
    {
        (ExternalId, Phone, UserId, Name, Email, Language) = (row.ExternalId, row.Phone, row.UserId, row.Name, row.Email, row.Language);
        Tags = ContactMerge.Sorted(row.Tags);
        Attributes = JsonElement.Parse(ContactMerge.Json(row.Attributes.Where(a => a.Value != "null").ToDictionary()));
        UpdatedAt = now;
    }

    internal sealed class Mapping : IEntityTypeConfiguration<Contact>
    {
        public void Configure(EntityTypeBuilder<Contact> builder)
        {
            builder.ToTable("contacts").HasKey(c => new { c.WorkspaceId, c.AgentId, c.Id });
            builder.Property(c => c.Attributes).HasColumnType("jsonb");
            builder.Property(c => c.OptInSource).HasConversion<SnakeCaseEnum<OptInSource>>();
            builder.Ignore(c => c.Address);
            builder.Ignore(c => c.SuppressionAddresses);
        }
    }
}
