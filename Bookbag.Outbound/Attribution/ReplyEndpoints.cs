using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.Sending;
using Bookbag.ServiceDefaults.Attribution;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Attribution;

/// <summary>A customer's message that answers a campaign, and why it counts as such.</summary>
/// <param name="MessageId">The message, in its conversation.</param>
/// <param name="Text">What it says; null where it is not kept any more, or says nothing in words.</param>
/// <param name="Rule">How it was linked: <c>quoted</c> and <c>button</c> are exact, <c>latest</c> is inferred.</param>
/// <param name="Exact">Whether the customer's phone said itself what the message answers.</param>
/// <param name="Late">Whether it came more than 72 hours after the campaign's message; only what is exact counts then.</param>
/// <param name="OptOut">Whether it is a STOP word; those are not counted as replies.</param>
/// <param name="SentAt">When the campaign's message was sent.</param>
/// <param name="Others">Other campaigns that it might have answered: those whose messages were not older than 72 hours either.</param>
public sealed record ReplyResponse(
    Guid MessageId, Guid ConversationId, Guid RecipientId, Guid? ContactId, string? Name, string? Phone, string? UserId, DateTimeOffset At, string? Type, string? Text, string Wamid,
    AttributionEvidence Rule, bool Exact, bool Late, bool OptOut, DateTimeOffset? SentAt, IReadOnlyList<OtherCampaign> Others);

/// <summary>Another campaign that a message might have answered.</summary>
/// <param name="At">When its message went to the customer.</param>
public sealed record OtherCampaign(Guid CampaignId, Guid RecipientId, DateTimeOffset At);

/// <summary>The replies of a campaign.</summary>
public static class ReplyEndpoints
{
    private const string Rows = """
        SELECT p.message_id, p.conversation_id, p.recipient_id, r.contact_id, k.name, r.customer, p.at, m.type, m.text, p.wamid, p.rule, p.late, p.opt_out, r.sent_at, p.others::text
        FROM outbound.replies p
        JOIN outbound.recipients r ON r.channel_id = p.channel_id AND r.id = p.recipient_id
        LEFT JOIN outbound.contacts k ON k.workspace_id = r.workspace_id AND k.agent_id = @agent AND k.id = r.contact_id
        LEFT JOIN inbound.customer_messages m ON m.channel_id = p.channel_id AND m.at = p.at AND m.id = p.message_id
        WHERE p.channel_id = @channel AND p.campaign_id = @campaign AND (@until IS NULL OR (p.at, p.message_id) < (@until, @until_id))
        ORDER BY p.at DESC, p.message_id DESC LIMIT @take
        """;

    internal static void MapReplies(this RouteGroupBuilder group)
    {
        group.MapGet("/{id:guid}/replies", List).WithName("ListCampaignReplies").WithSummary("What customers answered to a campaign, the newest first, with the evidence")
            .WithDescription("A customer who answers several times counts as replied once; all that they wrote is listed. STOP words are listed and counted apart.");
        group.MapGet("/{id:guid}/replies.csv", Export).WithName("ExportCampaignReplies").WithSummary("All replies as CSV");
    }

    private static async Task<Results<Ok<Page<ReplyResponse>>, ProblemHttpResult>> List(
        Guid agentId, Guid id, Cursor? cursor, int? limit, OutboundDb db, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        if (await CampaignEndpoints.FindAsync(db, agentId, id, cancellationToken) is not { } campaign)
            return CampaignEndpoints.NotFound();
        var size = Page.Size(limit);
        var rows = await ReadAsync(dataSource, campaign, cursor, size + 1, cancellationToken).ToListAsync(cancellationToken);
        return TypedResults.Ok(Page.Of(rows, size, CursorOf));
    }

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> Export(
        Guid agentId, Guid id, OutboundDb db, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        if (await CampaignEndpoints.FindAsync(db, agentId, id, cancellationToken) is not { } campaign)
            return CampaignEndpoints.NotFound();
        return TypedResults.Stream(async stream =>
        {
            await using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
            await writer.WriteLineAsync("at,contact_id,name,phone,user_id,text,rule,late,opt_out,sent_at,conversation_id,message_id");
            // A page at a time: no statement runs as long as a slow download does.
            const int PageSize = 5_000;
            for (Cursor? after = null; ;)
            {
                var count = 0;
                await foreach (var row in ReadAsync(dataSource, campaign, after, PageSize, cancellationToken))
                {
                    await writer.WriteLineAsync(LineOf(row));
                    (after, count) = (CursorOf(row), count + 1);
                }

                if (count < PageSize)
                    return;
            }
        }, "text/csv; charset=utf-8", $"replies-{id}.csv");
    }

    private static async IAsyncEnumerable<ReplyResponse> ReadAsync(
        NpgsqlDataSource dataSource, Campaign campaign, Cursor? after, int take, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(Rows);
        command.Parameters.AddWithValue("agent", campaign.AgentId);
        command.Parameters.AddWithValue("channel", campaign.ChannelId);
        command.Parameters.AddWithValue("campaign", campaign.Id);
        command.Value("until", NpgsqlDbType.TimestampTz, after?.At);
        command.Value("until_id", NpgsqlDbType.Uuid, after?.Id);
        command.Parameters.AddWithValue("take", take);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var address = ClaimedRecipient.AddressOf(row.GetString(5));
            var rule = EnumWords.TryParse<AttributionEvidence>(row.GetString(10), out var known) ? known : AttributionEvidence.Latest;
            yield return new ReplyResponse(
                row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), row.IsDBNull(3) ? null : row.GetGuid(3), row.Text(4), address.Phone, address.UserId, row.GetFieldValue<DateTimeOffset>(6),
                row.Text(7), row.Text(8), row.GetString(9), rule, rule != AttributionEvidence.Latest, row.GetBoolean(11), row.GetBoolean(12), row.Time(13),
                JsonSerializer.Deserialize<List<OtherCampaign>>(row.GetString(14), JsonSerializerOptions.Web) ?? []);
        }
    }

    private static Cursor CursorOf(ReplyResponse reply) => new(reply.At, reply.MessageId);

    private static string LineOf(ReplyResponse r) => string.Join(',',
    [
        Csv.Cell(r.At), Csv.Cell(r.ContactId?.ToString()), Csv.Cell(r.Name), Csv.Cell(r.Phone is null ? null : $"+{r.Phone}"), Csv.Cell(r.UserId), Csv.Cell(r.Text),
        EnumWords.Of(r.Rule), r.Late ? "true" : "false", r.OptOut ? "true" : "false", Csv.Cell(r.SentAt), r.ConversationId.ToString(), r.MessageId.ToString(),
    ]);
}
