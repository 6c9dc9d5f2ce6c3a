using Bookbag.Inbound.HelpDesk;
using Bookbag.Inbound.Media;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Conversations;

/// <summary>A conversation as the API shows it.</summary>
/// <param name="Mode">Who answers: <c>ai</c> or <c>human</c>.</param>
/// <param name="WindowClosesAt">When Meta's 24-hour customer service window closes, or closed; null when the customer never wrote.</param>
/// <param name="WindowOpen">Whether free-form messages can be sent now: not in the last five minutes of the window any more.</param>
/// <param name="EscalatedAt">When a person was asked for, or took over.</param>
/// <param name="UnansweredSince">When the first message that nobody answered arrived.</param>
/// <param name="Unread">Whether the customer has written since the caller last looked at it.</param>
public sealed record ConversationResponse(
    Guid Id, Guid AgentId, Guid ChannelId, CustomerResponse Customer, ConversationMode Mode, DateTimeOffset? WindowClosesAt, bool WindowOpen,
    DateTimeOffset? EscalatedAt, string? EscalationReason, DateTimeOffset? UnansweredSince, DateTimeOffset LastMessageAt, string? LastMessageText,
    DateTimeOffset CreatedAt, bool Unread)
{
    internal static ConversationResponse Of(Conversation c, Looks looks, DateTimeOffset now) => new(
        c.Id, c.AgentId, c.ChannelId, CustomerResponse.Of(c), c.Mode, c.Window.ClosesAt,
        c.Window.AllowsSendingAt(now), c.EscalatedAt, c.EscalationReason, c.UnansweredSince, c.LastMessageAt, c.LastMessageText, c.CreatedAt,
        looks.IsUnread(c));
}

/// <summary>The customer of a conversation; a phone number or a user id is always there.</summary>
/// <param name="Phone">Digits with country code.</param>
/// <param name="UserId">The business-scoped user id.</param>
/// <param name="Name">The name in the customer's profile.</param>
/// <param name="Username">The user name that the customer chose; who has one may show no number.</param>
/// <param name="ParentUserId">The user id that all numbers of a managed business share.</param>
public sealed record CustomerResponse(string? Phone, string? UserId, string? Name, string? Username, string? ParentUserId)
{
    internal static CustomerResponse Of(Conversation c) => new(c.CustomerPhone, c.CustomerUserId, c.CustomerName, c.CustomerUsername, c.CustomerParentUserId);
}

