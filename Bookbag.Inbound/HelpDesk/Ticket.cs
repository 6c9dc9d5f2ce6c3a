using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.HelpDesk;

/// <summary>Whose turn it is in a ticket.</summary>
public enum TicketStatus
{
    /// <summary>Nobody has looked at it.</summary>
    New,

    /// <summary>The team's: the customer waits.</summary>
    OnYou,

    /// <summary>The customer's: the team answered.</summary>
    OnCustomer,

    /// <summary>Nobody's: it waits for something else.</summary>
    OnHold,

    /// <summary>Done; the agent has the conversation again.</summary>
    Closed,

    /// <summary>Opened by mistake; the agent has the conversation again.</summary>
    Cancelled,
}

/// <summary>A conversation that needs a person. Read here; what happens to it is SQL of its own, beside that of the conversation.</summary>
public sealed class Ticket
{
    private Ticket() { }

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid ChannelId { get; private set; }
    public Guid ConversationId { get; private set; }
    public Guid Id { get; private set; }
    public TicketStatus Status { get; private set; }
    public EscalationCause Cause { get; private set; }
    public string Reason { get; private set; } = "";
    public string Subject { get; private set; } = "";
    public string? Summary { get; private set; }
    public string Search { get; private set; } = "";
    public Guid? AssigneeId { get; private set; }
    public DateTimeOffset? AssignedAt { get; private set; }
    public DateTimeOffset OpenedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }
    public DateTimeOffset? ClosedAt { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<Ticket>
    {
        public void Configure(EntityTypeBuilder<Ticket> builder)
        {
            builder.ToTable("tickets").HasKey(t => new { t.WorkspaceId, t.Id });
            builder.Property(t => t.Status).HasConversion<SnakeCaseEnum<TicketStatus>>();
            builder.Property(t => t.Cause).HasConversion<SnakeCaseEnum<EscalationCause>>();
        }
    }
}
