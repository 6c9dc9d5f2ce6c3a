using System.Text.Json;
using Bookbag.Outbound.Sending;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.DeliveryEvents;

/// <summary>A status of a message of ours.</summary>
/// <param name="Json">Meta's own object.</param>
internal sealed record StatusEvent(Guid ChannelId, string Wamid, string? Callback, DateTimeOffset At, DateTimeOffset ReceivedAt, JsonElement Json);

/// <summary>Applies statuses, a batch by a handful of statements, in whatever order they come. Those of messages that nobody knows are parked.</summary>
internal sealed class StatusApplier(FailureSettler failures, TimeProvider clock, IOptions<SendingOptions> options)
{
    private static readonly TimeSpan ParkedFor = TimeSpan.FromDays(7);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(15);

    /// <summary>Within the caller's transaction; what it returns is run after the commit.</summary>
    public async Task<Func<Task>> ApplyAsync(NpgsqlConnection connection, IReadOnlyList<StatusEvent> statuses, CancellationToken cancellationToken)
    {
        var (known, unknown) = await FindAsync(connection, statuses, cancellationToken);
        await ParkAsync(connection, unknown, cancellationToken);

        var progress = known.Where(s => s.Word != MessageStatus.Failed).GroupBy(s => (s.Event.ChannelId, s.Id.RecipientId)).Select(Progress.Of)
            .OrderBy(p => p.ChannelId).ThenBy(p => p.Id).ToList();
        await AdvanceAsync(connection, progress, cancellationToken);
        var reported = await DecideAsync(connection, [.. known.Where(s => s.Word == MessageStatus.Failed)], cancellationToken);
        return await failures.SettleAsync(connection, reported, cancellationToken);
    }

    /// <summary>Whose they are: by the id that we sent along, else by Meta's id of the message.</summary>
    private static async Task<(List<Known>, List<StatusEvent>)> FindAsync(NpgsqlConnection connection, IReadOnlyList<StatusEvent> statuses, CancellationToken cancellationToken)
    {
        var (known, others) = (new List<Known>(statuses.Count), new List<StatusEvent>());
        foreach (var status in statuses)
        {
            if (CallbackId.Parse(status.Callback) is { } id)
                known.Add(Known.Of(status, id));
            else
                others.Add(status);
        }

        if (others.Count == 0)
            return (known, []);
        var found = new Dictionary<(Guid, string), CallbackId>();
        await using var command = new NpgsqlCommand(RecipientSql.FindByWamid, connection);
        command.Column("channels", NpgsqlDbType.Uuid, others, s => s.ChannelId);
        command.Column("wamids", NpgsqlDbType.Text, others, s => s.Wamid);
        await using (var row = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await row.ReadAsync(cancellationToken))
                found[(row.GetGuid(0), row.GetString(1))] = new CallbackId(row.GetGuid(2), row.GetInt16(3));
        }

