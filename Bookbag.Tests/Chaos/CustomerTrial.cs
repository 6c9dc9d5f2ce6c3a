extern alias outbound;
using Bookbag.Tests.Support;
using Npgsql;
using outbound::Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Chaos;

/// <summary>
/// Judges what became of customers' messages. The witness is the database: triggers of its own write down which transaction took a message for answered, and what that transaction
/// said to the customer. What came out of it is held against what Meta's double took.
/// </summary>
/// <param name="database">The product's database.</param>
/// <param name="written">What customers wrote, by Meta's ids.</param>
/// <param name="taken">What Meta took, in its order.</param>
internal sealed class CustomerTrial(NpgsqlDataSource database, IReadOnlyDictionary<string, string> written, IReadOnlyList<BusinessMessage> taken)
{
    /// <summary>A word that is deliberately left without an answer.</summary>
    public const string Stop = "STOP";

    /// <summary>Calls the witness.</summary>
    public const string Watch = """
        CREATE SCHEMA storm;
        CREATE TABLE storm.taken_for_answered (message_id uuid NOT NULL, by xid8 NOT NULL);
        CREATE TABLE storm.said (message_id uuid NOT NULL, by xid8 NOT NULL);
        CREATE FUNCTION storm.note_answered() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO storm.taken_for_answered VALUES (NEW.id, pg_current_xact_id()); RETURN NULL; END $$;
        CREATE FUNCTION storm.note_said() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO storm.said VALUES (NEW.id, pg_current_xact_id()); RETURN NULL; END $$;
        CREATE TRIGGER storm_answered AFTER UPDATE ON inbound.messages FOR EACH ROW WHEN (OLD.awaiting AND NOT NEW.awaiting) EXECUTE FUNCTION storm.note_answered();
        CREATE TRIGGER storm_said AFTER INSERT ON inbound.messages FOR EACH ROW WHEN (NEW.direction = 'out') EXECUTE FUNCTION storm.note_said();
        """;

    // What needs somebody, or has not come to its end.
    private const string Unrest = """
        SELECT * FROM (VALUES
            ('webhooks not applied', (SELECT count(*) FROM inbound.webhook_stretches)),
            ('items of webhooks rejected', (SELECT count(*) FROM inbound.webhook_rejections)),
            ('messages that wait for the agent', (SELECT count(*) FROM inbound.messages m JOIN inbound.conversations c ON c.channel_id = m.channel_id AND c.id = m.conversation_id WHERE m.awaiting AND c.mode = 'ai')),
            ('replies without an end', (SELECT count(*) FROM inbound.messages WHERE status = 'sending')),
            ('leases that nobody gave back', (SELECT count(*) FROM inbound.conversations WHERE lease_id IS NOT NULL)),
            ('conversations that are due', (SELECT count(*) FROM inbound.conversations WHERE turn_due_at IS NOT NULL)),
            ('files on their way', (SELECT count(*) FROM inbound.media WHERE task IS NOT NULL)),
            ('events that Outbound has not taken', (SELECT count(*) FROM delivery.events)),
            ('conversations of people without a ticket, or tickets of the agent', (SELECT count(*) FROM inbound.conversations c
                WHERE (c.mode = 'human') <> EXISTS (SELECT FROM inbound.tickets t WHERE t.channel_id = c.channel_id AND t.conversation_id = c.id AND t.closed_at IS NULL)))
        ) AS unrest (what, count) WHERE count > 0
        """;

    private const string Messages = """
        SELECT m.wamid, m.text, m.awaiting, c.mode = 'human', (SELECT count(*) FROM storm.taken_for_answered a WHERE a.message_id = m.id), reply.status, reply.outcome
        FROM inbound.messages m JOIN inbound.conversations c ON c.channel_id = m.channel_id AND c.id = m.conversation_id
        LEFT JOIN LATERAL (
            SELECT r.status, r.outcome FROM storm.taken_for_answered a JOIN storm.said s ON s.by = a.by
            JOIN inbound.messages r ON r.id = s.message_id AND r.conversation_id = m.conversation_id
            WHERE a.message_id = m.id ORDER BY r.at, r.id LIMIT 1) reply ON true
        WHERE m.direction = 'in'
        """;

