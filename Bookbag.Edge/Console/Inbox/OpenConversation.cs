using Bookbag.Edge.Clients;

namespace Bookbag.Edge.Console.Inbox;

/// <summary>One line of a thread: a message, or what happened to the ticket meanwhile.</summary>
public sealed record ThreadLine(Guid Id, DateTimeOffset At, MessageItem? Message, TimelineEntry? Entry);

/// <summary>A conversation that is open on the page: its messages as far back as somebody read, and its tickets' timelines among them.</summary>
public sealed class OpenConversation(InboxClient inbox, Guid id)
{
    private const int FirstRead = 50, MostAtOnce = 200, MostTickets = 10;

    private readonly Dictionary<Guid, IReadOnlyList<TimelineEntry>> _timelines = [];
    private List<MessageItem> _messages = []; // the latest first
    private string? _earlier;

    public Guid Id => id;

    /// <summary>What the conversation is now; null before it was read.</summary>
    public ConversationItem? Conversation { get; private set; }

    /// <summary>Its ticket: the open one, else the last.</summary>
    public TicketItem? Ticket { get; private set; }

    /// <summary>Everything in the order in which it happened.</summary>
    public IReadOnlyList<ThreadLine> Lines { get; private set; } = [];

    /// <summary>Whether there are messages before these.</summary>
    public bool HasEarlier => _earlier is not null;

    /// <summary>The agent's latest answer that rests on sources.</summary>
    public MessageItem? LatestAnswer => _messages.Find(m => m is { Author: "ai", Citations.Count: > 0 });

    /// <summary>Reads everything again, as far back as it was read before: any message may have got a status, a reaction or another text.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var conversation = inbox.ConversationAsync(id, cancellationToken);
        var tickets = ReadTicketsAsync(cancellationToken);
        var (messages, earlier) = (new List<MessageItem>(), (string?)null);
        do
        {
            var page = await inbox.MessagesAsync(id, earlier, Math.Clamp(_messages.Count, FirstRead, MostAtOnce), cancellationToken);
            messages.AddRange(page.Items);
            earlier = page.Next;
        }
        while (earlier is not null && messages.Count < _messages.Count);
        (Conversation, Ticket, _messages, _earlier) = (await conversation, await tickets, messages, earlier);
        Arrange();
    }

    /// <summary>Reads what came before.</summary>
    public async Task ReadEarlierAsync(CancellationToken cancellationToken)
    {
        if (_earlier is null)
            return;
        var page = await inbox.MessagesAsync(id, _earlier, FirstRead, cancellationToken);
        _messages.AddRange(page.Items);
        _earlier = page.Next;
        Arrange();
    }

    private async Task<TicketItem?> ReadTicketsAsync(CancellationToken cancellationToken)
    {
        var tickets = (await inbox.TicketsOfAsync(id, MostTickets, cancellationToken)).Items;
        var present = tickets.FirstOrDefault(t => t.IsOpen) ?? (tickets is [var last, ..] ? last : null);
        // In those that are done nothing happens any more.
        foreach (var ticket in tickets.Where(t => t.Id == present?.Id || !_timelines.ContainsKey(t.Id)))
            _timelines[ticket.Id] = (await inbox.TimelineAsync(ticket.Id, cancellationToken)).Items;
        return present;
    }

    private void Arrange()
    {
        // What happened before the first message here belongs further up; a summary is shown with the ticket.
        var begins = HasEarlier && _messages is [.., var first] ? first.At : DateTimeOffset.MinValue;
        Lines =
        [
            .. _messages.Where(m => !m.IsMark).Select(m => new ThreadLine(m.Id, m.At, m, null))
                .Concat(_timelines.Values.SelectMany(entries => entries).Where(e => e.Kind != "summary" && e.At >= begins).Select(e => new ThreadLine(e.Id, e.At, null, e)))
                .OrderBy(line => line.At).ThenBy(line => line.Id),
        ];
    }
}
