using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Outbound.Contacts;

/// <summary>Which list an opt-out is on; neither undoes the other.</summary>
public enum SuppressionList
{
    /// <summary>The business's own: STOP words, by hand, by API.</summary>
    Own,

    /// <summary>Meta's: Stop pressed in WhatsApp. Only Meta's "resume" lifts it.</summary>
    Meta,
}

/// <summary>How an opt-out came, or how it was lifted: the words of the table.</summary>
public static class SuppressionSources
{
    /// <summary>The person wrote STOP, or its like.</summary>
    public const string StopWord = "stop_word";

    /// <summary>The person wrote START, or its like.</summary>
    public const string StartWord = "start_word";

    /// <summary>A member wrote it down.</summary>
    public const string ByHand = "by_hand";

    /// <summary>A program said so.</summary>
    public const string Api = "api";

    /// <summary>A file said so.</summary>
    public const string Import = "import";

    /// <summary>The person changed it in WhatsApp.</summary>
    public const string Preference = "preference";

    /// <summary>Meta refused a message, because the person stopped marketing.</summary>
    public const string Error131050 = "error_131050";
}

/// <summary>An address that must not get marketing, or no longer must not.</summary>
public sealed class Suppression
{
    private Suppression() { }

    public Guid WorkspaceId { get; private set; }

    /// <summary><c>p:</c> and the digits of a phone number, or <c>u:</c> and a business-scoped user id.</summary>
    public string Address { get; private set; } = "";

    public SuppressionList List { get; private set; }
    public DateTimeOffset? At { get; private set; }
    public string? Source { get; private set; }
    public string? Reason { get; private set; }
    public string? Actor { get; private set; }
    public DateTimeOffset? LiftedAt { get; private set; }
    public string? LiftedSource { get; private set; }
    public string? LiftedBy { get; private set; }

    /// <summary>Whether it holds: the latest word was an opt-out.</summary>
    public bool Active { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<Suppression>
    {
        public void Configure(EntityTypeBuilder<Suppression> builder)
        {
            builder.ToTable("suppressions").HasKey(s => new { s.WorkspaceId, s.Address, s.List });
            builder.Property(s => s.List).HasConversion<SnakeCaseEnum<SuppressionList>>();
        }
    }
}
