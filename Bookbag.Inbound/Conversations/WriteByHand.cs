using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Bookbag.Inbound.Attribution;
using Bookbag.Inbound.HelpDesk;
using Bookbag.Inbound.Media;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bookbag.Inbound.Conversations;

/// <summary>A person writes to the customer.</summary>
public static class WriteByHand
{
    private static readonly TimeSpan KeepKeysFor = TimeSpan.FromDays(7);

    /// <summary>What to send. A new file comes as <c>multipart/form-data</c> instead: <c>file</c>, <c>caption</c>, <c>replyTo</c>.</summary>
    /// <param name="Type"><c>text</c>, <c>template</c>, or <c>media</c> for a file that is in a conversation of this number already.</param>
    /// <param name="Text">The text, up to 4,096 characters.</param>
    /// <param name="MediaId">The message whose file is sent again.</param>
    /// <param name="Caption">What stands under the file, up to 1,024 characters.</param>
    /// <param name="ReplyTo">The message of this conversation that is quoted.</param>
    /// <param name="TemplateId">The approved template to send; allowed also when the customer service window is closed.</param>
    /// <param name="Variables">A value for each of the template's variables.</param>
    public sealed record Request(
        [Required] string Type, string? Text, Guid? MediaId = null, string? Caption = null, Guid? ReplyTo = null, Guid? TemplateId = null,
        IReadOnlyDictionary<string, string>? Variables = null);

    private sealed record TakenKey(byte[] RequestHash, Guid MessageId);

    /// <summary>What is to be sent, checked.</summary>
    public sealed record Draft(string Type, string? Text, Guid? ReplyTo, OutgoingFile? File)
    {
        /// <summary>The same request has the same.</summary>
        public byte[] Hash(Guid conversationId) =>
            SHA256.HashData(Encoding.UTF8.GetBytes($"{conversationId}\n{Type}\n{Text}\n{ReplyTo}\n{(File is null ? "" : Convert.ToHexString(File.Sha256))}"));
    }

    /// <summary>What is needed to send it.</summary>
    internal sealed class Tools(Caller caller, InboundDb db, ChannelDirectory channels, OutboundClient outbound, WakeUps wakeUps, TimeProvider clock)
    {
        public Caller Caller => caller;
        public InboundDb Db => db;
        public ChannelDirectory Channels => channels;
        public OutboundClient Outbound => outbound;
        public WakeUps WakeUps => wakeUps;
        public TimeProvider Clock => clock;
    }

    /// <summary>
    /// Commits the message as <c>sending</c>; a turn worker sends it, after what is on its way to the customer already, and settles it. A crash on the way
    /// is recovered like that of an answer.
    /// </summary>
    internal static async Task<Results<Created<MessageResponse>, ProblemHttpResult>> Handle(
        Guid id, Request request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, [FromServices] Tools tools, CancellationToken cancellationToken)
    {
        if (await tools.Db.FindConversationAsync(id, cancellationToken) is not { } conversation)
            return ConversationEndpoints.NotFound();
        if (Check(request) is { } invalid)
            return invalid;
        if (request.Type == "template")
            return await SendTemplate.HandleAsync(conversation, request, idempotencyKey, tools, cancellationToken);
        if (request.Type == "text")
            return await WriteAsync(conversation, new("text", request.Text!.Trim(), request.ReplyTo, null), idempotencyKey, tools, cancellationToken); // checked above

        var stored = await tools.Db.Set<StoredMedia>().AsNoTracking()
            .SingleOrDefaultAsync(m => m.ChannelId == conversation.ChannelId && m.Id == request.MediaId, cancellationToken);
        if (stored is not { State: MediaState.Stored })
            return Refusal.Invalid("media_not_found", "There is no such file on this number, or it is not kept any more.");
        return await WriteFileAsync(conversation, stored.MimeType, stored.Filename, stored.Size ?? 0, request.Caption, request.ReplyTo,
            kind => Task.FromResult(new OutgoingFile(kind, stored.MimeType!, stored.Filename, stored.Size ?? 0, stored.Sha256!) { Source = stored.Id }), idempotencyKey, tools, cancellationToken);
    }

