using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;

namespace Bookbag.Inbound.Webhooks;

/// <summary>One of our messages as the delivery processor holds it, its row locked: what Meta's statuses do to it is decided here.</summary>
internal sealed class MessageState
{
    public required Guid ChannelId { get; init; }

    public required Guid ConversationId { get; init; }

    public required Guid Id { get; init; }

    /// <summary>With channel and id the message's key.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who wrote it.</summary>
    public required string Author { get; init; }

    public string? Wamid { get; set; }

    public required string Status { get; set; }

    public required short Rank { get; set; }

    public DateTimeOffset? SentAt { get; set; }

    public DateTimeOffset? DeliveredAt { get; set; }

    public DateTimeOffset? ReadAt { get; set; }

    public DateTimeOffset? FailedAt { get; set; }

    public int? ErrorCode { get; set; }

    public string? ErrorText { get; set; }

    /// <summary>When Meta's first status of it came.</summary>
    public DateTimeOffset? FirstStatusAt { get; set; }

    /// <summary>Whether there is anything to write.</summary>
    public bool Changed { get; private set; }

    /// <summary>A row of <see cref="ApplySql.LockMessages"/>.</summary>
    public static MessageState Read(NpgsqlDataReader row) => new()
    {
        ChannelId = row.GetGuid(0),
        ConversationId = row.GetGuid(1),
        Id = row.GetGuid(2),
        At = row.GetFieldValue<DateTimeOffset>(3),
        Wamid = row.Text(4),
        Status = row.GetString(5),
        Rank = row.GetInt16(6),
        SentAt = row.Time(7),
        DeliveredAt = row.Time(8),
        ReadAt = row.Time(9),
        FailedAt = row.Time(10),
        ErrorCode = row.IsDBNull(11) ? null : row.GetInt32(11),
        ErrorText = row.Text(12),
        FirstStatusAt = row.Time(13),
        Author = row.GetString(14),
    };

    /// <summary>Takes a status. Statuses come in any order and more than once: the message only moves up, and each time is kept at its earliest.</summary>
    /// <returns>True when this settled a message whose outcome was unknown.</returns>
    public bool Take(StatusUpdate update, DateTimeOffset at, DateTimeOffset receivedAt)
    {
        var before = Facts;
        // Meta knows the message: what we made of it without an answer (failed, discarded) was a guess.
        var wasUnknown = Wamid is null;
        Wamid ??= update.Wamid;
        FirstStatusAt ??= receivedAt;
        var rank = wasUnknown && Rank == Final ? (short)0 : Rank;

        if (update.Status == MessageStatus.Failed)
            Fail(update, at, rank);
        else
            Advance(update.Status, at, rank);
        Changed |= Facts != before;
        return wasUnknown;
    }

    private void Advance(MessageStatus status, DateTimeOffset at, short rank)
    {
        // Meta may leave out what a later status implies.
        SentAt = Earliest(SentAt, at);
        if (status is MessageStatus.Delivered or MessageStatus.Read or MessageStatus.Played)
            DeliveredAt = Earliest(DeliveredAt, at);
        if (status is MessageStatus.Read or MessageStatus.Played)
            ReadAt = Earliest(ReadAt, at);
        if (status.Rank() > rank)
            (Status, Rank) = (Word(status), status.Rank());
    }

    private void Fail(StatusUpdate update, DateTimeOffset at, short rank)
    {
        FailedAt = Earliest(FailedAt, at);
        ErrorCode = update.Errors is [var error, ..] ? error.Code : ErrorCode;
        ErrorText = update.Errors is [var reason, ..] ? Words(reason) : ErrorText ?? "Meta gave no reason.";
        // What has been on the customer's phone has arrived, whatever comes after.
        if (rank < MessageStatus.Delivered.Rank())
            (Status, Rank) = ("failed", Final);
    }

    private (string?, string, DateTimeOffset?, DateTimeOffset?, DateTimeOffset?, DateTimeOffset?, int?, string?, DateTimeOffset?) Facts =>
        (Wamid, Status, SentAt, DeliveredAt, ReadAt, FailedAt, ErrorCode, ErrorText, FirstStatusAt);

    private static readonly short Final = MessageStatus.Failed.Rank();

    private static string Word(MessageStatus status) => status switch
    {
        MessageStatus.Sent => "sent",
        MessageStatus.Delivered => "delivered",
        MessageStatus.Read => "read",
        MessageStatus.Played => "played",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "A message does not come to this status by Meta's word."),
    };

    private static string Words(GraphError error) => error.Details is { Length: > 0 } details ? $"{error.Advice} ({details})" : error.Advice;

    private static DateTimeOffset Earliest(DateTimeOffset? known, DateTimeOffset at) => known < at ? known.Value : at;
}
