using System.Text.Json;
using Bookbag.Outbound.DeliveryEvents;
using Bookbag.ServiceDefaults.Attribution;

namespace Bookbag.Outbound.Attribution;

/// <summary>A customer's message that may answer a campaign.</summary>
/// <param name="MessageId">Inbound's id of it.</param>
/// <param name="Quoted">Meta's id of the message that it quotes.</param>
/// <param name="Token">The recipient whose button was tapped.</param>
/// <param name="OptOut">Whether it is a STOP word.</param>
internal sealed record Reply(
    Guid WorkspaceId, Guid ChannelId, string Wamid, Guid ConversationId, Guid MessageId, DateTimeOffset At, DateTimeOffset ReceivedAt, string? Quoted, Guid? Token, bool OptOut)
{
    /// <summary>The recipient that it was linked to when it was looked at last.</summary>
    public Guid? LinkedTo { get; init; }

    /// <summary>What the rule asks.</summary>
    public CustomerReply Said => new(At, Quoted, Token);

    // {"conversationId":"…","messageId":"…","quoted":"wamid.…","token":"…","optOut":false}
    /// <summary>Reads an event of kind <c>reply</c>; null where it is none.</summary>
    public static Reply? Of(DeliveryEvent happened) =>
        happened is { Kind: "reply", Wamid: { } wamid } && Id(happened.Payload, "conversationId") is { } conversation && Id(happened.Payload, "messageId") is { } message
            ? new Reply(
                happened.WorkspaceId, happened.ChannelId, wamid, conversation, message, happened.At, happened.ReceivedAt,
                happened.Payload.TryGetProperty("quoted", out var quoted) ? quoted.GetString() : null, Id(happened.Payload, "token"),
                happened.Payload.TryGetProperty("optOut", out var optOut) && optOut.ValueKind == JsonValueKind.True)
            : null;

    private static Guid? Id(JsonElement payload, string name) => payload.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetGuid(out var id) ? id : null;
}

/// <summary>What is known of a reply now.</summary>
/// <param name="Link">The campaign that it answers; null for none so far.</param>
/// <param name="LookAt">When it is looked at again; null when nothing can change any more.</param>
internal sealed record Judged(Reply Reply, CampaignLink? Link, DateTimeOffset? LookAt);