    /// <summary>The same with a file that comes along.</summary>
    internal static async Task<Results<Created<MessageResponse>, ProblemHttpResult>> HandleFile(
        Guid id, IFormFile file, [FromForm] string? caption, [FromForm] Guid? replyTo, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        [FromServices] Tools tools, CancellationToken cancellationToken)
    {
        if (await tools.Db.FindConversationAsync(id, cancellationToken) is not { } conversation)
            return ConversationEndpoints.NotFound();
        await using var content = file.OpenReadStream();
        var name = Path.GetFileName(file.FileName);
        return await WriteFileAsync(conversation, file.ContentType, name, file.Length, caption, replyTo,
            async kind => new OutgoingFile(kind, file.ContentType, name, file.Length, await OutgoingFile.HashAsync(content, cancellationToken)) { Content = content },
            idempotencyKey, tools, cancellationToken);
    }

    private static async Task<Results<Created<MessageResponse>, ProblemHttpResult>> WriteFileAsync(
        Conversation conversation, string? mimeType, string? filename, long size, string? caption, Guid? replyTo, Func<string, Task<OutgoingFile>> open,
        string? idempotencyKey, Tools tools, CancellationToken cancellationToken)
    {
        var words = string.IsNullOrWhiteSpace(caption) ? null : caption.Trim();
        if (MediaTypes.KindOf(mimeType) is not { } kind)
            return Refusal.Invalid("media_type_not_allowed", $"WhatsApp takes no file of type {mimeType ?? "unknown"}. It takes: {MediaTypes.All}.");
        if (size == 0)
            return Refusal.Invalid("media_empty", "The file is empty.");
        if (size > MediaTypes.LimitOf(kind))
            return Refusal.Problem(StatusCodes.Status413PayloadTooLarge, "media_too_large", $"WhatsApp takes {MediaTypes.LimitOf(kind) / 1024:N0} KB at most of this kind ({kind}); {filename ?? "the file"} has {size / 1024:N0}.");
        if (words is not null && kind is "audio" or "sticker")
            return Refusal.Invalid("caption_not_possible", "A recording or sticker has no caption: send the words as a message of their own.");
        if (words?.Length > OutgoingMessage.MaxCaption)
            return Refusal.Invalid("caption_too_long", $"The caption has {words.Length} characters; WhatsApp takes {OutgoingMessage.MaxCaption} at most.");
        if (words?.Contains('\0', StringComparison.Ordinal) == true)
            return Refusal.Invalid("text_invalid", "The caption contains the character U+0000.");
        return await WriteAsync(conversation, new(kind, words, replyTo, await open(kind)), idempotencyKey, tools, cancellationToken);
    }

