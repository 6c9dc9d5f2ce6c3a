using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bookbag.Outbound.Contacts;

/// <summary>The contacts of an agent as other programs already know them: <c>/api/v1</c>, in snake_case, by external id.</summary>
public static class ChatbotContactEndpoints
{
    private const int MostUsers = 1_000;
    private const int LargestBody = 16 * 1024 * 1024;

    /// <summary>Maps <c>/api/v1/chatbots/{agentId}/contacts</c>.</summary>
    public static void MapChatbotContacts(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/chatbots/{agentId:guid}/contacts").WithTags("Contacts v1").RequireKnownAgent().RequireAuthorization(Policies.Viewer);
        group.MapPost("", Upsert).RequireAuthorization(Policies.Editor).WithMetadata(new RequestSizeLimitAttribute(LargestBody)).WithName("UpsertChatbotContacts").RecordsNothing()
            .WithSummary("Creates or updates up to 1,000 contacts by external id").WithDescription("Each row has its own result; one that is refused does not keep the others out.");
        group.MapGet("", List).WithName("ListChatbotContacts").WithSummary("Lists an agent's contacts, the newest first");
        group.MapGet("/{externalId}", Get).WithName("GetChatbotContact").WithSummary("Shows a contact by its external id, or by its id here");
    }

    private static async Task<Results<Ok<ChatbotUpserted>, ProblemHttpResult>> Upsert(
        Guid agentId, ChatbotUsers request, Caller caller, NpgsqlDataSource dataSource, PlatformDb platform, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (request.Users is not { Count: > 0 and <= MostUsers } users)
            return Refusal.Invalid("users_count", $"Send 1 to {MostUsers:N0} users in one call.");

        var now = clock.GetUtcNow();
        var results = new ChatbotResult[users.Count];
        var region = await platform.RegionOfAsync(agentId, cancellationToken);
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var catalog = await AttributeCatalog.LoadAsync(connection, caller.WorkspaceId, agentId, cancellationToken);
        var batch = new ContactBatch(ContactKey.ExternalId);
        for (var i = 0; i < users.Count; i++)
        {
            if (Add(batch, users[i], i, region, catalog) is { } problem)
                results[i] = ChatbotResult.Failed(users[i]?.ExternalId, problem.Code, problem.Message);
        }

        await catalog.SaveAsync(connection, caller.WorkspaceId, agentId, now, cancellationToken);
        var target = new MergeTarget(caller.WorkspaceId, agentId, ContactKey.ExternalId, SuppressionSources.Api, caller.Name);
        var externalIds = batch.Rows.ToDictionary(row => row.Number, row => row.ExternalId!);
        var merged = (await ContactMerge.ApplyAsync(connection, target, batch.Rows, now, cancellationToken)).ToDictionary(row => externalIds[row.Number], StringComparer.Ordinal);
        await transaction.CommitAsync(cancellationToken);

        for (var i = 0; i < users.Count; i++)
            results[i] ??= ChatbotResult.Of(users[i].ExternalId!.Trim(), merged[users[i].ExternalId!.Trim()]);
        var failed = results.Count(r => r.Error is not null);
        return TypedResults.Ok(new ChatbotUpserted(
            string.Create(CultureInfo.InvariantCulture, $"{results.Length - failed} of {results.Length} contacts saved{(failed > 0 ? $", {failed} refused" : "")}."), results));
    }

    private static RowProblem? Add(ContactBatch batch, ChatbotUser? user, int place, string? region, AttributeCatalog catalog)
    {
        if (user is null || string.IsNullOrWhiteSpace(user.ExternalId))
            return new RowProblem(place, "external_id_missing", "The user has no external_id.");
        var (row, problem) = ContactReader.Read(
            place, new ContactRequest(user.PhoneNumber, user.UserId, user.ExternalId, user.Name, user.Email, user.Language, user.Tags, user.CustomAttributes, user.OptedIn), region, catalog);
        return row is null ? problem : batch.Add(row);
    }

    private static async Task<Results<Ok<ChatbotPage>, ProblemHttpResult>> List(
        Guid agentId, Cursor? cursor, int? limit, Caller caller, Audience audience, CancellationToken cancellationToken)
    {
        var size = Page.Size(limit);
        var contacts = await audience.ListAsync(caller.WorkspaceId, agentId, ContactFilter.Everybody, null, cursor?.Id, size + 1, cancellationToken);
        var page = Page.Of(await audience.DescribeAsync(contacts, cancellationToken), size, c => new Cursor(c.CreatedAt, c.Id));
        return TypedResults.Ok(new ChatbotPage([.. page.Items.Select(ChatbotContact.Of)], page.Next));
    }

