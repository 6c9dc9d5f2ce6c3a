using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bookbag.Outbound.Contacts;

/// <summary>The contacts of an agent, one at a time or as a list.</summary>
public static class ContactEndpoints
{
    /// <summary>Adds what contacts need.</summary>
    public static void AddContacts(this IHostApplicationBuilder builder) => builder.Services.AddScoped<Audience>();

    /// <summary>Maps <c>/api/agents/{agentId}/outbound/contacts</c>.</summary>
    public static void MapContacts(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/agents/{agentId:guid}/outbound/contacts").WithTags("Contacts").RequireKnownAgent().RequireAuthorization(Policies.Viewer);
        group.MapGet("", List).WithName("ListContacts").WithSummary("Lists an agent's contacts, the newest first")
            .WithDescription("`q` searches names, e-mail addresses, numbers and external ids. `filter` is a filter as JSON, for instance {\"all\":[{\"tag\":\"vip\"},{\"optIn\":\"opted_in\"}]}.");
        group.MapGet("/count", Count).WithName("CountContacts").WithSummary("Tells how many contacts a filter finds, and how many of them can be sent marketing");
        group.MapPost("", Create).RequireAuthorization(Policies.Editor).WithName("CreateContact").RecordsNothing().WithSummary("Adds a contact");
        group.MapGet("/{id:guid}", Get).WithName("GetContact").WithSummary("Shows a contact");
        group.MapPut("/{id:guid}", Replace).RequireAuthorization(Policies.Editor).WithName("ReplaceContact").RecordsNothing()
            .WithSummary("Changes a contact").WithDescription("What is left out is taken away; consent stays unless `optedIn` says otherwise.");
        group.MapDelete("/{id:guid}", Delete).RequireAuthorization(Policies.Editor).WithName("DeleteContact").Records("contact.deleted")
            .WithSummary("Forgets a contact").WithDescription("An opt-out stays: it is kept by number, and holds when the contact comes again.");
        group.MapPost("/{id:guid}/opt-out", OptOut).RequireAuthorization(Policies.Editor).WithName("OptContactOut").Records("contact.opted_out")
            .WithSummary("Writes down that a contact wants no marketing");
        group.MapPost("/{id:guid}/opt-in", OptIn).RequireAuthorization(Policies.Editor).WithName("OptContactIn").Records("contact.opted_in")
            .WithSummary("Writes down that a contact agreed to marketing").WithDescription("A contact who pressed Stop in WhatsApp stays opted out until they resume it there.");
        group.MapGet("/attributes", ListAttributes).WithName("ListContactAttributes").WithSummary("Lists the custom attributes of an agent's contacts and their types");
        group.MapPut("/attributes/{name}", DeclareAttribute).RequireAuthorization(Policies.Editor).WithName("DeclareContactAttribute").RecordsNothing()
            .WithSummary("Declares a custom attribute and its type").WithDescription("The type of an attribute that contacts have values of cannot change.");
    }

    private static async Task<Results<Ok<Page<ContactResponse>>, ProblemHttpResult>> List(
        Guid agentId, string? q, string? filter, Cursor? cursor, int? limit, Caller caller, Audience audience, CancellationToken cancellationToken)
    {
        if (!TryReadFilter(filter, out var read, out var problem))
            return problem!;
        var size = Page.Size(limit);
        var contacts = await audience.ListAsync(caller.WorkspaceId, agentId, read!, q, cursor?.Id, size + 1, cancellationToken);
        return TypedResults.Ok(Page.Of(await audience.DescribeAsync(contacts, cancellationToken), size, c => new Cursor(c.CreatedAt, c.Id)));
    }

    private static async Task<Results<Ok<AudienceCount>, ProblemHttpResult>> Count(
        Guid agentId, string? filter, Caller caller, Audience audience, CancellationToken cancellationToken) => TryReadFilter(filter, out var read, out var problem)
            ? TypedResults.Ok(await audience.CountAsync(caller.WorkspaceId, agentId, read!, cancellationToken))
            : problem!;

