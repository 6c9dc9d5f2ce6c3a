using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.HelpDesk;

/// <summary>What an entry of a ticket's timeline tells.</summary>
public enum TicketEntryKind
{
    /// <summary>A person was asked for.</summary>
    Opened,

    /// <summary>It is another's turn.</summary>
    Status,

    /// <summary>Somebody has it.</summary>
    Assigned,

    /// <summary>Nobody has it any more.</summary>
    Unassigned,

    /// <summary>Subject and summary were written.</summary>
    Summary,

    /// <summary>Done.</summary>
    Closed,

    /// <summary>Opened by mistake.</summary>
    Cancelled,

    /// <summary>The team wrote a note to itself.</summary>
    Note,
}

/// <summary>One entry of a ticket's timeline.</summary>
public sealed class TicketEntry
{
    private TicketEntry() { }

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid TicketId { get; private set; }
    public long Nr { get; private set; }
    public Guid Id { get; private set; }
    public DateTimeOffset At { get; private set; }
    public TicketEntryKind Kind { get; private set; }
    public TicketStatus? Status { get; private set; }
    public Guid? AssigneeId { get; private set; }
    public string? Text { get; private set; }
    public Guid? ActorId { get; private set; }
    public string? ActorName { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<TicketEntry>
    {
        public void Configure(EntityTypeBuilder<TicketEntry> builder)
        {
            builder.ToTable("ticket_entries").HasKey(e => new { e.TicketId, e.Nr });
            builder.Property(e => e.Kind).HasConversion<SnakeCaseEnum<TicketEntryKind>>();
            builder.Property(e => e.Status).HasConversion<SnakeCaseEnum<TicketStatus>>();
        }
    }
}
