using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Webhooks;

/// <summary>One customer of a batch: whoever was seen under these addresses.</summary>
internal sealed class Person(ChannelRoute channel, Guid candidate)
{
    private Person? _same;

    public ChannelRoute Channel => channel;

    /// <summary>Phone first, so that the user id, which belongs to one person for certain, has the last word.</summary>
    public SortedSet<string> Addresses { get; } = new(StringComparer.Ordinal);

    /// <summary>The conversation that is begun if there is none.</summary>
    public Guid Candidate => candidate;

    /// <summary>The conversation, once it is resolved.</summary>
    public Guid ConversationId { get; set; }

    /// <summary>Who it turned out to be.</summary>
    public Person Itself => _same is null ? this : _same = _same.Itself;

    /// <summary>Takes another for the same.</summary>
    public void Join(Person other)
    {
        if (other == this)
            return;
        Addresses.UnionWith(other.Addresses);
        other._same = this;
    }
}

/// <summary>Finds the conversations of the customers in a batch, and begins those that are missing. Safe against another replica that does the same.</summary>
/// <remarks>
/// A customer may be known by phone number, by user id, or both, and may write under either. A message that carries both joins them;
/// where each has a conversation already, the user id's goes on: numbers pass from person to person, user ids do not.
/// </remarks>
internal sealed class CustomerResolver(NpgsqlConnection connection)
{
    private readonly Dictionary<(Guid Channel, string Address), Person> _persons = [];

    /// <summary>Where an address is kept: <c>p:16505551234</c> or <c>u:US.13491208655302741918</c>.</summary>
    public static IEnumerable<string> Keys(CustomerAddress address)
    {
        if (address.Phone is { } phone)
            yield return "p:" + phone;
        if (address.UserId is { } userId)
            yield return "u:" + userId;
    }

    /// <summary>The person behind a message.</summary>
    public Person Meet(ChannelRoute channel, CustomerAddress address, DateTimeOffset now)
    {
        Person? person = null;
        foreach (var key in Keys(address))
        {
            var known = _persons.GetValueOrDefault((channel.ChannelId, key))?.Itself;
            if (person is null)
                person = known;
            else if (known is not null)
                person.Join(known);
        }

        person ??= new(channel, Guid.CreateVersion7(now));
        foreach (var key in Keys(address))
        {
            person.Addresses.Add(key);
            _persons[(channel.ChannelId, key)] = person;
        }

        return person;
    }

    /// <summary>A customer whose addresses change keeps the conversation: the new address leads to it, unless it leads to another already.</summary>
    public async Task FollowAsync(IReadOnlyCollection<IdentityEntry> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
            return;
        var known = await FindAsync([.. changes.SelectMany(c => Keys(c.Change.Previous).Select(key => (c.Channel.ChannelId, key)))], cancellationToken);
        var follow = new Dictionary<(Guid, string), Guid>();
        foreach (var change in changes)
        {
            change.ConversationId = Owner(known, change.Channel, Keys(change.Change.Previous));
            if (change.ConversationId is not { } conversation)
                continue;
            foreach (var key in Keys(change.Change.Current))
                follow.TryAdd((change.Channel.ChannelId, key), conversation);
        }

        await ClaimAsync(follow, cancellationToken);
    }

    /// <summary>Gives every person its conversation.</summary>
    public async Task ResolveAsync(CancellationToken cancellationToken)
    {
        var people = _persons.Values.Select(p => p.Itself).Distinct().ToList();
        var wanted = people.SelectMany(p => p.Addresses.Select(a => (p.Channel.ChannelId, a))).ToList();
        if (wanted.Count == 0)
            return;

        // Another replica may claim an address between the look and the claim; then it is looked up again, and is there.
        while (true)
        {
            var known = await FindAsync(wanted, cancellationToken);
            var missing = new Dictionary<(Guid, string), Guid>();
            var moved = new Dictionary<(Guid, string), Guid>();
            foreach (var person in people)
            {
                person.ConversationId = Owner(known, person.Channel, person.Addresses) ?? person.Candidate;
                foreach (var address in person.Addresses)
                {
                    var key = (person.Channel.ChannelId, address);
                    if (!known.TryGetValue(key, out var owner))
                        missing[key] = person.ConversationId;
                    else if (owner != person.ConversationId)
                        moved[key] = person.ConversationId;
                }
            }

            if (!await ClaimAsync(missing, cancellationToken))
                continue;
            await MoveAsync(moved, cancellationToken);
            return;
        }
    }

    /// <summary>The conversation of the last address that has one.</summary>
    private static Guid? Owner(Dictionary<(Guid, string), Guid> known, ChannelRoute channel, IEnumerable<string> addresses)
    {
        Guid? owner = null;
        foreach (var address in addresses)
        {
            if (known.TryGetValue((channel.ChannelId, address), out var conversation))
                owner = conversation;
        }

        return owner;
    }

    private async Task<Dictionary<(Guid, string), Guid>> FindAsync(List<(Guid Channel, string Address)> addresses, CancellationToken cancellationToken)
    {
        await using var command = connection.Statement(ApplySql.FindConversations)
            .Column("channels", addresses, NpgsqlDbType.Uuid, a => a.Channel)
            .Column("addresses", addresses, NpgsqlDbType.Text, a => a.Address);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var found = new Dictionary<(Guid, string), Guid>(addresses.Count);
        while (await row.ReadAsync(cancellationToken))
            found[(row.GetGuid(0), row.GetString(1))] = row.GetGuid(2);
        return found;
    }

    /// <summary>True when all of them were free.</summary>
    private async Task<bool> ClaimAsync(Dictionary<(Guid Channel, string Address), Guid> claims, CancellationToken cancellationToken)
    {
        if (claims.Count == 0)
            return true;
        await using var command = Addresses(ApplySql.ClaimAddresses, claims);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var claimed = 0;
        while (await row.ReadAsync(cancellationToken))
            claimed++;
        return claimed == claims.Count;
    }

    private async Task MoveAsync(Dictionary<(Guid Channel, string Address), Guid> moves, CancellationToken cancellationToken)
    {
        if (moves.Count == 0)
            return;
        await using var command = Addresses(ApplySql.MoveAddresses, moves);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlCommand Addresses(string sql, Dictionary<(Guid Channel, string Address), Guid> rows) => connection.Statement(sql)
        .Column("channels", rows, NpgsqlDbType.Uuid, r => r.Key.Channel)
        .Column("addresses", rows, NpgsqlDbType.Text, r => r.Key.Address)
        .Column("conversations", rows, NpgsqlDbType.Uuid, r => r.Value);
}