    private static async Task<Results<Created<ContactResponse>, ProblemHttpResult>> Create(
        Guid agentId, ContactRequest request, Caller caller, OutboundDb db, PlatformDb platform, Audience audience, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var (row, problem) = await ReadAsync(agentId, request, caller, db, platform, clock.GetUtcNow(), cancellationToken);
        if (row is null)
            return Refusal.Invalid(problem!.Code, problem.Message);
        var contact = Contact.Of(caller.WorkspaceId, agentId, row, clock.GetUtcNow());
        db.Add(contact);
        if (await SaveAsync(db, caller, contact, row, clock.GetUtcNow(), cancellationToken) is { } taken)
            return Refusal.Conflict("contact_exists", $"Another contact of this agent has this {taken}.");
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Created($"/api/agents/{agentId}/outbound/contacts/{contact.Id}", await audience.DescribeAsync(contact, cancellationToken));
    }

    private static async Task<Results<Ok<ContactResponse>, ProblemHttpResult>> Get(Guid agentId, Guid id, OutboundDb db, Audience audience, CancellationToken cancellationToken) =>
        await FindAsync(db, agentId, id, cancellationToken) is { } contact ? TypedResults.Ok(await audience.DescribeAsync(contact, cancellationToken)) : NotFound();

    private static async Task<Results<Ok<ContactResponse>, ProblemHttpResult>> Replace(
        Guid agentId, Guid id, ContactRequest request, Caller caller, OutboundDb db, PlatformDb platform, Audience audience, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await FindAsync(db, agentId, id, cancellationToken) is not { } contact)
            return NotFound();
        var (row, problem) = await ReadAsync(agentId, request, caller, db, platform, clock.GetUtcNow(), cancellationToken);
        if (row is null)
            return Refusal.Invalid(problem!.Code, problem.Message);
        contact.Replace(row, clock.GetUtcNow());
        if (await SaveAsync(db, caller, contact, row, clock.GetUtcNow(), cancellationToken) is { } taken)
            return Refusal.Conflict("contact_exists", $"Another contact of this agent has this {taken}.");
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Ok(await audience.DescribeAsync(contact, cancellationToken));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Delete(Guid agentId, Guid id, OutboundDb db, CancellationToken cancellationToken) =>
        await db.Set<Contact>().Where(c => c.AgentId == agentId && c.Id == id).ExecuteDeleteAsync(cancellationToken) > 0 ? TypedResults.NoContent() : NotFound();

    private static Task<Results<Ok<ContactResponse>, ProblemHttpResult>> OptOut(
        Guid agentId, Guid id, OptOutRequest? request, Caller caller, OutboundDb db, Audience audience, TimeProvider clock, CancellationToken cancellationToken) =>
        ConsentAsync(agentId, id, optedOut: true, request?.Reason, caller, db, audience, clock, cancellationToken);

    private static Task<Results<Ok<ContactResponse>, ProblemHttpResult>> OptIn(
        Guid agentId, Guid id, Caller caller, OutboundDb db, Audience audience, TimeProvider clock, CancellationToken cancellationToken) =>
        ConsentAsync(agentId, id, optedOut: false, null, caller, db, audience, clock, cancellationToken);

