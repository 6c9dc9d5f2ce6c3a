using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using Bookbag.Outbound.Sending;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Campaigns;

/// <summary>A recipient as the API shows it.</summary>
/// <param name="Bucket">Where it is in the funnel.</param>
/// <param name="DueAt">When it is tried, or tried again.</param>
public sealed record RecipientResponse(
    Guid Id, int Position, Guid? ContactId, string? Name, string? Phone, string? UserId, string Bucket, int Attempts, DateTimeOffset? DueAt, DateTimeOffset? SentAt,
    DateTimeOffset? DeliveredAt, DateTimeOffset? ReadAt, DateTimeOffset? RepliedAt, DateTimeOffset? EndedAt, string? Wamid, RecipientReasonResponse? Reason);

/// <summary>Why a recipient got nothing, or not yet.</summary>
public sealed record RecipientReasonResponse(string Code, string Text);

/// <summary>A person's decision about messages of unknown outcome.</summary>
/// <param name="Ids">The recipients.</param>
/// <param name="Decision">assume_sent or send_again.</param>
public sealed record ResolveRequest([property: Required, MinLength(1), MaxLength(1_000)] IReadOnlyList<Guid> Ids, ResolveDecision Decision);

/// <summary>What a person decides about a message of unknown outcome.</summary>
public enum ResolveDecision
{
    /// <summary>It arrived.</summary>
    AssumeSent,

    /// <summary>It is sent once more, and may arrive twice.</summary>
    SendAgain,
}

/// <summary>The recipients of a campaign, one by one.</summary>
public static class RecipientEndpoints
{
    // First the page, then who they are, one by one: joined as a whole, the planner may read all of a million contacts for every page.
    private static string RowsOf(string which) => $"""
        SELECT r.id, r.position, r.contact_id, c.name, r.customer, {FunnelSql.Bucket} AS bucket, r.attempts, r.due_at, r.sent_at, r.delivered_at, r.read_at, r.replied_at,
               r.ended_at, r.wamid, r.reason, r.error_code, r.detail
        FROM (SELECT * FROM outbound.recipients r WHERE {RecipientId.InRangeSql}{which} ORDER BY r.id LIMIT @take) AS r
        LEFT JOIN LATERAL (SELECT name FROM outbound.contacts WHERE workspace_id = r.workspace_id AND agent_id = @agent AND id = r.contact_id LIMIT 1) AS c ON true
        ORDER BY r.id
        """;

    internal static void MapRecipients(this RouteGroupBuilder group)
    {
        group.MapGet("/{id:guid}/recipients", List).WithName("ListCampaignRecipients").WithSummary("The recipients, in their order, with what became of each and why")
            .WithDescription("bucket is one of the funnel's; unresolved also finds those whose outcome stayed unknown, about whom a person can decide.");
        group.MapGet("/{id:guid}/recipients.csv", Export).WithName("ExportCampaignRecipients").WithSummary("All recipients as CSV");
        group.MapPost("/{id:guid}/recipients/resolve", Resolve).RequireAuthorization(Policies.Editor).WithName("ResolveCampaignRecipients").Records("campaign.unresolved_decided")
            .WithSummary("Decides about messages of unknown outcome: assume that they were sent, or send again");
    }

    /// <summary>How many recipients a decision was about that could still be decided.</summary>
    public sealed record ResolveResponse(int Resolved);

    private static async Task<Results<Ok<Page<RecipientResponse>>, ProblemHttpResult>> List(
        Guid agentId, Guid id, string? bucket, string? cursor, int? limit, OutboundDb db, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        if (await CampaignEndpoints.FindAsync(db, agentId, id, cancellationToken) is not { } campaign)
            return CampaignEndpoints.NotFound();
        if (!TryReadPosition(cursor, out var after))
            return Refusal.Invalid("cursor_invalid", "The cursor is not one that a page of this list ended with.");
        var size = Page.Size(limit);
        var rows = await ReadAsync(dataSource, campaign, bucket, after, size + 1, cancellationToken).ToListAsync(cancellationToken);
        return TypedResults.Ok(rows.Count > size
            ? new Page<RecipientResponse>([.. rows.Take(size)], rows[size - 1].Position.ToString(CultureInfo.InvariantCulture))
            : new Page<RecipientResponse>(rows, null));
    }

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> Export(
        Guid agentId, Guid id, string? bucket, OutboundDb db, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        if (await CampaignEndpoints.FindAsync(db, agentId, id, cancellationToken) is not { } campaign)
            return CampaignEndpoints.NotFound();
        return TypedResults.Stream(async stream =>
        {
            await using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
            await writer.WriteLineAsync("position,contact_id,name,phone,user_id,bucket,sent_at,delivered_at,read_at,replied_at,reason_code,reason");
            // A page at a time: no statement runs as long as a slow download does.
            const int PageSize = 5_000;
            for (long after = 0; ;)
            {
                var count = 0;
                await foreach (var row in ReadAsync(dataSource, campaign, bucket, after, PageSize, cancellationToken))
                {
                    await writer.WriteLineAsync(LineOf(row));
                    (after, count) = (row.Position, count + 1);
                }

                if (count < PageSize)
                    return;
            }
        }, "text/csv; charset=utf-8", $"campaign-{id}.csv");
    }

