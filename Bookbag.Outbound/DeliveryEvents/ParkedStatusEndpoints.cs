using System.Buffers.Binary;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.DeliveryEvents;

/// <summary>A status whose message nobody here knows, or not yet.</summary>
/// <param name="Status">Meta's word: sent, delivered, read, failed.</param>
/// <param name="At">Meta's time.</param>
/// <param name="LookAt">When it is compared with the messages again.</param>
/// <param name="CallbackData">What was sent along with the message; not one of ours.</param>
public sealed record ParkedStatusResponse(
    string Wamid, string? Status, DateTimeOffset At, DateTimeOffset ReceivedAt, DateTimeOffset LookAt, string? CallbackData, string? Phone, string? UserId);

/// <summary>Statuses that no message was found for: another system sends from the same number, a database was restored, or Graph's answer is still on its way.</summary>
public static class ParkedStatusEndpoints
{
    /// <summary>Maps <c>/api/agents/{agentId}/outbound/parked-statuses</c>.</summary>
    public static void MapParkedStatuses(this IEndpointRouteBuilder app) =>
        app.MapGroup("/api/agents/{agentId:guid}/outbound/parked-statuses").WithTags("Campaigns").RequireAuthorization(Policies.Viewer).RequireKnownAgent()
            .MapGet("/", List).WithName("ListParkedStatuses").WithSummary("Statuses of messages that nobody here knows, the latest first")
            .WithDescription("They are compared with the messages again, ever more rarely, for seven days. Many of them mean that another system sends from the same number.");

    private static async Task<Ok<Page<ParkedStatusResponse>>> List(
        Guid agentId, Cursor? cursor, int? limit, PlatformDb platform, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        if (await platform.Channels.AsNoTracking().SingleOrDefaultAsync(c => c.AgentId == agentId, cancellationToken) is not { } channel)
            return TypedResults.Ok(new Page<ParkedStatusResponse>([], null));
        var size = Page.Size(limit);
        await using var command = dataSource.CreateCommand(DeliveryEventSql.Parked);
        command.Parameters.AddWithValue("channel", channel.Id);
        command.Value("before_at", NpgsqlDbType.TimestampTz, cursor?.At);
        command.Value("before_id", NpgsqlDbType.Bigint, cursor is { } end ? NumberOf(end.Id) : null);
        command.Parameters.AddWithValue("take", size + 1);
        var rows = new List<(ParkedStatusResponse Status, Cursor Place)>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var received = row.GetFieldValue<DateTimeOffset>(2);
            rows.Add((
                new ParkedStatusResponse(row.GetString(0), row.Text(4), row.GetFieldValue<DateTimeOffset>(1), received, row.GetFieldValue<DateTimeOffset>(3), row.Text(5), row.Text(6), row.Text(7)),
                new Cursor(received, IdOf(row.GetInt64(8)))));
        }

        var page = Page.Of(rows, size, r => r.Place);
        return TypedResults.Ok(new Page<ParkedStatusResponse>([.. page.Items.Select(r => r.Status)], page.Next));
    }

    // Cursors are of ids, and these rows are numbered.
    private static Guid IdOf(long number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return new Guid(bytes);
    }

    private static long NumberOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        return BinaryPrimitives.ReadInt64BigEndian(bytes);
    }
}