    private static async Task<Results<Ok<ContactResponse>, ProblemHttpResult>> ConsentAsync(
        Guid agentId, Guid id, bool optedOut, string? reason, Caller caller, OutboundDb db, Audience audience, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, agentId, id, cancellationToken) is not { } contact)
            return NotFound();
        if (contact.Address.IsEmpty)
            return Refusal.Conflict("contact_without_address", "This contact has neither a phone number nor a user id: nothing is sent to them anyway.");
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await Suppressions.WriteAsync((NpgsqlConnection)db.Database.GetDbConnection(), Changes(contact, caller, optedOut, clock.GetUtcNow(), reason), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await db.Entry(contact).ReloadAsync(cancellationToken);
        return TypedResults.Ok(await audience.DescribeAsync(contact, cancellationToken));
    }

    private static async Task<Ok<IReadOnlyList<AttributeResponse>>> ListAttributes(Guid agentId, OutboundDb db, CancellationToken cancellationToken) =>
        TypedResults.Ok<IReadOnlyList<AttributeResponse>>(await db.Set<AttributeDefinition>().AsNoTracking().Where(a => a.AgentId == agentId).OrderBy(a => a.Name)
            .Select(a => new AttributeResponse(a.Name, a.Type, a.Declared)).ToListAsync(cancellationToken));

    private static async Task<Results<Ok<AttributeResponse>, ProblemHttpResult>> DeclareAttribute(
        Guid agentId, string name, AttributeRequest request, Caller caller, OutboundDb db, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!AttributeValues.IsName(name))
            return Refusal.Invalid("attribute_name_invalid", "The name has 1 to 100 characters, without braces, control characters or blanks around it.");
        var type = FilterNames.Of(request.Type);
        // Where no contact has a value yet, a type that was inferred or chosen before may still change.
        var kept = await db.Database.ExecuteSqlAsync($"""
            INSERT INTO outbound.contact_attributes AS known (workspace_id, agent_id, name, type, declared, created_at)
            VALUES ({caller.WorkspaceId}, {agentId}, {name}, {type}, true, {clock.GetUtcNow()})
            ON CONFLICT (workspace_id, agent_id, name) DO UPDATE SET type = excluded.type, declared = true
            WHERE known.type = excluded.type OR NOT EXISTS (
                SELECT FROM outbound.contacts c WHERE c.workspace_id = known.workspace_id AND c.agent_id = known.agent_id AND jsonb_exists(c.attributes, known.name))
            """, cancellationToken);
        return kept > 0
            ? TypedResults.Ok(new AttributeResponse(name, request.Type, Declared: true))
            : Refusal.Conflict("attribute_in_use", $"Contacts have values of \"{name}\" in another type. Declare an attribute of another name.");
    }

    /// <summary>The contact, where the caller may see it.</summary>
    private static Task<Contact?> FindAsync(OutboundDb db, Guid agentId, Guid id, CancellationToken cancellationToken) =>
        db.Set<Contact>().SingleOrDefaultAsync(c => c.AgentId == agentId && c.Id == id, cancellationToken);

    private static async Task<(ContactRow? Row, RowProblem? Problem)> ReadAsync(
        Guid agentId, ContactRequest request, Caller caller, OutboundDb db, PlatformDb platform, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var catalog = await AttributeCatalog.LoadAsync(connection, caller.WorkspaceId, agentId, cancellationToken);
        var read = ContactReader.Read(1, request, await platform.RegionOfAsync(agentId, cancellationToken), catalog);
        if (read.Row is not null)
            await catalog.SaveAsync(connection, caller.WorkspaceId, agentId, now, cancellationToken);
        return read;
    }

    /// <returns>What another contact has already; null where it was saved.</returns>
    private static async Task<string?> SaveAsync(OutboundDb db, Caller caller, Contact contact, ContactRow row, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await db.Database.ExecuteSqlRawAsync(ContactMergeSql.Lock, [new NpgsqlParameter("agent", contact.AgentId)], cancellationToken);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } taken)
        {
            return taken.ConstraintName switch { "contacts_by_phone" => "phone number", "contacts_by_user_id" => "user id", _ => "external id" };
        }

        if (row.OptedIn is { } optedIn)
        {
            await Suppressions.WriteAsync((NpgsqlConnection)db.Database.GetDbConnection(), Changes(contact, caller, !optedIn, now, null), cancellationToken);
            await db.Entry(contact).ReloadAsync(cancellationToken);
        }

        return null;
    }

    private static List<ConsentChange> Changes(Contact contact, Caller caller, bool optedOut, DateTimeOffset now, string? reason) =>
    [
        .. contact.SuppressionAddresses.Select(address => new ConsentChange(
            caller.WorkspaceId, contact.AgentId, address, SuppressionList.Own, optedOut, now, SuppressionSources.ByHand, reason, caller.Name)),
    ];

    /// <summary>Reads a filter that came as text, in a query.</summary>
    internal static bool TryReadFilter(string? text, out ContactFilter? filter, out ProblemHttpResult? problem)
    {
        (filter, problem) = (null, null);
        JsonElement? json = null;
        try
        {
            json = string.IsNullOrWhiteSpace(text) ? null : JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            problem = Refusal.Invalid("filter_invalid", "The filter is not JSON. It looks like {\"all\":[{\"tag\":\"vip\"}]}.");
            return false;
        }

        if (!ContactFilter.TryParse(json, out filter, out var words))
            problem = Refusal.Invalid("filter_invalid", words);
        return problem is null;
    }

    private static ProblemHttpResult NotFound() => Refusal.NotFound("contact_not_found", "The agent has no such contact.");
}