    private const string Replies = "SELECT id, status FROM inbound.messages WHERE direction = 'out' AND status <> 'discarded' ORDER BY conversation_id, at, id";

    private readonly List<string> _problems = [];
    private readonly Dictionary<string, int> _outcomes = [];

    /// <summary>How many messages came to what.</summary>
    public IReadOnlyDictionary<string, int> Outcomes => _outcomes;

    /// <summary>What must not be.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>What has not come to rest, or never will by itself.</summary>
    public static async Task<List<string>> UnrestAsync(NpgsqlDataSource database)
    {
        try
        {
            return await database.ReadAsync(Unrest, row => $"{row.GetInt64(1)} {row.GetString(0)}").ToListAsync();
        }
        catch (NpgsqlException e)
        {
            return [e.Message];
        }
    }

    /// <summary>Judges.</summary>
    public async Task JudgeAsync()
    {
        var seen = new HashSet<string>();
        await foreach (var (wamid, outcome) in database.ReadAsync(Messages, row => (row.GetString(0), OutcomeOf(row))))
        {
            if (!seen.Add(wamid))
                _problems.Add($"Message {wamid} is there twice.");
            _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + 1;
            if (outcome is not (Answered or HandedOver or Left))
                _problems.Add($"Message {wamid} was {outcome}.");
        }

        foreach (var wamid in written.Keys.Except(seen))
            _problems.Add($"Message {wamid} is lost.");
        await JudgeRepliesAsync();
    }

    private const string Answered = "answered";
    private const string HandedOver = "handed over";
    private const string Left = "deliberately left";

    // A message comes to one end: in a transaction that says something to the customer, or by waiting for the person who has the conversation.
    private static string OutcomeOf(NpgsqlDataReader row)
    {
        var (waits, withPerson, ends) = (row.GetBoolean(2), row.GetBoolean(3), row.GetInt64(4));
        var (status, outcome) = (row.IsDBNull(5) ? null : row.GetString(5), row.IsDBNull(6) ? null : row.GetString(6));
        return (ends, waits, status) switch
        {
            ( > 1, _, _) => $"taken for answered {ends} times",
            (0, true, _) => withPerson ? HandedOver : "forgotten",
            (0, false, _) => !row.IsDBNull(1) && row.GetString(1) == Stop ? Left : "never waited for",
            (_, _, "sent" or "delivered" or "read") => outcome == "handoff" ? HandedOver : Answered,
            (_, _, "failed") => withPerson ? HandedOver : "answered by a message that did not arrive, and nobody has it",
            (_, _, "discarded") => withPerson ? HandedOver : Left,
            _ => $"taken for answered by {status ?? "nothing"}",
        };
    }

    private async Task JudgeRepliesAsync()
    {
        var byReply = taken.ToLookup(message => message.Opaque ?? "");
        foreach (var twice in byReply.Where(messages => messages.Count() > 1))
            _problems.Add($"Reply {twice.Key} was sent {twice.Count()} times.");

        var order = new Dictionary<string, int>();
        await foreach (var (id, status) in database.ReadAsync(Replies, row => (row.GetGuid(0).ToString(), row.GetString(1))))
        {
            order[id] = order.Count;
            var has = byReply[id].FirstOrDefault();
            if ((status == "failed") != (has is null or { Status: DeliveryStatus.Failed }))
                _problems.Add($"Reply {id} is {status}, and Meta has it as {has?.Status.ToString() ?? "never taken"}.");
        }

        foreach (var unknown in byReply.Where(messages => !order.ContainsKey(messages.Key)))
            _problems.Add($"Meta took a message of an unknown reply, {unknown.Key}.");
        foreach (var customer in taken.GroupBy(message => message.Conversation.Phone))
        {
            int[] places = [.. customer.Select(message => order.GetValueOrDefault(message.Opaque ?? "")).Distinct()];
            if (!places.Order().SequenceEqual(places))
                _problems.Add($"Customer {customer.Key} got replies in another order than they were written.");
        }
    }
}
