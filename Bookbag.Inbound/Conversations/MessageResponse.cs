using System.Text.Json;
using Bookbag.Inbound.Attribution;
using Bookbag.Inbound.Media;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Inbound.Conversations;

/// <summary>A message as the API shows it.</summary>
/// <param name="By">Of a person's message: the member or key that wrote it; null where nobody knows, as of what was typed on the business's phone.</param>
/// <param name="Text">What a person reads of it: text, caption, label of a button …; of one that was edited the last version, of one that was taken back nothing.</param>
/// <param name="Parts">What it holds besides the text; null for text alone.</param>
/// <param name="Content">Meta's own object for every type but text.</param>
/// <param name="ContextMessageId">Meta's id of the message that this one quotes, answers, reacts to, edits or takes back.</param>
/// <param name="Quoted">That message, where it is known.</param>
/// <param name="Context">Where it comes from besides: forwarded, written from a product.</param>
/// <param name="Referral">The ad or post that the customer came from; on the first message only.</param>
/// <param name="Reactions">The emojis that are on it now.</param>
/// <param name="Versions">All that it ever said, oldest first, where it was edited or taken back.</param>
/// <param name="RevokedAt">When it was taken back.</param>
/// <param name="Error">Why it failed or was not sent, or what it waits for.</param>
/// <param name="Outcome">How an answer of the agent came about.</param>
/// <param name="Score">How well the agent's sources cover the question, 0 to 1.</param>
/// <param name="Campaign">The campaign that sent it, or that the customer answers with it.</param>
public sealed record MessageResponse(
    Guid Id, MessageDirection Direction, MessageAuthor Author, string? By, string Type, string? Text, MessageParts? Parts, JsonElement? Content, MessageFile? File, MessageStatus Status, string? Wamid,
    string? ContextMessageId, QuotedMessage? Quoted, ContextPart? Context, ReferralPart? Referral, IReadOnlyList<MessageReaction> Reactions, IReadOnlyList<MessageVersion> Versions,
    DateTimeOffset? RevokedAt, DateTimeOffset At, DateTimeOffset? SentAt, DateTimeOffset? DeliveredAt, DateTimeOffset? ReadAt, DateTimeOffset? FailedAt,
    MessageErrorResponse? Error, string? Outcome, string? Why, float? Score, JsonElement? Citations, MessageCampaign? Campaign)
{
    internal static MessageResponse Of(Message m, MessageSurroundings around)
    {
        var versions = around.VersionsOf(m);
        var revokedAt = around.RevokedAt(m);
        return new(
            m.Id, m.Direction, m.Author, around.WriterOf(m.Id), m.Type, revokedAt is not null ? null : versions.Count > 0 ? versions[^1].Text : m.Text, MessageParts.Of(m.Type, m.Content), m.Content, around.FileOf(m),
            m.Status, m.Wamid, m.ContextWamid, around.QuotedBy(m), ContextPart.Of(m.Context), ReferralPart.Of(m.Referral), around.ReactionsTo(m.Wamid), versions, revokedAt,
            m.At, m.SentAt, m.DeliveredAt, m.ReadAt, m.FailedAt, m.ErrorText is { } words ? new MessageErrorResponse(m.ErrorCode, words) : null,
            m.Outcome, m.Why, m.Score, m.Citations, around.CampaignOf(m));
    }

    /// <summary>A template, which is no row of the thread.</summary>
    internal static MessageResponse Of(TemplateMessage t, MessageSurroundings around) => new(
        t.Id, MessageDirection.Out, t.Author, around.WriterOf(t.Id), "template", t.Text, null, t.Content is { } content ? JsonElement.Parse(content) : null, null, t.ShownStatus, t.Wamid,
        null, null, null, null, around.ReactionsTo(t.Wamid), [], null,
        t.At, t.SentAt, t.DeliveredAt, t.ReadAt, t.ShownStatus == MessageStatus.Failed ? t.EndedAt : null, t.Problem is { } words ? new MessageErrorResponse(t.ErrorCode, words) : null,
        null, null, null, null, t is { CampaignId: { } campaign, CampaignName: { } name } ? new MessageCampaign(campaign, name, t.Id, null, null, null) : null);
}

/// <summary>A campaign, as a message has to do with it.</summary>
/// <param name="RecipientId">The customer in the campaign.</param>
/// <param name="Rule">Of a customer's message: why it counts as an answer. <c>quoted</c> and <c>button</c> are exact, <c>latest</c> is inferred: it was the latest in the 72 hours before.</param>
/// <param name="Exact">Whether the customer's phone said itself what the message answers.</param>
/// <param name="Late">Whether it came after the 72 hours.</param>
public sealed record MessageCampaign(Guid Id, string Name, Guid RecipientId, string? Rule, bool? Exact, bool? Late);

/// <summary>What is wrong with a message.</summary>
/// <param name="Code">Meta's error code, where Meta said so.</param>
/// <param name="Text">In words.</param>
public sealed record MessageErrorResponse(int? Code, string Text);

/// <summary>The file of a message.</summary>
/// <param name="State"><c>wanted</c>, <c>stored</c>, <c>failed</c> or <c>expired</c>.</param>
/// <param name="Url">Where it is, once it is stored.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Problem">Why it is not there.</param>
/// <param name="Transcript">What the model read in it; that counts as the customer's words.</param>
public sealed record MessageFile(MediaState State, string? Url, string? MimeType, string? Filename, long? Size, string? Problem, string? Transcript);

/// <summary>A message that another one quotes.</summary>
/// <param name="By">As of a message.</param>
public sealed record QuotedMessage(Guid Id, MessageDirection Direction, MessageAuthor Author, string? By, string Type, string? Text, DateTimeOffset At);

/// <summary>An emoji on a message.</summary>
/// <param name="Direction">Whose it is: the customer's (<c>in</c>) or the business's.</param>
public sealed record MessageReaction(MessageDirection Direction, string Emoji, DateTimeOffset At);

/// <summary>What a message said at a time.</summary>
public sealed record MessageVersion(string? Text, DateTimeOffset At);
