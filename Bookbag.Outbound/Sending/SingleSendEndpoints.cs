using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text.Json;
using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.Contacts;
using Bookbag.Outbound.Templates;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Sending;

/// <summary>A template to one person.</summary>
/// <param name="To">A phone number with its country code, or a business-scoped user id. Or give <paramref name="ContactId"/>.</param>
/// <param name="ContactId">A contact, in the place of <paramref name="To"/>.</param>
/// <param name="Variables">A value for each of the template's variables.</param>
/// <param name="ValidForMinutes">What cannot be sent by then is not sent: there may be no place in the messaging limit. Default: an hour.</param>
/// <param name="ConversationId">The conversation in which a person wrote it: it is shown there as theirs.</param>
public sealed record SingleSendRequest(
    Guid TemplateId, [property: StringLength(150)] string? To = null, Guid? ContactId = null, IReadOnlyDictionary<string, string>? Variables = null,
    [property: Range(1, 1_440)] int ValidForMinutes = 60, Guid? ConversationId = null);

/// <summary>A single send, and what became of it.</summary>
/// <param name="Status">pending, sending, sent, delivered, read, replied, skipped, limited, failed, unresolved.</param>
public sealed record SingleSendResponse(
    Guid Id, Guid TemplateId, string? Phone, string? UserId, string Status, DateTimeOffset CreatedAt, DateTimeOffset NotAfter, DateTimeOffset? SentAt, DateTimeOffset? DeliveredAt,
    DateTimeOffset? ReadAt, string? Wamid, RecipientReasonResponse? Reason);

/// <summary>Templates sent one by one, by programs: order updates and the like. They go the way of a campaign's recipients, before them.</summary>
public static class SingleSendEndpoints
{
    private const string Insert = """
        WITH send AS (
            INSERT INTO outbound.single_sends (workspace_id, channel_id, agent_id, id, template_id, conversation_id, not_after, idempotency_key, request_hash, created_at)
            VALUES (@workspace, @channel, @agent, @id, @template, @conversation, @not_after, @key, @hash, @now)
            ON CONFLICT ON CONSTRAINT single_sends_once DO NOTHING
            RETURNING id)
        INSERT INTO outbound.recipients (workspace_id, channel_id, id, position, contact_id, customer, parameters, state, due_at)
        SELECT @workspace, @channel, send.id, 0, @contact, @customer, @parameters, 'pending', @now FROM send
        """;

    private const string Find = $"""
        SELECT s.id, s.template_id, r.customer, {FunnelSql.Bucket}, s.created_at, s.not_after, r.sent_at, r.delivered_at, r.read_at, r.wamid, r.reason, r.error_code, r.detail,
               s.request_hash, s.agent_id
        FROM outbound.single_sends s JOIN outbound.recipients r ON r.channel_id = s.channel_id AND r.id = s.id
        WHERE s.workspace_id = @workspace AND
        """;

    /// <summary>Maps <c>/api/agents/{agentId}/outbound/messages</c>.</summary>
    public static void MapSingleSends(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/agents/{agentId:guid}/outbound/messages").WithTags("Single sends").RequireAuthorization(Policies.Viewer).RequireKnownAgent();
        group.MapPost("/", Send).RequireAuthorization(Policies.Editor).WithName("SendTemplate").RecordsNothing().WithSummary("Sends an approved template to one person")
            .WithDescription("Sent after the answer: its status tells what became of it. With an Idempotency-Key the same request may be made any number of times and is sent once.");
        group.MapGet("/{id:guid}", Get).WithName("GetSingleSend").WithSummary("What became of a single send");
    }