    private static async Task<Results<Ok<ResolveResponse>, ProblemHttpResult>> Resolve(
        Guid agentId, Guid id, ResolveRequest request, OutboundDb db, CampaignDesk desk, NpgsqlDataSource dataSource, ActivitySubject subject, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (await CampaignEndpoints.FindAsync(db, agentId, id, cancellationToken) is not { } campaign)
            return CampaignEndpoints.NotFound();
        if (request.Decision == ResolveDecision.SendAgain && campaign.State is CampaignState.Cancelled or CampaignState.Failed)
            return Refusal.Conflict("campaign_over", "The campaign was ended: nothing of it can be sent again.");
        await using var command = dataSource.CreateCommand(request.Decision == ResolveDecision.AssumeSent ? RecipientSql.AssumeSent : RecipientSql.SendAgain);
        command.Parameters.AddWithValue("channel", campaign.ChannelId);
        command.Parameters.AddWithValue("campaign", id);
        command.Parameters.AddWithValue("ids", request.Ids.ToArray());
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        var resolved = await command.ExecuteNonQueryAsync(cancellationToken);
        if (request.Decision == ResolveDecision.SendAgain && resolved > 0)
        {
            await desk.States.ReopenAsync(campaign.ChannelId, id, cancellationToken);
            desk.Wake();
        }

        subject.Is($"{campaign.Name}, {resolved} {EnumWords.Of(request.Decision)}");
        return TypedResults.Ok(new ResolveResponse(resolved));
    }

    private static async IAsyncEnumerable<RecipientResponse> ReadAsync(
        NpgsqlDataSource dataSource, Campaign campaign, string? bucket, long after, int take, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Those of a bucket with few in it are found by the index on what ended.
        var which = bucket switch
        {
            null => "",
            "unresolved" => " AND r.state IN ('failed', 'skipped', 'unresolved') AND (r.state = 'unresolved' OR r.reason = 'outcome_unknown')",
            "failed" or "skipped" => $" AND r.state IN ('failed', 'skipped', 'unresolved') AND {FunnelSql.Bucket} = @bucket",
            _ => $" AND {FunnelSql.Bucket} = @bucket",
        };
        await using var command = dataSource.CreateCommand(RowsOf(which));
        command.Parameters.AddWithValue("agent", campaign.AgentId);
        command.Parameters.AddWithValue("channel", campaign.ChannelId);
        command.Parameters.AddWithValue("campaign", campaign.Id);
        command.Parameters.AddWithValue("first", RecipientId.Of(campaign.Id, after + 1));
        command.Parameters.AddWithValue("last", RecipientId.RangeOf(campaign.Id).Last);
        command.Value("bucket", NpgsqlDbType.Text, bucket);
        command.Parameters.AddWithValue("take", take);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var address = row.Text(4) is { } customer ? ClaimedRecipient.AddressOf(customer) : default;
            int? code = row.IsDBNull(15) ? null : row.GetInt32(15);
            yield return new RecipientResponse(
                row.GetGuid(0), row.GetInt32(1), row.IsDBNull(2) ? null : row.GetGuid(2), row.Text(3), address.Phone, address.UserId, row.GetString(5), row.GetInt16(6), row.Time(7),
                row.Time(8), row.Time(9), row.Time(10), row.Time(11), row.Time(12), row.Text(13),
                row.Text(14) is { } reason ? new RecipientReasonResponse(RecipientReasons.Code(reason, code), RecipientReasons.Words(reason, code, row.Text(16))) : null);
        }
    }

    private static bool TryReadPosition(string? cursor, out long position)
    {
        position = 0;
        return cursor is null || long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out position) && position <= int.MaxValue;
    }

    private static string LineOf(RecipientResponse r) => string.Join(',',
    [
        r.Position.ToString(CultureInfo.InvariantCulture), Csv.Cell(r.ContactId?.ToString()), Csv.Cell(r.Name), Csv.Cell(r.Phone is null ? null : $"+{r.Phone}"), Csv.Cell(r.UserId), r.Bucket,
        Csv.Cell(r.SentAt), Csv.Cell(r.DeliveredAt), Csv.Cell(r.ReadAt), Csv.Cell(r.RepliedAt), Csv.Cell(r.Reason?.Code), Csv.Cell(r.Reason?.Text),
    ]);
}