/// <summary>Reading conversations, and what people do in them.</summary>
public static class ConversationEndpoints
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 200;
    private const int LongestSearch = 100;

    /// <summary>Maps <c>/api/conversations</c>.</summary>
    public static void MapConversations(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/conversations").WithTags("Conversations").RequireAuthorization(Policies.Viewer);
        group.MapGet("/", List).WithName("ListConversations").WithSummary("Conversations, the one with the latest message first")
            .WithDescription("`mode` is `ai` or `human`. `search` looks at the customer's name, username, number and user id.");
        group.MapGet("/{id:guid}", Get).WithName("GetConversation").WithSummary("One conversation");
        group.MapGet("/{id:guid}/messages", ListMessages).WithName("ListMessages").WithSummary("The messages of a conversation, oldest first")
            .WithDescription("Campaigns' messages stand among them, also those that were sent before the customer ever wrote. With `latest=true` the latest come first, and the cursor leads back in time.");
        group.MapPost("/{id:guid}/messages", WriteByHand.Handle).RequireAuthorization(Policies.Editor).WithName("WriteMessage").RecordsNothing()
            .WithSummary("Writes to the customer")
            .WithDescription("A file is sent as multipart/form-data: file, caption, replyTo. Writing by hand takes the conversation over from the agent. The message is sent after the answer: its status tells what became of it.");
        // The same path with a file: not described apart, an operation has one description.
        group.MapPost("/{id:guid}/messages", WriteByHand.HandleFile).RequireAuthorization(Policies.Editor).WithName("WriteFile").RecordsNothing().ExcludeFromDescription()
            .WithMetadata(new RequestSizeLimitAttribute(MediaTypes.Largest + (1024 * 1024))).DisableAntiforgery();
        group.MapPost("/{id:guid}/takeover", TakeOver).RequireAuthorization(Policies.Editor).WithName("TakeOverConversation").RecordsNothing()
            .WithSummary("Pauses the agent in a conversation, and takes its ticket")
            .WithDescription("An answer that the agent is making is dropped, and a ticket opens. Of two members who take over at once one gets the ticket; the other is told who has it. Taking over twice changes nothing.");
        group.MapLooks();
        group.MapPost("/{id:guid}/resume", Resume).RequireAuthorization(Policies.Editor).WithName("ResumeConversation").RecordsNothing()
            .WithSummary("Hands a conversation back to the agent, and closes its ticket").WithDescription("The agent answers what the customer writes from now on. Resuming twice changes nothing.");
    }

    private static async Task<Results<Ok<Page<ConversationResponse>>, ProblemHttpResult>> List(
        Guid? agentId, string? mode, string? search, Cursor? cursor, int? limit, Caller caller, InboundDb db, PlatformDb platform, TimeProvider clock, CancellationToken cancellationToken)
    {
        var agents = await platform.Agents.Where(a => agentId == null || a.Id == agentId).Select(a => a.Id).ToArrayAsync(cancellationToken);
        if (agentId is not null && agents.Length == 0)
            return Refusal.NotFound("agent_not_found", "There is no such agent.");
        if (search?.Length > LongestSearch)
            return Refusal.Invalid("search_too_long", $"A search has at most {LongestSearch} characters.");
        if (mode is not (null or "ai" or "human"))
            return Refusal.Invalid("mode_unknown", "The mode is `ai` or `human`.");

        var size = Math.Clamp(limit ?? DefaultLimit, 1, MaxLimit);
        var latest = ConversationSql.Latest(
            agents, mode is null ? ["ai", "human"] : [mode], cursor ?? Cursor.BeforeAll, string.IsNullOrWhiteSpace(search) ? null : SearchPattern.Of(search), size + 1);
        var found = await db.Set<Conversation>().FromSql(latest).AsNoTracking()
            .OrderByDescending(c => c.LastMessageAt).ThenByDescending(c => c.Id).Take(size + 1).ToListAsync(cancellationToken);
        var looks = await Looks.ReadAsync(db, caller, found.Select(c => c.Id), cancellationToken);
        var now = clock.GetUtcNow();
        return TypedResults.Ok(Page.Of([.. found.Select(c => ConversationResponse.Of(c, looks, now))], size, c => new Cursor(c.LastMessageAt, c.Id)));
    }

    private static async Task<Results<Ok<ConversationResponse>, ProblemHttpResult>> Get(
        Guid id, Caller caller, InboundDb db, TimeProvider clock, CancellationToken cancellationToken) =>
        await db.FindConversationAsync(id, cancellationToken) is { } conversation
            ? TypedResults.Ok(ConversationResponse.Of(conversation, await Looks.ReadAsync(db, caller, [id], cancellationToken), clock.GetUtcNow()))
            : NotFound();

    private static async Task<Results<Ok<Page<MessageResponse>>, ProblemHttpResult>> ListMessages(
        Guid id, bool? latest, Cursor? cursor, int? limit, InboundDb db, CancellationToken cancellationToken)
    {
        if (await db.FindConversationAsync(id, cancellationToken) is not { } conversation)
            return NotFound();

        var rows = db.Set<Message>().AsNoTracking().Where(m => m.ChannelId == conversation.ChannelId && m.ConversationId == id);
        if (cursor is { } after)
        {
            rows = latest == true
                ? rows.Where(m => EF.Functions.LessThan(ValueTuple.Create(m.At, m.Id), ValueTuple.Create(after.At, after.Id)))
                : rows.Where(m => EF.Functions.GreaterThan(ValueTuple.Create(m.At, m.Id), ValueTuple.Create(after.At, after.Id)));
        }

        var size = Math.Clamp(limit ?? DefaultLimit, 1, MaxLimit);
        var ordered = latest == true ? rows.OrderByDescending(m => m.At).ThenByDescending(m => m.Id) : rows.OrderBy(m => m.At).ThenBy(m => m.Id);
        var found = await ordered.Take(size + 1).ToListAsync(cancellationToken);
        var around = await MessageSurroundings.ReadAsync(db, conversation, found, cancellationToken);
        var templates = around.Templates.Where(t => cursor is not { } end || (t.At, t.Id).CompareTo((end.At, end.Id)) is var place && (latest == true ? place < 0 : place > 0));
        var among = found.Select(m => MessageResponse.Of(m, around)).Concat(templates.Select(t => MessageResponse.Of(t, around)));
        var thread = (latest == true ? among.OrderByDescending(m => m.At).ThenByDescending(m => m.Id) : among.OrderBy(m => m.At).ThenBy(m => m.Id)).Take(size + 1).ToList();
        return TypedResults.Ok(Page.Of(thread, size, m => new Cursor(m.At, m.Id)));
    }

    private static async Task<Results<Ok<ConversationResponse>, ProblemHttpResult>> TakeOver(
        Guid id, Caller caller, InboundDb db, PlatformDb platform, WakeUps wakeUps, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await db.FindConversationAsync(id, cancellationToken) is not { } conversation)
            return NotFound();
        var now = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(ConversationSql.Lock(conversation.ChannelId, conversation.Id), cancellationToken);
        await db.Database.ExecuteSqlAsync(ConversationSql.TakeOver(conversation, $"Taken over by {caller.Name}.", now), cancellationToken);
        await db.LetTicketFollowAsync(conversation, TicketFact.Mode, caller, now, cancellationToken);
        if (await Tickets.TakenBySomebodyElseAsync(db, platform, conversation, caller, cancellationToken) is { } taken)
            return taken;
        await transaction.CommitAsync(cancellationToken);
        wakeUps.Signal(TurnWorker.Topic);
        wakeUps.SignalTickets();
        return await Get(id, caller, db, clock, cancellationToken);
    }

    private static async Task<Results<Ok<ConversationResponse>, ProblemHttpResult>> Resume(
        Guid id, Caller caller, InboundDb db, WakeUps wakeUps, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await db.FindConversationAsync(id, cancellationToken) is not { } conversation)
            return NotFound();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(ConversationSql.Lock(conversation.ChannelId, conversation.Id), cancellationToken);
        await db.Database.ExecuteSqlAsync(ConversationSql.Resume(conversation), cancellationToken);
        await db.LetTicketFollowAsync(conversation, TicketFact.Mode, caller, clock.GetUtcNow(), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        wakeUps.SignalTickets();
        return await Get(id, caller, db, clock, cancellationToken);
    }

    /// <summary>A conversation that the caller may see.</summary>
    internal static Task<Conversation?> FindConversationAsync(this InboundDb db, Guid id, CancellationToken cancellationToken) =>
        db.Set<Conversation>().AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, cancellationToken);

    internal static ProblemHttpResult NotFound() => Refusal.NotFound("conversation_not_found", "There is no such conversation.");
}
