using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.HelpDesk;

/// <summary>Up to which of the customer's messages a member has looked at a conversation.</summary>
public sealed class Look
{
    private Look() { }

    public Guid WorkspaceId { get; private set; }
    public Guid MemberId { get; private set; }
    public Guid ConversationId { get; private set; }
    public DateTimeOffset LookedTo { get; private set; }

    internal sealed class Mapping : IEntityTypeConfiguration<Look>
    {
        public void Configure(EntityTypeBuilder<Look> builder) => builder.ToTable("looks").HasKey(l => new { l.WorkspaceId, l.MemberId, l.ConversationId });
    }
}

/// <summary>What the caller has looked at, of some conversations.</summary>
internal sealed class Looks
{
    private readonly Dictionary<Guid, DateTimeOffset> _lookedTo;

    private Looks(Dictionary<Guid, DateTimeOffset> lookedTo) => _lookedTo = lookedTo;

    public static async Task<Looks> ReadAsync(InboundDb db, Caller caller, IEnumerable<Guid> conversationIds, CancellationToken cancellationToken)
    {
        var ids = conversationIds.Distinct().ToArray();
        return new Looks(await db.Set<Look>().Where(l => l.WorkspaceId == caller.WorkspaceId && l.MemberId == caller.ActorId && ids.Contains(l.ConversationId))
            .ToDictionaryAsync(l => l.ConversationId, l => l.LookedTo, cancellationToken));
    }

    /// <summary>Whether the customer has written since. What only the agent has had to do with, and the caller never opened, is not held against the caller.</summary>
    public bool IsUnread(Conversation conversation) =>
        _lookedTo.TryGetValue(conversation.Id, out var to) ? conversation.LastInboundAt > to : conversation is { Mode: ConversationMode.Human, LastInboundAt: not null };
}

/// <summary>Says that somebody looks.</summary>
public static class LookEndpoints
{
    internal static void MapLooks(this RouteGroupBuilder conversations) =>
        conversations.MapPost("/{id:guid}/look", Handle).WithName("LookAtConversation").RecordsNothing().WithSummary("Marks what the customer wrote as read by the caller")
            .WithDescription("For the caller's own lists alone: the customer sees nothing of it. Looking twice changes nothing.");

    private static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, Caller caller, InboundDb db, CancellationToken cancellationToken)
    {
        if (await db.FindConversationAsync(id, cancellationToken) is not { } conversation)
            return ConversationEndpoints.NotFound();
        if (conversation.LastInboundAt is { } to)
            await db.Database.ExecuteSqlAsync(Remember(caller, conversation, to), cancellationToken);
        return TypedResults.NoContent();
    }

    // Never back: two tabs of one member look at different times.
    private static FormattableString Remember(Caller caller, Conversation conversation, DateTimeOffset to) =>
        $"""
        INSERT INTO inbound.looks (workspace_id, member_id, conversation_id, looked_to) VALUES ({caller.WorkspaceId}, {caller.ActorId}, {conversation.Id}, {to})
        ON CONFLICT (workspace_id, member_id, conversation_id) DO UPDATE SET looked_to = excluded.looked_to WHERE looks.looked_to < excluded.looked_to
        """;
}
