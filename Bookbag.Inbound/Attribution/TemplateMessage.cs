using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;
using MessageStatus = Bookbag.Inbound.Conversations.MessageStatus;

namespace Bookbag.Inbound.Attribution;

/// <summary>A template that went to a customer: a campaign's message, a program's, or a person's. Outbound's; read here, never written.</summary>
/// <param name="Id">Outbound's id of it.</param>
/// <param name="CampaignId">Null for a single send.</param>
/// <param name="ReplyMode">Who answers replies to the campaign, <c>ai</c> or <c>human</c>.</param>
/// <param name="ByPerson">Whether a person wrote it in the conversation.</param>
/// <param name="At">Where it stands in the thread.</param>
/// <param name="BegunAt">The earliest time at which the customer can have had it.</param>
/// <param name="Status">As of a message.</param>
/// <param name="Text">What the customer reads.</param>
/// <param name="Content">The template's name, language, footer and buttons, as JSON.</param>
internal sealed record TemplateMessage(
    Guid Id, Guid? CampaignId, string? CampaignName, string? ReplyMode, bool ByPerson, string TemplateName, DateTimeOffset At, DateTimeOffset? BegunAt, string Status, string? Wamid,
    DateTimeOffset? SentAt, DateTimeOffset? DeliveredAt, DateTimeOffset? ReadAt, DateTimeOffset? EndedAt, string? Reason, int? ErrorCode, string? Detail, string? Text, string? Content)
{
    /// <summary>Whether the customer has it, or may have it.</summary>
    public bool MayBeThere => BegunAt is not null && Status is "sending" or "sent" or "delivered" or "read";

    /// <summary>Who wrote it.</summary>
    public MessageAuthor Author => ByPerson ? MessageAuthor.Human : MessageAuthor.Campaign;

    /// <summary>The status as the API shows it.</summary>
    public MessageStatus ShownStatus => EnumWords.TryParse<MessageStatus>(Status, out var status) ? status : MessageStatus.Sending;

    /// <summary>What is wrong with it, or what it waits for.</summary>
    public string? Problem => Reason is null ? null
        : ErrorCode is { } code && GraphErrorKinds.Find(code, null) is { } kind ? $"{char.ToUpperInvariant(kind.Meaning[0])}{kind.Meaning[1..]}. {kind.Advice}"
        : Detail ?? Reason.Replace('_', ' ');

    /// <summary>A row of <see cref="TemplateMessageSql.OfConversation"/>.</summary>
    public static TemplateMessage Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.IsDBNull(1) ? null : row.GetGuid(1), row.Text(2), row.Text(3), row.GetBoolean(4), row.GetString(5), row.GetFieldValue<DateTimeOffset>(6), row.Instant(7),
        row.GetString(8), row.Text(9), row.Instant(10), row.Instant(11), row.Instant(12), row.Instant(13), row.Text(14), row.IsDBNull(15) ? null : row.GetInt32(15), row.Text(16), row.Text(17),
        row.Text(18));
}

/// <summary>The campaign that a customer's message answers, as Outbound found.</summary>
internal sealed record ReplyLink(string Wamid, Guid CampaignId, string CampaignName, Guid RecipientId, string Rule, bool Late);

internal static class TemplateMessageSql
{
    /// <summary>The templates that went to a conversation's customer, the latest first. Served by the indexes on addresses.</summary>
    public const string OfConversation = "SELECT * FROM inbound.template_messages(@channel, @conversation)";

    /// <summary>The same for a request.</summary>
    public static FormattableString Of(Conversation conversation) => $"SELECT * FROM inbound.template_messages({conversation.ChannelId}, {conversation.Id})";

    /// <summary>Which campaigns the customer's messages of a page answer.</summary>
    public static FormattableString LinksOf(Conversation conversation, string[] wamids) => $"SELECT * FROM inbound.reply_links({conversation.ChannelId}, {wamids})";
}
