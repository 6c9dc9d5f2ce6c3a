using System.Text.Json;
using Bookbag.ServiceDefaults.Attribution;
using Bookbag.ServiceDefaults.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Attribution;

/// <summary>Links customers' messages to the campaigns that they answer, and counts them: a batch by a handful of statements, in whatever order things come.</summary>
/// <remarks>
/// A link is <see cref="AttributionRule"/> of what is known. While something is not known that may matter (a message on its way, an id that only a status
/// will tell) the reply is looked at again, ever more rarely, for as long as Meta's webhooks may be late.
/// </remarks>
internal sealed class ReplyApplier(WakeUps wakeUps, TimeProvider clock)
{
    /// <summary>Inbound's wake-up topic: there is something to tell other systems.</summary>
    private const string TellingTopic = "outgoing_webhooks";

    private static readonly TimeSpan MetaMayBeLate = TimeSpan.FromDays(7);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(2);

    /// <summary>Takes new messages of customers, within the caller's transaction; what it returns is run after the commit.</summary>
    public async Task<Func<Task>> ApplyAsync(NpgsqlConnection connection, IReadOnlyList<Reply> replies, CancellationToken cancellationToken)
    {
        if (replies.Count == 0)
            return () => Task.CompletedTask;
        var known = new HashSet<(Guid, string)>();
        await using (var command = new NpgsqlCommand(ReplySql.Known, connection))
        {
            command.Column("channels", NpgsqlDbType.Uuid, replies, r => r.ChannelId);
            command.Column("wamids", NpgsqlDbType.Text, replies, r => r.Wamid);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
                known.Add((row.GetGuid(0), row.GetString(1)));
        }

        // One that is told again tells nothing new; what became known of it since, it is looked at again for.
        return await LinkAsync(connection, [.. replies.Where(r => known.Add((r.ChannelId, r.Wamid)))], cancellationToken);
    }

    private async Task<Func<Task>> LinkAsync(NpgsqlConnection connection, List<Reply> replies, CancellationToken cancellationToken)
    {
        if (replies.Count == 0)
            return () => Task.CompletedTask;
        var judged = await JudgeAsync(connection, replies, cancellationToken);
        await KeepAsync(connection, [.. judged.Where(j => j.Link is not null || j.LookAt is not null)], cancellationToken);
        await DropAsync(connection, [.. judged.Where(j => j.Link is null && j.LookAt is null).Select(j => j.Reply)], cancellationToken);

        var replied = await CountAsync(connection, [.. judged.SelectMany(Touched).Distinct()], cancellationToken);
        return () =>
        {
            if (replied > 0)
                wakeUps.Signal(TellingTopic);
            return Task.CompletedTask;
        };
    }

    /// <summary>Takes replies out that are to be looked at again, and looks; how many those were. In a transaction of the caller's.</summary>
    public async Task<(int Looked, Func<Task> After)> LookAgainAsync(NpgsqlConnection connection, int batch, CancellationToken cancellationToken)
    {
        var due = new List<Reply>();
        await using (var command = new NpgsqlCommand(ReplySql.TakeDue, connection))
        {
            command.Parameters.AddWithValue("now", clock.GetUtcNow());
            command.Parameters.AddWithValue("batch", batch);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                due.Add(new Reply(
                    row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.GetGuid(3), row.GetGuid(4), row.GetFieldValue<DateTimeOffset>(5), row.GetFieldValue<DateTimeOffset>(6),
                    row.Text(7), row.IsDBNull(8) ? null : row.GetGuid(8), row.GetBoolean(9))
                { LinkedTo = row.IsDBNull(10) ? null : row.GetGuid(10) });
            }
        }

