using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.HelpDesk;

/// <summary>The member who has a ticket.</summary>
public sealed record AssigneeResponse(Guid Id, string Name);

/// <summary>A ticket as the API shows it.</summary>
/// <param name="Cause">Why a person was asked.</param>
/// <param name="Reason">The same in words.</param>
/// <param name="Subject">A line in the customer's language.</param>
/// <param name="Summary">Two or three sentences in the customer's language; null until they are written.</param>
/// <param name="WindowClosesAt">When free-form messages end; after that only a template reaches the customer.</param>
/// <param name="WindowOpen">Whether free-form messages can be sent now.</param>
/// <param name="UnansweredSince">When the first message that nobody answered arrived.</param>
/// <param name="Unread">Whether the customer has written since the caller last looked at it.</param>
public sealed record TicketResponse(
    Guid Id, Guid AgentId, Guid ConversationId, TicketStatus Status, EscalationCause Cause, string Reason, string Subject, string? Summary, AssigneeResponse? Assignee,
    CustomerResponse Customer, DateTimeOffset? WindowClosesAt, bool WindowOpen, DateTimeOffset? UnansweredSince, DateTimeOffset LastMessageAt, string? LastMessageText,
    DateTimeOffset OpenedAt, DateTimeOffset UpdatedAt, DateTimeOffset? ClosedAt, bool Unread)
{
    internal static TicketResponse Of(TicketWithConversation found, Dictionary<Guid, string> names, Looks looks, DateTimeOffset now)
    {
        var (t, c) = (found.Ticket, found.Conversation);
        return new(t.Id, t.AgentId, t.ConversationId, t.Status, t.Cause, t.Reason, t.Subject, t.Summary,
            t.AssigneeId is { } assignee && names.TryGetValue(assignee, out var name) ? new(assignee, name) : null,
            CustomerResponse.Of(c), c.Window.ClosesAt, c.Window.AllowsSendingAt(now), c.UnansweredSince, c.LastMessageAt, c.LastMessageText,
            t.OpenedAt, t.UpdatedAt, t.ClosedAt, looks.IsUnread(c));
    }
}

/// <summary>The tickets of a workspace.</summary>
public static class TicketEndpoints
{
    private const int LongestSearch = 100;

    /// <summary>What is to be different; what is left out stays.</summary>
    /// <param name="Status">Whose turn it is; <c>closed</c> and <c>cancelled</c> hand the conversation back to the agent.</param>
    /// <param name="AssigneeId">The member who is to have it.</param>
    /// <param name="Replaces">The member who has it now and is to lose it. Without it only a ticket that nobody has can be taken.</param>
    /// <param name="Unassign">Whether nobody is to have it.</param>
    public sealed record TicketChange(TicketStatus? Status = null, Guid? AssigneeId = null, Guid? Replaces = null, bool Unassign = false);

    /// <summary>Which tickets.</summary>
    public enum TicketView
    {
        /// <summary>All.</summary>
        All,

        /// <summary>Those that are not done.</summary>
        Open,

        /// <summary>Those that are done.</summary>
        Closed,

        /// <summary>The caller's own that are not done.</summary>
        Mine,

        /// <summary>Those that are not done and that nobody has.</summary>
        Unassigned,
    }

    /// <summary>Maps <c>/api/tickets</c>.</summary>
    public static void MapTickets(this IEndpointRouteBuilder app)
    {
        var tickets = app.MapGroup("/api/tickets").WithTags("Help desk").RequireAuthorization(Policies.Viewer);
        tickets.MapGet("", List).WithName("ListTickets").WithSummary("Tickets, the one in which something happened last first")
            .WithDescription("`view` is `open` (what is not done), `mine`, `unassigned`, `closed` (what is done) or `all`. `search` looks at subject, customer's name and number.");
        tickets.MapGet("/{id:guid}", Get).WithName("GetTicket").WithSummary("One ticket");
        tickets.MapPatch("/{id:guid}", Change).RequireAuthorization(Policies.Editor).WithName("ChangeTicket").RecordsNothing().WithSummary("Says whose turn it is, or who has it")
            .WithDescription("Of two members who take a ticket at once one gets it; the other gets `ticket_taken` with the `assignee`.");
        tickets.MapGet("/assignees", ListAssignees).WithName("ListAssignees").WithSummary("Who may be given tickets");
        tickets.MapTimeline();
    }