    private static async Task<Results<Created<MessageResponse>, ProblemHttpResult>> WriteAsync(
        Conversation conversation, Draft draft, string? idempotencyKey, Tools tools, CancellationToken cancellationToken)
    {
        if (idempotencyKey is { Length: 0 or > 255 })
            return Refusal.Invalid("idempotency_key_invalid", "The Idempotency-Key must have 1 to 255 characters.");

        var (db, caller) = (tools.Db, tools.Caller);
        var now = tools.Clock.GetUtcNow();
        var messageId = Guid.CreateVersion7(now);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (idempotencyKey is not null)
        {
            var hash = draft.Hash(conversation.Id);
            if (await db.Database.ExecuteSqlAsync(ConversationSql.TakeKey(caller.WorkspaceId, idempotencyKey, hash, messageId, now), cancellationToken) == 0)
                return await RepeatAsync(db, conversation, caller.WorkspaceId, idempotencyKey, hash, cancellationToken);
            await db.Database.ExecuteSqlAsync(ConversationSql.SweepKeys(now - KeepKeysFor), cancellationToken);
        }

        if (await RefuseAsync(conversation, tools.Channels, now, cancellationToken) is { } refusal)
            return refusal;
        string? quoted = null;
        if (draft.ReplyTo is { } replyTo)
        {
            quoted = await db.Set<Message>().Where(m => m.ChannelId == conversation.ChannelId && m.ConversationId == conversation.Id && m.Id == replyTo)
                .Select(m => m.Wamid).SingleOrDefaultAsync(cancellationToken);
            if (quoted is null)
                return Refusal.Invalid("reply_to_unknown", "There is no such message in this conversation, or WhatsApp has not taken it yet.");
        }

        await db.Database.ExecuteSqlAsync(
            ConversationSql.WriteByHand(conversation, messageId, draft.Text, $"{caller.Name} replied by hand.", now, draft.Type, quoted), cancellationToken);
        await db.Database.ExecuteSqlAsync(ConversationSql.Sign(conversation, messageId, caller), cancellationToken);
        if (draft.File is { } file)
        {
            await MediaStore.AddAsync((NpgsqlConnection)db.Database.GetDbConnection(), conversation.ChannelId, conversation.Id, conversation.AgentId, messageId, file, now, cancellationToken);
        }

        await db.LetTicketFollowAsync(conversation, TicketFact.Person, caller, now, cancellationToken, [messageId]);
        var written = await DescribeAsync(db, conversation, messageId, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        tools.WakeUps.Signal(draft.File is null ? TurnWorker.Topic : MediaWorker.Topic);
        tools.WakeUps.SignalTickets();
        return TypedResults.Created((string?)null, written);
    }

    private static ProblemHttpResult? Check(Request request) => request switch
    {
        { Type: "template" } => null,
        { Type: "media", MediaId: null } => Refusal.Invalid("media_missing", "Say in `mediaId` which message's file to send, or send a new one as multipart/form-data."),
        { Type: "media" } => null,
        { Type: not "text" } => Refusal.Invalid("message_type_unknown", "The type must be `text`, `media` or `template`."),
        { Text: var text } when string.IsNullOrWhiteSpace(text) => Refusal.Invalid("text_missing", "Say what to send in `text`."),
        { Text.Length: > OutgoingMessage.MaxText } => Refusal.Invalid("text_too_long", $"The text has {request.Text.Length} characters; WhatsApp takes {OutgoingMessage.MaxText} at most."),
        { Text: { } text } when text.Contains('\0', StringComparison.Ordinal) => Refusal.Invalid("text_invalid", "The text contains the character U+0000."),
        _ => null,
    };

    private static async Task<ProblemHttpResult?> RefuseAsync(Conversation conversation, ChannelDirectory channels, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!conversation.Window.AllowsSendingAt(now))
        {
            return Refusal.Conflict("window_closed", conversation.Window switch
            {
                { RefusedAt: { } refused } => $"WhatsApp closed the 24-hour customer service window ({refused:u}). Only an approved template can be sent until the customer writes again.",
                { ClosesAt: { } closes } => $"The 24-hour customer service window closes at {closes:u}, and nothing is sent in its last {CustomerServiceWindow.SafetyMargin.TotalMinutes:0} minutes. Only an approved template can be sent until the customer writes again.",
                _ => "The customer has not written yet: only an approved template can open the conversation.",
            });
        }

        return await channels.FindByIdAsync(conversation.ChannelId, cancellationToken) is null
            ? Refusal.Conflict("channel_not_connected", "The conversation's WhatsApp number is not connected any more.")
            : null;
    }

    /// <summary>The same request again is answered as it was; another one cannot have the key.</summary>
    private static async Task<Results<Created<MessageResponse>, ProblemHttpResult>> RepeatAsync(
        InboundDb db, Conversation conversation, Guid workspaceId, string key, byte[] hash, CancellationToken cancellationToken)
    {
        var taken = await db.Database.SqlQuery<TakenKey>(ConversationSql.FindKey(workspaceId, key)).SingleAsync(cancellationToken);
        return taken.RequestHash.AsSpan().SequenceEqual(hash)
            ? TypedResults.Created((string?)null, await DescribeAsync(db, conversation, taken.MessageId, cancellationToken))
            : Refusal.Problem(StatusCodes.Status422UnprocessableEntity, "idempotency_key_reused", "This Idempotency-Key was used for another message: take a new one.");
    }

    private static async Task<MessageResponse> DescribeAsync(InboundDb db, Conversation conversation, Guid messageId, CancellationToken cancellationToken)
    {
        var message = await db.Set<Message>().AsNoTracking()
            .SingleAsync(m => m.ChannelId == conversation.ChannelId && m.ConversationId == conversation.Id && m.Id == messageId, cancellationToken);
        return MessageResponse.Of(message, await MessageSurroundings.ReadAsync(db, conversation, [message], cancellationToken));
    }
}