        return (due.Count, await LinkAsync(connection, due, cancellationToken));
    }

    private async Task<List<Judged>> JudgeAsync(NpgsqlConnection connection, List<Reply> replies, CancellationToken cancellationToken)
    {
        var candidates = replies.Select(_ => new List<(CampaignMessage Message, bool Taken)>()).ToList();
        await using (var command = new NpgsqlCommand(ReplySql.Candidates, connection))
        {
            Describe(command, replies);
            command.Column("tokens", NpgsqlDbType.Uuid, replies, r => r.Token);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                candidates[(int)row.GetInt64(0) - 1].Add((
                    new CampaignMessage(row.GetGuid(1), row.GetGuid(2), row.Text(3), row.GetFieldValue<DateTimeOffset>(4)), row.GetString(5) == "sent"));
            }
        }

        var open = new HashSet<int>();
        await using (var command = new NpgsqlCommand(ReplySql.Open, connection))
        {
            Describe(command, replies);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
                open.Add((int)row.GetInt64(0) - 1);
        }

        return [.. replies.Select((reply, place) =>
        {
            var link = AttributionRule.Link(reply.Said, candidates[place].Select(c => c.Message));
            var taken = link is not null && candidates[place].Any(c => c.Taken && c.Message == link.Message);
            // An exact link changes no more, and is counted once Meta has taken the message for certain.
            var settled = link is null ? !open.Contains(place) : taken && (link.IsExact || !open.Contains(place));
            return new Judged(reply, link, settled ? null : LookAgainAt(reply));
        })];
    }

    /// <summary>Ever more rarely: what is not known after an hour, hardly ever will be.</summary>
    private DateTimeOffset? LookAgainAt(Reply reply)
    {
        var now = clock.GetUtcNow();
        var age = now - reply.ReceivedAt;
        return age > MetaMayBeLate ? null : now + (age > LookAgainAfter ? age : LookAgainAfter);
    }

    private static async Task KeepAsync(NpgsqlConnection connection, List<Judged> kept, CancellationToken cancellationToken)
    {
        if (kept.Count == 0)
            return;
        await using var command = new NpgsqlCommand(ReplySql.Keep, connection);
        command.Column("workspaces", NpgsqlDbType.Uuid, kept, j => j.Reply.WorkspaceId);
        command.Column("channels", NpgsqlDbType.Uuid, kept, j => j.Reply.ChannelId);
        command.Column("wamids", NpgsqlDbType.Text, kept, j => j.Reply.Wamid);
        command.Column("conversations", NpgsqlDbType.Uuid, kept, j => j.Reply.ConversationId);
        command.Column("messages", NpgsqlDbType.Uuid, kept, j => j.Reply.MessageId);
        command.Column("ats", NpgsqlDbType.TimestampTz, kept, j => j.Reply.At);
        command.Column("received", NpgsqlDbType.TimestampTz, kept, j => j.Reply.ReceivedAt);
        command.Column("quoted", NpgsqlDbType.Text, kept, j => j.Reply.Quoted);
        command.Column("tokens", NpgsqlDbType.Uuid, kept, j => j.Reply.Token);
        command.Column("opt_outs", NpgsqlDbType.Boolean, kept, j => j.Reply.OptOut);
        command.Column("campaigns", NpgsqlDbType.Uuid, kept, j => j.Link?.Message.CampaignId);
        command.Column("recipients", NpgsqlDbType.Uuid, kept, j => j.Link?.Message.RecipientId);
        command.Column("rules", NpgsqlDbType.Text, kept, j => j.Link is { } link ? EnumWords.Of(link.Evidence) : null);
        command.Column("lates", NpgsqlDbType.Boolean, kept, j => j.Link?.Late);
        command.Column("others", NpgsqlDbType.Jsonb, kept, j => j.Link is { } link ? Write(link.Others) : null);
        command.Column("looks", NpgsqlDbType.TimestampTz, kept, j => j.LookAt);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task DropAsync(NpgsqlConnection connection, List<Reply> dropped, CancellationToken cancellationToken)
    {
        if (dropped.Count == 0)
            return;
        await using var command = new NpgsqlCommand(ReplySql.Drop, connection);
        command.Column("channels", NpgsqlDbType.Uuid, dropped, r => r.ChannelId);
        command.Column("wamids", NpgsqlDbType.Text, dropped, r => r.Wamid);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The recipients that a reply is linked to, or was before: of those, the opt-out that it told of them and does no more.</summary>
    private static IEnumerable<(Guid Channel, Guid Id, DateTimeOffset? Lost)> Touched(Judged judged)
    {
        var (reply, now) = (judged.Reply, judged.Link?.Message.RecipientId);
        if (now is { } linked)
            yield return (reply.ChannelId, linked, null);
        if (reply.LinkedTo is { } before && before != now)
            yield return (reply.ChannelId, before, reply.OptOut ? reply.At : null);
    }

    /// <summary>Counts the replies of recipients; how many replied that had not before.</summary>
    private async Task<int> CountAsync(NpgsqlConnection connection, List<(Guid Channel, Guid Id, DateTimeOffset? Lost)> touched, CancellationToken cancellationToken)
    {
        List<(Guid Channel, Guid Id)> recipients = [.. touched.Select(t => (t.Channel, t.Id))];
        if (recipients.Count == 0)
            return 0;
        await using (var command = new NpgsqlCommand(ReplySql.LockRecipients, connection))
        {
            Name(command, recipients);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        var first = new List<(Guid, Guid)>();
        await using (var command = new NpgsqlCommand(ReplySql.Count, connection))
        {
            Name(command, recipients);
            command.Column("lost", NpgsqlDbType.TimestampTz, touched, t => t.Lost);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
                first.Add((row.GetGuid(0), row.GetGuid(1)));
        }

        if (first.Count == 0)
            return 0;
        await using (var command = new NpgsqlCommand(ReplySql.TellReplied, connection))
        {
            Name(command, first);
            command.Parameters.AddWithValue("now", clock.GetUtcNow());
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return first.Count;
    }

    private static void Describe(NpgsqlCommand command, List<Reply> replies)
    {
        command.Column("channels", NpgsqlDbType.Uuid, replies, r => r.ChannelId);
        command.Column("conversations", NpgsqlDbType.Uuid, replies, r => r.ConversationId);
        command.Column("ats", NpgsqlDbType.TimestampTz, replies, r => r.At);
        command.Column("quoted", NpgsqlDbType.Text, replies, r => r.Quoted);
    }

    private static void Name(NpgsqlCommand command, List<(Guid Channel, Guid Id)> recipients)
    {
        command.Column("channels", NpgsqlDbType.Uuid, recipients, r => r.Channel);
        command.Column("recipients", NpgsqlDbType.Uuid, recipients, r => r.Id);
    }

    private static string Write(IReadOnlyList<CampaignMessage> others) =>
        JsonSerializer.Serialize(others.Select(m => new OtherCampaign(m.CampaignId, m.RecipientId, m.At)), JsonSerializerOptions.Web);
}
