using System.Security.Cryptography;
using System.Text;
using Bookbag.Inbound.Attribution;
using Bookbag.Inbound.HelpDesk;
using Bookbag.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Conversations;

/// <summary>A person sends an approved template to the customer: also when the customer service window is closed, which is what templates are for.</summary>
/// <remarks>
/// It goes the way of Outbound's single sends, and stands in the thread from there. First Outbound writes it down, then the conversation follows: who
/// dies between the two and is asked again with the same key only makes up for the second.
/// </remarks>
internal static class SendTemplate
{
    public static async Task<Results<Created<MessageResponse>, ProblemHttpResult>> HandleAsync(
        Conversation conversation, WriteByHand.Request request, string? idempotencyKey, WriteByHand.Tools tools, CancellationToken cancellationToken)
    {
        if (request.TemplateId is not { } templateId)
            return Refusal.Invalid("template_missing", "Say in `templateId` which template to send.");
        if (idempotencyKey is { Length: 0 or > 255 })
            return Refusal.Invalid("idempotency_key_invalid", "The Idempotency-Key must have 1 to 255 characters.");
        if (await tools.Channels.FindByIdAsync(conversation.ChannelId, cancellationToken) is null)
            return Refusal.Conflict("channel_not_connected", "The conversation's WhatsApp number is not connected any more.");

        var to = conversation.CustomerPhone is { } phone ? $"+{phone}" : conversation.CustomerUserId!; // one of them is there
        var send = new OutboundClient.Send(templateId, to, request.Variables ?? new Dictionary<string, string>(), conversation.Id);
        var (sent, refused) = await tools.Outbound.SendTemplateAsync(conversation.AgentId, send, KeyOf(conversation, idempotencyKey), cancellationToken);
        if (sent is not { } id)
            return refused!; // one of the two

        var (db, caller, now) = (tools.Db, tools.Caller, tools.Clock.GetUtcNow());
        var around = await MessageSurroundings.ReadAsync(db, conversation, [], cancellationToken);
        if (around.Templates.FirstOrDefault(t => t.Id == id) is not { } template)
            return Refusal.Conflict("template_sent_elsewhere", "The template is on its way, but to an address that is not this conversation's any more.");

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(ConversationSql.FollowTemplate(conversation, template.Text, template.At, $"{caller.Name} sent a template.", now), cancellationToken);
        await db.Database.ExecuteSqlAsync(ConversationSql.Sign(conversation, id, caller), cancellationToken);
        await db.LetTicketFollowAsync(conversation, TicketFact.Person, caller, now, cancellationToken, [id]);
        await transaction.CommitAsync(cancellationToken);
        tools.WakeUps.Signal(TurnWorker.Topic);
        tools.WakeUps.SignalTickets();
        return TypedResults.Created((string?)null, MessageResponse.Of(template, around) with { By = caller.Name });
    }

    // Outbound's keys are the workspace's: the same key for another conversation is another message there, as it is here.
    private static string? KeyOf(Conversation conversation, string? key) =>
        key is null ? null : $"conversation:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{conversation.Id}\n{key}")))}";
}