/// <summary>Why a contact opts out.</summary>
public sealed record OptOutRequest([MaxLength(500)] string? Reason = null);

/// <summary>The type of a custom attribute.</summary>
public sealed record AttributeRequest([Required] AttributeType Type);

/// <summary>A custom attribute of an agent's contacts.</summary>
/// <param name="Declared">Whether somebody chose its type; else it was inferred from its first value.</param>
public sealed record AttributeResponse(string Name, AttributeType Type, bool Declared);

/// <summary>A contact as the API shows it.</summary>
/// <param name="Phone">Digits with country code, no plus.</param>
/// <param name="UserId">WhatsApp's business-scoped user id.</param>
/// <param name="ExternalId">Your own id of the person.</param>
/// <param name="Attributes">Custom attributes.</param>
/// <param name="Marketing">Whether the contact may get marketing.</param>
/// <param name="ImportId">The import that wrote the contact last.</param>
public sealed record ContactResponse(
    Guid Id, string? ExternalId, string? Phone, string? UserId, string? Name, string? Email, string? Language, IReadOnlyList<string> Tags, JsonElement Attributes,
    MarketingConsent Marketing, Guid? ImportId, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static ContactResponse Of(Contact c, IReadOnlyList<Suppression> suppressions) => new(
        c.Id, c.ExternalId, c.Phone, c.UserId, c.Name, c.Email, c.Language, c.Tags, c.Attributes, MarketingConsent.Of(c, suppressions), c.ImportId, c.CreatedAt, c.UpdatedAt);
}

/// <summary>What a contact said of marketing.</summary>
/// <param name="State">opted_in, opted_out or unknown.</param>
/// <param name="At">When.</param>
/// <param name="Source">How: stop_word, start_word, by_hand, api, import, preference, error_131050.</param>
/// <param name="Reason">In words, of an opt-out.</param>
/// <param name="By">Who wrote it down, where it was not the contact.</param>
/// <param name="OnlyByContact">Whether only the contact can undo it: they pressed Stop in WhatsApp.</param>
public sealed record MarketingConsent(OptInState State, DateTimeOffset? At, string? Source, string? Reason, string? By, bool OnlyByContact)
{
    internal static MarketingConsent Of(Contact contact, IReadOnlyList<Suppression> suppressions)
    {
        // Meta's list first: it is the one that nobody here can lift.
        if (suppressions.Where(s => s.Active).OrderByDescending(s => s.List == SuppressionList.Meta).ThenByDescending(s => s.At).FirstOrDefault() is { } no)
            return new(OptInState.OptedOut, no.At, no.Source, no.Reason, no.Actor, no.List == SuppressionList.Meta);
        return contact.OptedInAt is { } at
            ? new(OptInState.OptedIn, at, FilterNames.Of(contact.OptInSource!.Value), null, null, false) // the table's own check
            : new(OptInState.Unknown, null, null, null, null, false);
    }
}