    private static async Task<Ok<Page<AssigneeResponse>>> ListAssignees(Cursor? cursor, int? limit, PlatformDb platform, CancellationToken cancellationToken)
    {
        var rows = platform.Members.AsNoTracking().Where(m => m.Role != Role.Viewer);
        if (cursor is { } after)
            rows = rows.Where(m => EF.Functions.GreaterThan(ValueTuple.Create(m.CreatedAt, m.Id), ValueTuple.Create(after.At, after.Id)));
        var size = Page.Size(limit);
        var found = await rows.OrderBy(m => m.CreatedAt).ThenBy(m => m.Id).Take(size + 1).Select(m => new { m.Id, m.Email, m.CreatedAt }).ToListAsync(cancellationToken);
        var page = Page.Of(found, size, m => new Cursor(m.CreatedAt, m.Id));
        return TypedResults.Ok(new Page<AssigneeResponse>([.. page.Items.Select(m => new AssigneeResponse(m.Id, m.Email!))], page.Next)); // every member has an address
    }

    private static async Task<Results<Ok<Page<TicketResponse>>, ProblemHttpResult>> List(
        string? view, string? status, Guid? agentId, Guid? assigneeId, Guid? conversationId, string? search, Cursor? cursor, int? limit,
        Caller caller, InboundDb db, PlatformDb platform, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!EnumWords.TryParse(view ?? "all", out TicketView wanted))
            return Refusal.Invalid("view_unknown", "The view is `all`, `open`, `closed`, `mine` or `unassigned`.");
        if (search?.Length > LongestSearch)
            return Refusal.Invalid("search_too_long", $"A search has at most {LongestSearch} characters.");

        // The tenant filter says so too; said plainly, the indexes on workspace serve the page.
        var rows = db.TicketsWithConversations().Where(found => found.Ticket.WorkspaceId == caller.WorkspaceId);
        rows = wanted switch
        {
            TicketView.Open => rows.Where(found => found.Ticket.ClosedAt == null),
            TicketView.Closed => rows.Where(found => found.Ticket.ClosedAt != null),
            TicketView.Mine => rows.Where(found => found.Ticket.ClosedAt == null && found.Ticket.AssigneeId == caller.ActorId),
            TicketView.Unassigned => rows.Where(found => found.Ticket.ClosedAt == null && found.Ticket.AssigneeId == null),
            _ => rows,
        };
        if (status is not null)
        {
            if (!EnumWords.TryParse(status, out TicketStatus only))
                return Refusal.Invalid("status_unknown", "The status is `new`, `on_you`, `on_customer`, `on_hold`, `closed` or `cancelled`.");
            rows = rows.Where(found => found.Ticket.Status == only);
        }

        if (agentId is not null)
            rows = rows.Where(found => found.Ticket.AgentId == agentId);
        if (assigneeId is not null)
            rows = rows.Where(found => found.Ticket.AssigneeId == assigneeId);
        if (conversationId is not null)
            rows = rows.Where(found => found.Ticket.ConversationId == conversationId);
        if (!string.IsNullOrWhiteSpace(search))
            rows = rows.Where(found => EF.Functions.Like(found.Ticket.Search, SearchPattern.Of(search.ToLowerInvariant()), "\\"));
        if (cursor is { } after)
            rows = rows.Where(found => EF.Functions.LessThan(ValueTuple.Create(found.Ticket.UpdatedAt, found.Ticket.Id), ValueTuple.Create(after.At, after.Id)));