    private static async Task<Results<Accepted<SingleSendResponse>, ProblemHttpResult>> Send(
        Guid agentId, SingleSendRequest request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, Caller caller, OutboundDb db, PlatformDb platform,
        NpgsqlDataSource dataSource, WakeUps wakeUps, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (idempotencyKey is { Length: 0 or > 255 })
            return Refusal.Invalid("idempotency_key_invalid", "The Idempotency-Key must have 1 to 255 characters.");
        var hash = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new { agentId, request }));
        if (idempotencyKey is not null && await FindAsync(dataSource, caller.WorkspaceId, "s.idempotency_key = @value", idempotencyKey, cancellationToken) is { } before)
            return Repeat(agentId, before.Response, before.Hash.AsSpan().SequenceEqual(hash));

        if (await platform.Channels.AsNoTracking().SingleOrDefaultAsync(c => c.AgentId == agentId, cancellationToken) is not { } channel)
            return Refusal.Conflict("channel_not_connected", "This agent has no WhatsApp number yet. Connect one on its Deploy tab first.");
        if (await CampaignEndpoints.FindTemplateAsync(db, agentId, request.TemplateId, cancellationToken) is not { } template)
            return Refusal.Invalid("template_not_found", "templateId: this agent has no such template.");
        if (!template.IsSendable)
            return Refusal.Conflict("template_not_approved", "The template is not approved by Meta. Only approved templates can be sent.");
        var built = TemplateMessage.Build(TemplateDefinition.Of(template), request.Variables ?? new Dictionary<string, string>());
        if (!built.IsSendable)
            return Refusal.Invalid("variables_invalid", string.Join(" ", built.Problems.Select(problem => problem.Message)));
        var (address, refused) = await AddressOfAsync(agentId, request, db, cancellationToken);
        if (address is null)
            return refused!;

        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await using var command = dataSource.CreateCommand(Insert);
        command.Parameters.AddWithValue("workspace", caller.WorkspaceId);
        command.Parameters.AddWithValue("channel", channel.Id);
        command.Parameters.AddWithValue("agent", agentId);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("template", template.Id);
        command.Value("conversation", NpgsqlDbType.Uuid, request.ConversationId);
        command.Parameters.AddWithValue("not_after", now.AddMinutes(request.ValidForMinutes));
        command.Value("key", NpgsqlDbType.Text, idempotencyKey);
        command.Parameters.AddWithValue("hash", hash);
        command.Value("contact", NpgsqlDbType.Uuid, request.ContactId);
        command.Parameters.AddWithValue("customer", address);
        command.Value("parameters", NpgsqlDbType.Jsonb, JsonSerializer.Serialize(request.Variables ?? new Dictionary<string, string>()));
        command.Parameters.AddWithValue("now", now);
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            var faster = (await FindAsync(dataSource, caller.WorkspaceId, "s.idempotency_key = @value", idempotencyKey!, cancellationToken))!; // it has the key
            return Repeat(agentId, faster.Response, faster.Hash.AsSpan().SequenceEqual(hash));
        }

        wakeUps.Signal(RecipientSender.Topic);
        var sent = (await FindAsync(dataSource, caller.WorkspaceId, "s.id = @value", id, cancellationToken))!; // inserted above
        return TypedResults.Accepted($"/api/agents/{agentId}/outbound/messages/{id}", sent.Response);
    }

    private static async Task<Results<Ok<SingleSendResponse>, ProblemHttpResult>> Get(
        Guid agentId, Guid id, Caller caller, NpgsqlDataSource dataSource, CancellationToken cancellationToken) =>
        await FindAsync(dataSource, caller.WorkspaceId, "s.id = @value", id, cancellationToken) is { } found && found.AgentId == agentId
            ? TypedResults.Ok(found.Response)
            : Refusal.NotFound("message_not_found", "There is no such single send.");

    private static async Task<(string? Address, ProblemHttpResult? Refused)> AddressOfAsync(Guid agentId, SingleSendRequest request, OutboundDb db, CancellationToken cancellationToken)
    {
        var address = CustomerAddress.Parse(request.To);
        if (request.ContactId is { } contactId)
        {
            if (request.To is not null)
                return (null, Refusal.Invalid("recipient_invalid", "Give to or contactId, not both."));
            if (await db.Set<Contact>().AsNoTracking().SingleOrDefaultAsync(c => c.AgentId == agentId && c.Id == contactId, cancellationToken) is not { } contact)
                return (null, Refusal.Invalid("contact_not_found", "contactId: this agent has no such contact."));
            address = contact.Address;
        }

        return address switch
        {
            { Phone: { Length: >= 5 and <= 15 } phone } when phone.All(char.IsAsciiDigit) => ($"p:{phone}", null),
            { Phone: null, UserId: { } userId } => ($"u:{userId}", null),
            _ => (null, Refusal.Invalid("recipient_invalid", "to: write a phone number with its country code, such as +4915112345678.")),
        };
    }

    private static Results<Accepted<SingleSendResponse>, ProblemHttpResult> Repeat(Guid agentId, SingleSendResponse before, bool same) =>
        same
            ? TypedResults.Accepted($"/api/agents/{agentId}/outbound/messages/{before.Id}", before)
            : Refusal.Problem(StatusCodes.Status422UnprocessableEntity, "idempotency_key_reused", "This Idempotency-Key was used for another message: take a new one.");

    private static async Task<Found?> FindAsync(NpgsqlDataSource dataSource, Guid workspaceId, string by, object value, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"{Find} {by}");
        command.Parameters.AddWithValue("workspace", workspaceId);
        command.Parameters.AddWithValue("value", value);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
            return null;
        var address = ClaimedRecipient.AddressOf(row.GetString(2));
        int? code = row.IsDBNull(11) ? null : row.GetInt32(11);
        var reason = row.Text(10) is { } text ? new RecipientReasonResponse(RecipientReasons.Code(text, code), RecipientReasons.Words(text, code, row.Text(12))) : null;
        return new Found(
            new SingleSendResponse(
                row.GetGuid(0), row.GetGuid(1), address.Phone, address.UserId, row.GetString(3), row.GetFieldValue<DateTimeOffset>(4), row.GetFieldValue<DateTimeOffset>(5),
                row.Time(6), row.Time(7), row.Time(8), row.Text(9), reason),
            row.GetFieldValue<byte[]>(13), row.GetGuid(14));
    }

    private sealed record Found(SingleSendResponse Response, byte[] Hash, Guid AgentId);
}