        known.AddRange(others.Where(s => found.ContainsKey((s.ChannelId, s.Wamid))).Select(s => Known.Of(s, found[(s.ChannelId, s.Wamid)])));
        return (known, [.. others.Where(s => !found.ContainsKey((s.ChannelId, s.Wamid)))]);
    }

    private async Task ParkAsync(NpgsqlConnection connection, List<StatusEvent> unknown, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        unknown.RemoveAll(s => s.ReceivedAt < now - ParkedFor);
        if (unknown.Count == 0)
            return;
        await using var command = new NpgsqlCommand(DeliveryEventSql.Park, connection);
        command.Column("channels", NpgsqlDbType.Uuid, unknown, s => s.ChannelId);
        command.Column("wamids", NpgsqlDbType.Text, unknown, s => s.Wamid);
        command.Column("ats", NpgsqlDbType.TimestampTz, unknown, s => s.At);
        command.Column("payloads", NpgsqlDbType.Jsonb, unknown, s => s.Json.GetRawText());
        command.Column("received", NpgsqlDbType.TimestampTz, unknown, s => s.ReceivedAt);
        // Ever more rarely: what nobody knows after an hour, hardly anybody will.
        command.Column("retries", NpgsqlDbType.TimestampTz, unknown, s => now + TimeSpan.FromTicks(Math.Max(LookAgainAfter.Ticks, (now - s.ReceivedAt).Ticks)));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task AdvanceAsync(NpgsqlConnection connection, List<Progress> progress, CancellationToken cancellationToken)
    {
        if (progress.Count == 0)
            return;
        await using var command = new NpgsqlCommand(RecipientSql.Advance, connection);
        command.Column("channels", NpgsqlDbType.Uuid, progress, p => p.ChannelId);
        command.Column("ids", NpgsqlDbType.Uuid, progress, p => p.Id);
        command.Column("wamids", NpgsqlDbType.Text, progress, p => p.Wamid);
        command.Column("user_ids", NpgsqlDbType.Text, progress, p => p.UserId);
        command.Column("sent", NpgsqlDbType.TimestampTz, progress, p => p.SentAt);
        command.Column("delivered", NpgsqlDbType.TimestampTz, progress, p => p.DeliveredAt);
        command.Column("read", NpgsqlDbType.TimestampTz, progress, p => p.ReadAt);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<FailedRecipient>> DecideAsync(NpgsqlConnection connection, List<Known> failed, CancellationToken cancellationToken)
    {
        if (failed.Count == 0)
            return [];
        var now = clock.GetUtcNow();
        var byId = failed.GroupBy(f => (f.Event.ChannelId, f.Id.RecipientId)).ToDictionary(g => g.Key, g => g.MaxBy(f => f.Id.Round)!);
        await using var command = new NpgsqlCommand(RecipientSql.Describe, connection);
        command.Column("channels", NpgsqlDbType.Uuid, byId.Keys, k => k.ChannelId);
        command.Column("ids", NpgsqlDbType.Uuid, byId.Keys, k => k.RecipientId);
        var decided = new List<FailedRecipient>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var (channelId, id) = (row.GetGuid(0), row.GetGuid(1));
            var status = byId[(channelId, id)];
            var error = ErrorOf(status.Event.Json);
            var scope = ChannelWork.ScopeOf(row.Text(9), row.GetString(8), null);
            var decision = SendDecision.For(error, row.GetInt16(6), now, options.Value.MaxAttempts, row.Time(7), Random.Shared.NextDouble());
            decided.Add(new FailedRecipient(
                row.GetGuid(2), channelId, row.GetGuid(10), row.IsDBNull(3) ? null : row.GetGuid(3), id, status.Id.Round, row.GetString(4), scope, Reported: true, error, decision));
        }

        return decided;
    }

    // {"status":"failed","errors":[{"code":131026,"title":"…","message":"…","error_data":{"details":"…"}}]}
    private static GraphError ErrorOf(JsonElement status) =>
        status.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0
            ? GraphErrors.Read(errors[0])
            : new GraphError(0, null, "Meta says that it failed, and not why.", null, GraphAction.FailMessage, "Meta says that it failed, and not why.");

    private sealed record Known(StatusEvent Event, CallbackId Id, MessageStatus Word)
    {
        public static Known Of(StatusEvent status, CallbackId id) =>
            new(status, id, MessageStatuses.Parse(status.Json.TryGetProperty("status", out var word) ? word.GetString() : null));
    }

    /// <summary>What the statuses of a message in a batch tell together: read implies delivered, and anything implies sent.</summary>
    private sealed record Progress(Guid ChannelId, Guid Id, string? Wamid, string? UserId, DateTimeOffset? SentAt, DateTimeOffset? DeliveredAt, DateTimeOffset? ReadAt)
    {
        public static Progress Of(IGrouping<(Guid ChannelId, Guid Id), Known> message)
        {
            var read = First(message, MessageStatus.Read, MessageStatus.Played);
            var delivered = First(message, MessageStatus.Delivered) ?? read;
            var sent = First(message, MessageStatus.Sent, MessageStatus.Delivered, MessageStatus.Read, MessageStatus.Played);
            return new Progress(
                message.Key.ChannelId, message.Key.Id, message.MaxBy(s => s.Id.Round)!.Event.Wamid, message.Select(s => UserIdIn(s.Event.Json)).FirstOrDefault(id => id is not null),
                sent, delivered, read);
        }

        // {"id":"wamid.…","status":"sent","recipient_id":"16505551234","recipient_user_id":"US.…"}
        private static string? UserIdIn(JsonElement status) =>
            status.TryGetProperty("recipient_user_id", out var id) && id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 and <= 150 } text ? text : null;

        private static DateTimeOffset? First(IEnumerable<Known> statuses, params MessageStatus[] words) =>
            statuses.Where(s => words.Contains(s.Word)).Select(s => (DateTimeOffset?)s.Event.At).Min();
    }
}
