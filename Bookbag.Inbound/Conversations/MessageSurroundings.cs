using Bookbag.Inbound.Attribution;
using Bookbag.Inbound.Media;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Conversations;

/// <summary>What belongs to the messages of a page: reactions, edits and revokes to them, the messages that they quote, their files, who of the team wrote them, and the campaigns that they answer.</summary>
/// <remarks>
/// Put together when a page is read: a reaction or an edit may come before the message that it is about, and stays a message of its own
/// where that never comes. What anybody ever said is changed nowhere.
/// </remarks>
internal sealed class MessageSurroundings
{
    // More on one page than people put on messages.
    private const int MostMarks = 2_000;

    private readonly Conversation _conversation;
    private readonly ILookup<string, Message> _marks;
    private readonly Dictionary<string, Message> _quoted;
    private readonly Dictionary<Guid, StoredMedia> _files;
    private readonly Dictionary<string, TemplateMessage> _templates;
    private readonly Dictionary<string, ReplyLink> _links;
    private readonly Dictionary<Guid, string> _writers;

    private MessageSurroundings(
        Conversation conversation, IEnumerable<Message> marks, IEnumerable<Message> quoted, IEnumerable<StoredMedia> files, IReadOnlyList<TemplateMessage> templates, IEnumerable<ReplyLink> links,
        IEnumerable<Writer> writers)
    {
        _conversation = conversation;
        _marks = marks.ToLookup(m => m.ContextWamid!, StringComparer.Ordinal);
        _quoted = quoted.Where(m => m.Wamid is not null).DistinctBy(m => m.Wamid).ToDictionary(m => m.Wamid!, StringComparer.Ordinal);
        _files = files.ToDictionary(f => f.Id);
        _templates = templates.Where(t => t.Wamid is not null).ToDictionary(t => t.Wamid!, StringComparer.Ordinal);
        _links = links.ToDictionary(l => l.Wamid, StringComparer.Ordinal);
        _writers = writers.ToDictionary(w => w.MessageId, w => w.ActorName);
        Templates = templates;
    }

    private sealed record Writer(Guid MessageId, string ActorName);

    /// <summary>The templates that went to the customer, which are no rows of the thread, the latest first.</summary>
    public IReadOnlyList<TemplateMessage> Templates { get; }

    /// <summary>Reads what belongs to a page.</summary>
    public static async Task<MessageSurroundings> ReadAsync(InboundDb db, Conversation conversation, IReadOnlyList<Message> page, CancellationToken cancellationToken)
    {
        var templates = await db.Database.SqlQuery<TemplateMessage>(TemplateMessageSql.Of(conversation)).ToListAsync(cancellationToken);
        var wamids = page.Select(m => m.Wamid).Concat(templates.Select(t => t.Wamid)).OfType<string>().ToArray();
        var ids = page.Select(m => m.Id).ToArray();
        var messages = db.Set<Message>().AsNoTracking().Where(m => m.ChannelId == conversation.ChannelId && m.ConversationId == conversation.Id);

        // The same words as in the index `messages_marks`.
        var marks = await messages.Where(m => (m.Type == "reaction" || m.Type == "edit" || m.Type == "revoke") && wamids.Contains(m.ContextWamid))
            .OrderBy(m => m.At).ThenBy(m => m.Id).Take(MostMarks).ToListAsync(cancellationToken);

        var elsewhere = page.Select(m => m.ContextWamid).OfType<string>().Except(wamids, StringComparer.Ordinal).ToArray();
        var quoted = elsewhere.Length == 0 ? [] : await db.Set<Message>().FromSql(ConversationSql.OfWamids(conversation, elsewhere)).AsNoTracking().ToListAsync(cancellationToken);
        var files = await db.Set<StoredMedia>().AsNoTracking().Where(f => f.ChannelId == conversation.ChannelId && ids.Contains(f.Id)).ToListAsync(cancellationToken);
        var received = page.Where(m => m.Author == MessageAuthor.Customer).Select(m => m.Wamid).OfType<string>().ToArray();
        var links = received.Length == 0 ? [] : await db.Database.SqlQuery<ReplyLink>(TemplateMessageSql.LinksOf(conversation, received)).ToListAsync(cancellationToken);
        Guid[] byHand = [.. page.Concat(quoted).Where(m => m.Author == MessageAuthor.Human).Select(m => m.Id), .. templates.Where(t => t.ByPerson).Select(t => t.Id)];
        var writers = byHand.Length == 0 ? [] : await db.Database.SqlQuery<Writer>(ConversationSql.WritersOf(conversation, byHand)).ToListAsync(cancellationToken);
        return new(conversation, marks, page.Concat(quoted), files, templates, links, writers);
    }

    /// <summary>What a message said, where it was edited or taken back. Only who wrote a message can do that.</summary>
    public IReadOnlyList<MessageVersion> VersionsOf(Message message)
    {
        var changes = ChangesOf(message).ToList();
        return changes.Count == 0 ? [] : [new(message.Text, message.At), .. changes.Where(m => m.Type == "edit").Select(m => new MessageVersion(m.Text, m.At))];
    }

    /// <summary>When a message was taken back; null when it was not.</summary>
    public DateTimeOffset? RevokedAt(Message message) => ChangesOf(message).FirstOrDefault(m => m.Type == "revoke")?.At;

    /// <summary>The emojis on a message: each side has one at most, the last; one without an emoji took it away.</summary>
    public IReadOnlyList<MessageReaction> ReactionsTo(string? wamid) =>
        [.. MarksOf(wamid).Where(m => m.Type == "reaction").GroupBy(m => m.Direction).Select(side => side.Last()).Where(m => m.Text is not null)
            .Select(m => new MessageReaction(m.Direction, m.Text!, m.At))];

    /// <summary>The message that this one quotes; null when nobody here knows it.</summary>
    public QuotedMessage? QuotedBy(Message message) => message.ContextWamid is not { } wamid ? null
        : _quoted.TryGetValue(wamid, out var quoted) ? new(quoted.Id, quoted.Direction, quoted.Author, WriterOf(quoted.Id), quoted.Type, quoted.Text, quoted.At)
        : _templates.TryGetValue(wamid, out var template) ? new(template.Id, MessageDirection.Out, template.Author, WriterOf(template.Id), "template", template.Text, template.At)
        : null;

    /// <summary>The campaign that a customer's message answers.</summary>
    public MessageCampaign? CampaignOf(Message message) => message is { Direction: MessageDirection.In, Wamid: { } wamid } && _links.TryGetValue(wamid, out var link)
        ? new(link.CampaignId, link.CampaignName, link.RecipientId, link.Rule, link.Rule != "latest", link.Late)
        : null;

    /// <summary>The member or key that wrote a message by hand.</summary>
    public string? WriterOf(Guid messageId) => _writers.GetValueOrDefault(messageId);

    /// <summary>A message's file.</summary>
    public MessageFile? FileOf(Message message) => _files.TryGetValue(message.Id, out var file)
        ? new(file.State, file.State == MediaState.Stored ? $"/api/conversations/{_conversation.Id}/messages/{file.Id}/media" : null,
            file.MimeType, file.Filename, file.Size, file.Problem, file.Transcript)
        : null;

    private IEnumerable<Message> ChangesOf(Message message) => MarksOf(message.Wamid).Where(m => m.Type is "edit" or "revoke" && m.Direction == message.Direction);

    private IEnumerable<Message> MarksOf(string? wamid) => wamid is null ? [] : _marks[wamid];
}
