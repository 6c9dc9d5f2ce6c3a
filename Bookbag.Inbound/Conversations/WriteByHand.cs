using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Conversations;

/// <summary>A person writes to the customer.</summary>
public static class WriteByHand
{
    private static readonly TimeSpan KeepKeysFor = TimeSpan.FromDays(7);

    /// <summary>What to send.</summary>
    /// <param name="Type"><c>text</c>.</param>
    /// <param name="Text">The text, up to 4,096 characters.</param>
    public sealed record Request([Required] string Type, string? Text);

    private sealed record TakenKey(byte[] RequestHash, Guid MessageId);

    /// <summary>
    /// Commits the message as <c>sending</c>; a turn worker sends it, after what is on its way to the customer already, and settles it. A crash on the way
    /// is recovered like that of an answer.
    /// </summary>
    internal static async Task<Results<Created<MessageResponse>, ProblemHttpResult>> Handle(
        Guid id, Request request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, Caller caller, InboundDb db, ChannelDirectory channels,
        WakeUps wakeUps, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await db.FindConversationAsync(id, cancellationToken) is not { } conversation)
            return ConversationEndpoints.NotFound();
        if (Check(request, idempotencyKey) is { } invalid)
            return invalid;

        var now = clock.GetUtcNow();
        var messageId = Guid.CreateVersion7(now);
        var text = request.Text!.Trim(); // checked above

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (idempotencyKey is not null)
        {
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{id}\n{request.Type}\n{text}"));
            if (await db.Database.ExecuteSqlAsync(ConversationSql.TakeKey(caller.WorkspaceId, idempotencyKey, hash, messageId, now), cancellationToken) == 0)
                return await RepeatAsync(db, conversation, caller.WorkspaceId, idempotencyKey, hash, cancellationToken);
            await db.Database.ExecuteSqlAsync(ConversationSql.SweepKeys(now - KeepKeysFor), cancellationToken);
        }

        if (await RefuseAsync(conversation, channels, now, cancellationToken) is { } refusal)
            return refusal;

        await db.Database.ExecuteSqlAsync(ConversationSql.WriteByHand(conversation, messageId, text, $"{caller.Name} replied by hand.", now), cancellationToken);
        var written = await FindMessageAsync(db, conversation, messageId, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        wakeUps.Signal(TurnWorker.Topic);
        return TypedResults.Created((string?)null, MessageResponse.Of(written));
    }

    private static ProblemHttpResult? Check(Request request, string? idempotencyKey) => request switch
    {
        { Type: "template" } => Refusal.Conflict("templates_not_available", "Templates cannot be sent from a conversation yet: this version sends text only."),
        { Type: not "text" } => Refusal.Invalid("message_type_unknown", "The type must be `text`."),
        { Text: var text } when string.IsNullOrWhiteSpace(text) => Refusal.Invalid("text_missing", "Say what to send in `text`."),
        { Text.Length: > OutgoingMessage.MaxText } => Refusal.Invalid("text_too_long", $"The text has {request.Text.Length} characters; WhatsApp takes {OutgoingMessage.MaxText} at most."),
        { Text: { } text } when text.Contains('\0', StringComparison.Ordinal) => Refusal.Invalid("text_invalid", "The text contains the character U+0000."),
        _ when idempotencyKey is { Length: 0 or > 255 } => Refusal.Invalid("idempotency_key_invalid", "The Idempotency-Key must have 1 to 255 characters."),
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
            ? TypedResults.Created((string?)null, MessageResponse.Of(await FindMessageAsync(db, conversation, taken.MessageId, cancellationToken)))
            : Refusal.Problem(StatusCodes.Status422UnprocessableEntity, "idempotency_key_reused", "This Idempotency-Key was used for another message: take a new one.");
    }

    private static Task<Message> FindMessageAsync(InboundDb db, Conversation conversation, Guid messageId, CancellationToken cancellationToken) =>
        db.Set<Message>().AsNoTracking().SingleAsync(m => m.ChannelId == conversation.ChannelId && m.ConversationId == conversation.Id && m.Id == messageId, cancellationToken);
}