    private static async Task<Results<Ok<ChatbotContact>, ProblemHttpResult>> Get(
        Guid agentId, string externalId, OutboundDb db, Audience audience, CancellationToken cancellationToken)
    {
        var contacts = db.Set<Contact>().AsNoTracking().Where(c => c.AgentId == agentId);
        var contact = await contacts.SingleOrDefaultAsync(c => c.ExternalId == externalId, cancellationToken)
            ?? (Guid.TryParse(externalId, out var id) ? await contacts.SingleOrDefaultAsync(c => c.Id == id, cancellationToken) : null);
        return contact is null
            ? Refusal.NotFound("contact_not_found", "The agent has no such contact.")
            : TypedResults.Ok(ChatbotContact.Of(await audience.DescribeAsync(contact, cancellationToken)));
    }
}

/// <summary>Contacts to create or update.</summary>
public sealed record ChatbotUsers([property: JsonPropertyName("users"), Required] IReadOnlyList<ChatbotUser>? Users);

/// <summary>A contact as other programs describe it; what is left out stays as it is.</summary>
public sealed record ChatbotUser
{
    /// <summary>Your own id of the person.</summary>
    [JsonPropertyName("external_id")]
    public string? ExternalId { get; init; }

    [JsonPropertyName("name")]
    public string? Name { get; init; }

    [JsonPropertyName("email")]
    public string? Email { get; init; }

    /// <summary>As people write it; without a country code it is one of the agent's own region.</summary>
    [JsonPropertyName("phonenumber")]
    public string? PhoneNumber { get; init; }

    /// <summary>WhatsApp's business-scoped user id.</summary>
    [JsonPropertyName("user_id")]
    public string? UserId { get; init; }

    [JsonPropertyName("language")]
    public string? Language { get; init; }

    /// <summary>Added to those the contact has.</summary>
    [JsonPropertyName("tags")]
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Added to those the contact has; null takes one away.</summary>
    [JsonPropertyName("custom_attributes")]
    public IReadOnlyDictionary<string, JsonElement>? CustomAttributes { get; init; }

    /// <summary>Whether the person agreed to marketing.</summary>
    [JsonPropertyName("opted_in")]
    public bool? OptedIn { get; init; }
}

/// <summary>What became of an upsert.</summary>
/// <param name="Message">In words.</param>
/// <param name="Data">Of each user, in the order of the call.</param>
public sealed record ChatbotUpserted(string Message, IReadOnlyList<ChatbotResult> Data);

/// <summary>What became of one user.</summary>
/// <param name="Status">created, updated or failed.</param>
public sealed record ChatbotResult(
    [property: JsonPropertyName("external_id")] string? ExternalId, string Status, Guid? Id, ChatbotError? Error)
{
    internal static ChatbotResult Failed(string? externalId, string code, string message) => new(externalId, "failed", null, new ChatbotError(code, message));

    internal static ChatbotResult Of(string externalId, MergedRow row) => row.Outcome switch
    {
        MergeOutcome.Created => new(externalId, "created", row.ContactId, null),
        MergeOutcome.Refused => Failed(externalId, "phone_taken", $"The phone number or user id belongs to another contact, {row.InTheWay}."),
        _ => new(externalId, "updated", row.ContactId, null),
    };
}

/// <summary>Why a user was refused.</summary>
public sealed record ChatbotError(string Code, string Message);

/// <summary>A page of contacts.</summary>
/// <param name="Next">What to send as <c>cursor</c> for those that follow; null at the end.</param>
public sealed record ChatbotPage(IReadOnlyList<ChatbotContact> Data, string? Next);

/// <summary>A contact as other programs already know it.</summary>
public sealed record ChatbotContact(
    Guid Id,
    [property: JsonPropertyName("external_id")] string? ExternalId,
    string? Name,
    string? Email,
    [property: JsonPropertyName("phonenumber")] string? PhoneNumber,
    [property: JsonPropertyName("user_id")] string? UserId,
    string? Language,
    IReadOnlyList<string> Tags,
    [property: JsonPropertyName("custom_attributes")] JsonElement CustomAttributes,
    MarketingConsent Marketing,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("updated_at")] DateTimeOffset UpdatedAt)
{
    internal static ChatbotContact Of(ContactResponse c) =>
        new(c.Id, c.ExternalId, c.Name, c.Email, c.Phone, c.UserId, c.Language, c.Tags, c.Attributes, c.Marketing, c.CreatedAt, c.UpdatedAt);
}