        var size = Page.Size(limit);
        var page = await rows.OrderByDescending(found => found.Ticket.UpdatedAt).ThenByDescending(found => found.Ticket.Id).Take(size + 1).ToListAsync(cancellationToken);
        var names = await Tickets.NamesAsync(platform, page.Select(found => found.Ticket.AssigneeId), cancellationToken);
        var looks = await Looks.ReadAsync(db, caller, page.Select(found => found.Conversation.Id), cancellationToken);
        var now = clock.GetUtcNow();
        return TypedResults.Ok(Page.Of([.. page.Select(found => TicketResponse.Of(found, names, looks, now))], size, t => new Cursor(t.UpdatedAt, t.Id)));
    }

    private static async Task<Results<Ok<TicketResponse>, ProblemHttpResult>> Get(
        Guid id, Caller caller, InboundDb db, PlatformDb platform, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await db.FindTicketAsync(id, cancellationToken) is not { } found)
            return NotFound();
        var looks = await Looks.ReadAsync(db, caller, [found.Conversation.Id], cancellationToken);
        var names = await Tickets.NamesAsync(platform, [found.Ticket.AssigneeId], cancellationToken);
        return TypedResults.Ok(TicketResponse.Of(found, names, looks, clock.GetUtcNow()));
    }

    private static async Task<Results<Ok<TicketResponse>, ProblemHttpResult>> Change(
        Guid id, TicketChange change, Caller caller, InboundDb db, PlatformDb platform, WakeUps wakeUps, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (change.AssigneeId is not null && change.Unassign)
            return Refusal.Invalid("assignee_contradictory", "Give either `assigneeId` or `unassign`.");
        if (await db.FindTicketAsync(id, cancellationToken) is not { Ticket: var ticket, Conversation: var conversation })
            return NotFound();
        if (change.AssigneeId is { } member && !await platform.Members.AnyAsync(m => m.Id == member && m.Role != Role.Viewer, cancellationToken))
            return Refusal.Invalid("assignee_unknown", "The assignee must be a member of the workspace who may answer customers.");

        var now = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(ConversationSql.Lock(ticket.ChannelId, ticket.ConversationId), cancellationToken);
        if (await db.Set<Ticket>().AnyAsync(t => t.Id == id && t.ClosedAt != null, cancellationToken))
            return Refusal.Conflict("ticket_done", "The ticket is done. Take the conversation over: that opens a new one.");

        if (change.AssigneeId is { } assignee && await AssignAsync(db, platform, ticket, assignee, change.Replaces, caller, now, cancellationToken) is { } taken)
            return taken;
        if (change.Unassign)
            await db.Database.ExecuteSqlAsync(TicketSql.Unassign(ticket, caller.ActorId, caller.Name, now), cancellationToken);
        if (change.Status is { } status)
        {
            await db.Database.ExecuteSqlAsync(TicketSql.SetStatus(ticket, EnumWords.Of(status), caller.ActorId, caller.Name, now), cancellationToken);
            // Nobody has the conversation any more: the agent goes on.
            if (status is TicketStatus.Closed or TicketStatus.Cancelled)
                await db.Database.ExecuteSqlAsync(ConversationSql.Resume(conversation), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        wakeUps.SignalTickets();
        return await Get(id, caller, db, platform, clock, cancellationToken);
    }

    /// <summary>Gives the ticket to a member, or tells who has it.</summary>
    private static async Task<ProblemHttpResult?> AssignAsync(
        InboundDb db, PlatformDb platform, Ticket ticket, Guid assigneeId, Guid? replaces, Caller caller, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var holder = await db.Set<Ticket>().Where(t => t.Id == ticket.Id).Select(t => t.AssigneeId).SingleAsync(cancellationToken);
        // Who has it already gets it again: a request that is repeated is answered as the first time.
        if (holder == assigneeId)
            return null;
        return await db.Database.ExecuteSqlAsync(TicketSql.Assign(ticket, assigneeId, replaces, caller.ActorId, caller.Name, now), cancellationToken) > 0
            ? null
            : await Tickets.TakenAsync(platform, holder!.Value, cancellationToken); // nobody's would have been given
    }

    internal static ProblemHttpResult NotFound() => Refusal.NotFound("ticket_not_found", "There is no such ticket.");
}
