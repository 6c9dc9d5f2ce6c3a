using System.Text.Json;
using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Attribution;
using Bookbag.Inbound.Gaps;
using Bookbag.Inbound.HelpDesk;
using Bookbag.Inbound.Live;
using Bookbag.Inbound.Media;
using Bookbag.Inbound.OutgoingWebhooks;
using Bookbag.ServiceDefaults.Attribution;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Conversations;

/// <summary>The conversations that have something to do, as Postgres holds them. Every call is one round trip.</summary>
internal sealed class TurnQueue(NpgsqlDataSource dataSource, WakeUps wakeUps, TimeProvider clock, IOptions<TurnOptions> options, IOptions<GraphOptions> graph)
{
    private readonly TurnOptions _options = options.Value;

    // A call that may still be in flight is neither lost nor settled: whoever looks earlier would send it again beside it.
    private readonly TimeSpan _call = graph.Value.SendTimeout + TimeSpan.FromSeconds(5);

    private TimeSpan CallAndLease => _options.Lease > _call ? _options.Lease : _call;

    private TimeSpan CallAndSettle => _options.SettleAfter > _call ? _options.SettleAfter : _call;

    /// <summary>Takes up to so many conversations, and tells when the next one that is not due yet will be.</summary>
    public async Task<(IReadOnlyList<TurnClaim> Claims, DateTimeOffset? NextDueAt)> ClaimAsync(int most, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var lease = Guid.CreateVersion7(now);
        await using var batch = dataSource.CreateBatch();
        batch.Add(TurnSql.Claim, ("now", now), ("batch", most), ("lease", lease), ("lease_until", now + _options.Lease));
        batch.Add(TurnSql.NextDue, ("now", now));

        var claims = new List<TurnClaim>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            claims.Add(new TurnClaim(reader.GetGuid(0), reader.GetGuid(1), lease,
                reader.GetFieldValue<DateTimeOffset>(2), reader.IsDBNull(3) ? null : reader.GetString(3)));
        }

        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (claims, reader.Instant(0));
    }

    /// <summary>The conversation as it is now; null when it was lost.</summary>
    public async Task<TurnState?> LoadAsync(TurnClaim claim, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(TurnSql.LoadConversation, Of(claim));
        batch.Add(TurnSql.LoadMessages, ("channel", claim.ChannelId), ("conversation", claim.ConversationId), ("history", _options.HistoryMessages));
        batch.Add(MediaSql.OfTurn, ("channel", claim.ChannelId), ("conversation", claim.ConversationId));
        batch.Add(TemplateMessageSql.OfConversation, ("channel", claim.ChannelId), ("conversation", claim.ConversationId));

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return null;
        var turn = new TurnState
        {
            WorkspaceId = reader.GetGuid(0),
            AgentId = reader.GetGuid(1),
            Mode = reader.GetString(2) == "ai" ? ConversationMode.Ai : ConversationMode.Human,
            Epoch = reader.GetInt64(3),
            Customer = new CustomerAddress(reader.Text(4), reader.Text(5)),
            Window = new CustomerServiceWindow(reader.Instant(6), reader.Instant(7)),
            UnansweredSince = reader.Instant(8),
            Attempts = reader.GetInt32(9),
            HandedBackAt = reader.Instant(10),
            Pending = [],
            Awaiting = [],
            History = [],
        };

        var pending = new List<PendingReply>();
        var awaiting = new List<SaidMessage>();
        var history = new List<SaidMessage>();
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            switch (reader.GetString(0))
            {
                case "sending":
                    pending.Add(ReadPending(reader));
                    break;
                case "awaiting":
                    awaiting.Add(ReadSaid(reader));
                    break;
                default:
                    history.Add(ReadSaid(reader));
                    break;
            }
        }

        var files = new Dictionary<Guid, TurnFile>();
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            files[reader.GetGuid(0)] = ReadFile(reader);

        var templates = new List<TemplateMessage>();
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            templates.Add(TemplateMessage.Read(reader));

        return turn with
        {
            Templates = templates,
            Pending = [.. pending.Select(reply => reply with { File = files.GetValueOrDefault(reply.Id) })],
            Awaiting = [.. awaiting.Select(said => said with { File = files.GetValueOrDefault(said.Id) })],
            History = CampaignReplies.Merge(history, templates, _options.HistoryMessages),
        };
    }

    /// <summary>Keeps the conversation a while longer; false when it was lost, or when what is being made of it is stale.</summary>
    public async Task<bool> RenewAsync(TurnClaim claim, long epoch, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(TurnSql.Renew, [.. Of(claim), ("epoch", epoch), ("lease_until", clock.GetUtcNow() + _options.Lease)]);
        return await batch.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Commits an answer as replies to be sent, the first as handed to Graph. None when the answer came too late: the lease is lost or the epoch moved.</summary>
    public async Task<IReadOnlyList<PendingReply>> CommitAsync(TurnClaim claim, TurnState turn, Answer answer, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var texts = MessageText.Split(answer.Text);
        var ids = texts.Select(_ => Guid.CreateVersion7(now)).ToArray();
        var handOver = answer.Outcome == AnswerOutcome.Handoff;

        await using var batch = dataSource.CreateBatch();
        batch.Add(TurnSql.CommitAnswer, [.. Of(claim), ("epoch", turn.Epoch), ("now", now), ("settle_at", now + CallAndSettle),
            ("lease_until", now + CallAndLease), ("hand_over", handOver), ("ids", ids), ("texts", texts.ToArray()),
            ("outcome", answer.Outcome.Word()), ("why", answer.Why), ("score", (float)answer.Score)]);
        batch.BatchCommands[^1].Parameters.Add(new NpgsqlParameter("citations", NpgsqlDbType.Jsonb) { Value = JsonSerializer.Serialize(answer.Citations, JsonSerializerOptions.Web) });
        // What follows is of the first reply: where the answer came too late and there is none, there is nothing to tell either.
        if (handOver)
            batch.LetTicketsFollow([new(claim.ChannelId, claim.ConversationId, TicketFact.Mode, answer.Cause)], null, null, now);
        if (answer.Gap is { } question)
            batch.Add(GapSql.Ask, [.. Of(claim), ("reply", ids[0]), ("id", Guid.CreateVersion7(now)), ("text", question), ("score", (float)answer.Score), ("now", now)]);
        batch.TellLive(claim.ChannelId, claim.ConversationId, now, ids, conversation: true);

        var times = new Dictionary<Guid, DateTimeOffset>();
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                times[reader.GetGuid(0)] = reader.GetFieldValue<DateTimeOffset>(1);
            while (await reader.NextResultAsync(cancellationToken))
            {
            }
        }

        if (handOver)
            wakeUps.SignalTickets();
        else
            wakeUps.Signal(LiveFeed.Topic);
        if (answer.Gap is not null)
            wakeUps.Signal(GapGrouper.Topic);
        return times.Count == 0 ? [] : [.. ids.Zip(texts, (id, text) => new PendingReply
        {
            Id = id,
            At = times[id],
            Text = text,
            IsHandoff = handOver,
            Begun = id == ids[0],
            Attempts = id == ids[0] ? 1 : 0,
            Unconfirmed = id == ids[0] ? 1 : 0,
            DueAt = now,
        })];
    }

    /// <summary>Lets the conversation go with the customer's messages deliberately left unanswered. False when that came too late.</summary>
    public async Task<bool> LeaveUnansweredAsync(TurnClaim claim, TurnState turn, string why, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var batch = dataSource.CreateBatch();
        var left = Guid.CreateVersion7(now);
        batch.Add(TurnSql.LeaveUnanswered, [.. Of(claim), ("epoch", turn.Epoch), ("now", now), ("id", left), ("why", why)]);
        batch.TellLive(claim.ChannelId, claim.ConversationId, now, [left], conversation: true);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        wakeUps.Signal(LiveFeed.Topic);
        return batch.BatchCommands[0].RecordsAffected > 0;
    }

    /// <summary>Lets the conversation go after an answer could not be made, to be tried again.</summary>
    public async Task AnswerFailedAsync(TurnClaim claim, TurnState turn, DateTimeOffset dueAt, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(TurnSql.AnswerFailed, [.. Of(claim), ("epoch", turn.Epoch), ("due", dueAt)]);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Lets the conversation go, due again when something happens or at a given time.</summary>
    public async Task ReleaseAsync(TurnClaim claim, long epoch, DateTimeOffset? dueAt, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        AddRelease(batch, claim, epoch, dueAt);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether webhooks that came until then are still to be applied: one of them may tell what became of a reply.</summary>
    public async Task<bool> IsLogBehindAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(TurnSql.IsLogBehind, ("until", until), ("now", clock.GetUtcNow()));
        return await batch.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Writes down that a reply is handed to Graph, before it is. False when it must not be: the lease is lost, or it was settled meanwhile.</summary>
    public async Task<bool> BeginSendAsync(TurnClaim claim, long epoch, PendingReply reply, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var batch = dataSource.CreateBatch();
        batch.Add(TurnSql.BeginSend, [.. Of(claim), .. Of(reply), ("epoch", epoch), ("settle_at", now + CallAndSettle), ("lease_until", now + CallAndLease)]);
        return await batch.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Writes down what became of a reply, whether or not the conversation is still ours, and lets it go where <paramref name="release"/> says so.</summary>
    /// <remarks>Tried again where Postgres is away for a moment: what is not written down is sent a second time.</remarks>
    public async Task SettleAsync(TurnClaim claim, PendingReply reply, Settlement settlement, TurnRelease? release, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await TrySettleAsync(claim, reply, settlement, release, cancellationToken);
                break;
            }
            catch (NpgsqlException e) when (e.IsTransient && attempt < 5)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 << attempt), clock, cancellationToken);
            }
        }

        // On its own: intake takes addresses before it locks conversations.
        if (settlement is Settlement.Sent { Addresses: { Count: > 0 } addresses })
        {
            await using var batch = dataSource.CreateBatch();
            batch.Add(TurnSql.KeepAddresses, [.. Of(claim), ("addresses", addresses.ToArray())]);
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private async Task TrySettleAsync(TurnClaim claim, PendingReply reply, Settlement settlement, TurnRelease? release, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var batch = dataSource.CreateBatch();

        // The conversation's row before its messages', as everywhere: two transactions that lock in different orders wait for each other.
        if (release is not null)
            AddRelease(batch, claim, release.Epoch, release.DueAt);
        if (settlement is Settlement.Failed { HandOver: { } why })
            batch.Add(TurnSql.HandOver, ("channel", claim.ChannelId), ("conversation", claim.ConversationId), ("now", now), ("why", why));
        if (settlement is Settlement.Failed { WindowRefused: true })
            batch.Add(TurnSql.RefuseWindow, ("channel", claim.ChannelId), ("conversation", claim.ConversationId), ("now", now));

        switch (settlement)
        {
            case Settlement.Sent sent:
                batch.Add(OutgoingWebhookSql.Replied, ("channels", new[] { claim.ChannelId }), ("ats", new[] { reply.At }), ("ids", new[] { reply.Id }), ("now", now));
                batch.Add(TurnSql.SettleSent, [.. Of(claim), .. Of(reply), ("wamid", sent.Wamid), ("now", now)]);
                batch.Add(TurnSql.KeepWamid, [.. Of(claim), .. Of(reply), ("wamid", sent.Wamid)]);
                break;
            case Settlement.Waiting waiting:
                batch.Add(TurnSql.SettleWaiting, [.. Of(claim), .. Of(reply), ("due", waiting.DueAt), ("unconfirmed", (short)(reply.Unconfirmed - 1)), ("code", waiting.Code), ("text", waiting.Text)]);
                break;
            case Settlement.Unconfirmed unconfirmed:
                batch.Add(TurnSql.SettleUnconfirmed, [.. Of(claim), .. Of(reply), ("due", unconfirmed.DueAt), ("text", unconfirmed.Text)]);
                break;
            case Settlement.Failed failed:
                batch.Add(TurnSql.SettleFailed, [.. Of(claim), .. Of(reply), ("now", now), ("code", failed.Code), ("text", failed.Text)]);
                break;
            case Settlement.Discarded discarded:
                batch.Add(TurnSql.SettleDiscarded, [.. Of(claim), .. Of(reply), ("text", discarded.Text)]);
                break;
        }

        var isTicketNews = reply.ByHand ? settlement is Settlement.Failed or Settlement.Discarded : settlement is Settlement.Failed { HandOver: not null };
        if (isTicketNews)
            batch.LetTicketsFollow([new(claim.ChannelId, claim.ConversationId, reply.ByHand ? TicketFact.Undelivered : TicketFact.Mode, EscalationCause.Failure)], null, null, now);
        batch.TellLive(claim.ChannelId, claim.ConversationId, now, [reply.Id], conversation: settlement is Settlement.Failed { WindowRefused: true });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        if (isTicketNews)
            wakeUps.SignalTickets();
        else
            wakeUps.SignalChanges();
    }

    private void AddRelease(NpgsqlBatch batch, TurnClaim claim, long epoch, DateTimeOffset? dueAt) =>
        batch.Add(TurnSql.Release, [.. Of(claim), ("epoch", epoch), ("due", dueAt), ("now", clock.GetUtcNow())]);

    private static (string, object?)[] Of(TurnClaim claim) =>
        [("channel", claim.ChannelId), ("conversation", claim.ConversationId), ("lease", claim.LeaseId)];

    private static (string, object?)[] Of(PendingReply reply) => [("at", reply.At), ("id", reply.Id)];

    private static PendingReply ReadPending(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetGuid(1),
        At = reader.GetFieldValue<DateTimeOffset>(2),
        ByHand = reader.GetString(4) == "human",
        Text = reader.Text(6) ?? "",
        IsHandoff = reader.Text(8) == "handoff",
        Attempts = reader.GetInt16(9),
        Unconfirmed = reader.GetInt16(10),
        DueAt = reader.GetFieldValue<DateTimeOffset>(11),
        ErrorCode = reader.IsDBNull(12) ? null : reader.GetInt32(12),
        ContextWamid = reader.Text(13),
    };

    private static SaidMessage ReadSaid(NpgsqlDataReader reader) => new(reader.GetGuid(1), reader.GetString(3) == "in", reader.GetString(5), reader.Text(6), reader.Text(7))
    {
        At = reader.GetFieldValue<DateTimeOffset>(2),
        ByPerson = reader.GetString(4) == "human",
        ByCampaign = reader.GetString(4) == "campaign",
        ContextWamid = reader.Text(13),
        ButtonOf = ReplyToken.Parse(reader.Text(8)),
    };

    private static TurnFile ReadFile(NpgsqlDataReader reader) => new(
        reader.GetString(1), reader.Text(2), reader.Text(3), reader.Text(4), reader.Text(5), reader.Text(6), reader.Text(7), reader.GetFieldValue<DateTimeOffset>(8));
}
