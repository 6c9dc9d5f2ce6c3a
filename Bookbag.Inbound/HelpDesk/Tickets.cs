using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.HelpDesk;

/// <summary>Finding tickets, and who has them.</summary>
internal static class Tickets
{
    /// <summary>A ticket that the caller may see, with its conversation.</summary>
    public static async Task<TicketWithConversation?> FindTicketAsync(this InboundDb db, Guid id, CancellationToken cancellationToken) =>
        await db.TicketsWithConversations().SingleOrDefaultAsync(found => found.Ticket.Id == id, cancellationToken);

    /// <summary>Tickets with their conversations, the tenant's.</summary>
    public static IQueryable<TicketWithConversation> TicketsWithConversations(this InboundDb db) =>
        from ticket in db.Set<Ticket>().AsNoTracking()
        join conversation in db.Set<Conversation>().AsNoTracking()
            on new { ticket.ChannelId, Id = ticket.ConversationId } equals new { conversation.ChannelId, conversation.Id }
        select new TicketWithConversation { Ticket = ticket, Conversation = conversation };

    /// <summary>The names of members, by their ids.</summary>
    public static async Task<Dictionary<Guid, string>> NamesAsync(PlatformDb platform, IEnumerable<Guid?> ids, CancellationToken cancellationToken)
    {
        var wanted = ids.OfType<Guid>().Distinct().ToArray();
        return wanted.Length == 0 ? [] : await platform.Members.Where(m => wanted.Contains(m.Id)).ToDictionaryAsync(m => m.Id, m => m.Email!, cancellationToken);
    }

    /// <summary>Tells a member who wants a conversation that somebody else has its ticket; null where that is not so, or a program asks.</summary>
    public static async Task<ProblemHttpResult?> TakenBySomebodyElseAsync(
        InboundDb db, PlatformDb platform, Conversation conversation, Caller caller, CancellationToken cancellationToken)
    {
        var assignee = await db.Set<Ticket>().Where(t => t.ConversationId == conversation.Id && t.ClosedAt == null).Select(t => t.AssigneeId).SingleOrDefaultAsync(cancellationToken);
        if (assignee is null || assignee == caller.ActorId || !await platform.Members.AnyAsync(m => m.Id == caller.ActorId, cancellationToken))
            return null;
        return await TakenAsync(platform, assignee.Value, cancellationToken);
    }

    /// <summary>409 that says who has it.</summary>
    public static async Task<ProblemHttpResult> TakenAsync(PlatformDb platform, Guid assigneeId, CancellationToken cancellationToken)
    {
        var name = (await NamesAsync(platform, [assigneeId], cancellationToken)).GetValueOrDefault(assigneeId) ?? "Somebody else";
        return TypedResults.Problem(
            detail: $"{name} has this ticket. To take it over from them, say so in `replaces`.", statusCode: StatusCodes.Status409Conflict,
            extensions: new Dictionary<string, object?> { ["code"] = "ticket_taken", ["assignee"] = new AssigneeResponse(assigneeId, name) });
    }
}

/// <summary>A ticket and what it is about.</summary>
internal sealed record TicketWithConversation
{
    public required Ticket Ticket { get; init; }
    public required Conversation Conversation { get; init; }
}
