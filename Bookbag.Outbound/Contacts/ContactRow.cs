namespace Bookbag.Outbound.Contacts;

/// <summary>What somebody says of a contact: a row of a file or of an API call, checked and normalised. What is null is not said.</summary>
internal sealed record ContactRow
{
    /// <summary>Its place in the file or call.</summary>
    public required long Number { get; init; }

    public string? ExternalId { get; init; }

    /// <summary>E.164 without the plus.</summary>
    public string? Phone { get; init; }

    public string? UserId { get; init; }
    public string? Name { get; init; }
    public string? Email { get; init; }
    public string? Language { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Custom attributes, each as JSON; <c>null</c> takes one away.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = Nothing;

    /// <summary>Whether the person agreed to marketing, where it is said.</summary>
    public bool? OptedIn { get; init; }

    private static readonly Dictionary<string, string> Nothing = [];

    /// <summary>What is said by two rows of one person: the later one's word counts where both say something.</summary>
    public ContactRow Then(ContactRow later) => this with
    {
        ExternalId = later.ExternalId ?? ExternalId,
        Phone = later.Phone ?? Phone,
        UserId = later.UserId ?? UserId,
        Name = later.Name ?? Name,
        Email = later.Email ?? Email,
        Language = later.Language ?? Language,
        Tags = later.Tags.Count == 0 ? Tags : [.. Tags.Union(later.Tags, StringComparer.Ordinal)],
        Attributes = later.Attributes.Count == 0 ? Attributes : Attributes.Concat(later.Attributes).GroupBy(a => a.Key).ToDictionary(g => g.Key, g => g.Last().Value),
        OptedIn = later.OptedIn ?? OptedIn,
    };
}

/// <summary>By what rows are recognised as the same person, first of all.</summary>
internal enum ContactKey
{
    /// <summary>By the phone number: files.</summary>
    Phone,

    /// <summary>By the id in the business's own systems: programs.</summary>
    ExternalId,
}

/// <summary>Why a row became no contact.</summary>
/// <param name="Number">The row's place.</param>
/// <param name="Code">A stable code.</param>
/// <param name="Message">In words.</param>
/// <param name="Column">The column or member, where it is about one.</param>
internal sealed record RowProblem(long Number, string Code, string Message, string? Column = null);

/// <summary>Rows that are merged together: each person once, and no phone number, user id or external id twice.</summary>
internal sealed class ContactBatch(ContactKey key)
{
    private readonly List<ContactRow> _rows = [];
    private readonly Dictionary<(char Kind, string Value), int> _owners = [];

    /// <summary>The rows, in the order of their first mention.</summary>
    public IReadOnlyList<ContactRow> Rows => _rows;

    /// <summary>How many rows were of somebody already here.</summary>
    public int Duplicates { get; private set; }

    /// <summary>Takes a row in; where it contradicts one that is here, says how.</summary>
    public RowProblem? Add(ContactRow row)
    {
        var (kind, identity) = IdentityOf(row);
        if (_owners.TryGetValue((kind, identity), out var place))
        {
            if (Contradiction(row, place) is { } contradiction)
                return contradiction;
            var merged = _rows[place].Then(row);
            Free(_rows[place]);
            Own(merged, place);
            _rows[place] = merged;
            Duplicates++;
            return null;
        }

        if (Contradiction(row, -1) is { } problem)
            return problem;
        Own(row, _rows.Count);
        _rows.Add(row);
        return null;
    }

    private (char Kind, string Value) IdentityOf(ContactRow row)
    {
        var (phone, external) = (row.Phone is { } p ? ('p', p) : default((char, string)?), row.ExternalId is { } e ? ('e', e) : default((char, string)?));
        return (key == ContactKey.Phone ? phone ?? external : external ?? phone) ?? ('u', row.UserId!); // a row says at least one of the three
    }

    private RowProblem? Contradiction(ContactRow row, int place)
    {
        foreach (var (kind, value) in Keys(row))
        {
            if (_owners.TryGetValue((kind, value), out var owner) && owner != place)
                return new RowProblem(row.Number, kind switch { 'p' => "phone_taken", 'e' => "external_id_taken", _ => "user_id_taken" },
                    $"{Describe(kind)} belongs to another contact, in row {_rows[owner].Number}.", Column(kind));
        }

        return null;
    }

    private void Own(ContactRow row, int place)
    {
        foreach (var taken in Keys(row))
            _owners[taken] = place;
    }

    private void Free(ContactRow row)
    {
        foreach (var taken in Keys(row))
            _owners.Remove(taken);
    }

    private static IEnumerable<(char Kind, string Value)> Keys(ContactRow row)
    {
        if (row.Phone is not null)
            yield return ('p', row.Phone);
        if (row.ExternalId is not null)
            yield return ('e', row.ExternalId);
        if (row.UserId is not null)
            yield return ('u', row.UserId);
    }

    private static string Describe(char kind) => kind switch { 'p' => "The phone number", 'e' => "The external id", _ => "The user id" };

    private static string Column(char kind) => kind switch { 'p' => "phone", 'e' => "externalId", _ => "userId" };
}
