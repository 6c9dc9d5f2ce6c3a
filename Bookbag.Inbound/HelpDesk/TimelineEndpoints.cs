using System.ComponentModel.DataAnnotations;
using Bookbag.Inbound.Knowledge;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.HelpDesk;

/// <summary>One entry of a ticket's timeline as the API shows it.</summary>
/// <param name="Status">The status from then on, where it changed.</param>
/// <param name="Assignee">Who has it from then on, where that changed.</param>
/// <param name="Text">A note; else why, in words.</param>
/// <param name="By">The member or key that did it; null where nobody did.</param>
public sealed record TicketEntryResponse(Guid Id, TicketEntryKind Kind, DateTimeOffset At, TicketStatus? Status, AssigneeResponse? Assignee, string? Text, string? By)
{
    internal static TicketEntryResponse Of(TicketEntry e, Dictionary<Guid, string> names) => new(e.Id, e.Kind, e.At, e.Status,
        e.AssigneeId is { } assignee ? new(assignee, names.GetValueOrDefault(assignee) ?? "A former member") : null, e.Text, e.ActorName);
}

/// <summary>What happened to a ticket, and the notes of the team.</summary>
public static class TimelineEndpoints
{
    private const int LongestNote = 4_000;

    /// <summary>A note that the customer never sees.</summary>
    public sealed record NoteRequest([Required, StringLength(LongestNote)] string Text);

    internal static void MapTimeline(this RouteGroupBuilder tickets)
    {
        tickets.MapGet("/{id:guid}/timeline", ListAll).WithName("GetTicketTimeline").WithSummary("What happened to a ticket and what was noted, the oldest first");
        tickets.MapGet("/{id:guid}/notes", ListNotes).WithName("ListTicketNotes").WithSummary("The team's notes on a ticket, the oldest first");
        tickets.MapPost("/{id:guid}/notes", Add).RequireAuthorization(Policies.Editor).WithName("AddTicketNote").RecordsNothing().WithSummary("Writes a note that the customer never sees");
    }

    private static Task<Results<Ok<Page<TicketEntryResponse>>, ProblemHttpResult>> ListAll(
        Guid id, Cursor? cursor, int? limit, InboundDb db, PlatformDb platform, CancellationToken cancellationToken) =>
        ListAsync(id, null, cursor, limit, db, platform, cancellationToken);

    private static Task<Results<Ok<Page<TicketEntryResponse>>, ProblemHttpResult>> ListNotes(
        Guid id, Cursor? cursor, int? limit, InboundDb db, PlatformDb platform, CancellationToken cancellationToken) =>
        ListAsync(id, TicketEntryKind.Note, cursor, limit, db, platform, cancellationToken);

    private static async Task<Results<Ok<Page<TicketEntryResponse>>, ProblemHttpResult>> ListAsync(
        Guid id, TicketEntryKind? kind, Cursor? cursor, int? limit, InboundDb db, PlatformDb platform, CancellationToken cancellationToken)
    {
        if (!await db.Set<Ticket>().AnyAsync(t => t.Id == id, cancellationToken))
            return TicketEndpoints.NotFound();
        var rows = db.Set<TicketEntry>().AsNoTracking().Where(e => e.TicketId == id);
        if (kind is { } only)
            rows = rows.Where(e => e.Kind == only);
        // Entries have numbers: the number is the cursor's time.
        if (cursor is { At.UtcTicks: var last })
            rows = rows.Where(e => e.Nr > last);
        var size = Page.Size(limit);
        var found = await rows.OrderBy(e => e.Nr).Take(size + 1).ToListAsync(cancellationToken);
        var names = await Tickets.NamesAsync(platform, found.Select(e => e.AssigneeId), cancellationToken);
        var page = Page.Of(found, size, e => new Cursor(new DateTimeOffset(e.Nr, TimeSpan.Zero), e.Id));
        return TypedResults.Ok(new Page<TicketEntryResponse>([.. page.Items.Select(e => TicketEntryResponse.Of(e, names))], page.Next));
    }

    private static async Task<Results<Created<TicketEntryResponse>, ProblemHttpResult>> Add(
        Guid id, NoteRequest request, Caller caller, InboundDb db, WakeUps wakeUps, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await db.Set<Ticket>().AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, cancellationToken) is not { } ticket)
            return TicketEndpoints.NotFound();
        if (PlainText.Clean(request.Text) is not { Length: > 0 } text)
            return Refusal.Invalid("text_missing", "Write the note in `text`.");
        var now = clock.GetUtcNow();
        var noteId = Guid.CreateVersion7(now);
        await db.Database.ExecuteSqlAsync(TicketSql.AddNote(ticket, noteId, text, caller.ActorId, caller.Name, now), cancellationToken);
        wakeUps.SignalChanges();
        return TypedResults.Created((string?)null, new TicketEntryResponse(noteId, TicketEntryKind.Note, now, null, null, text, caller.Name));
    }
}
