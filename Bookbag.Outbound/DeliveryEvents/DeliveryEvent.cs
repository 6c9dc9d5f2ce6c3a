using System.Text.Json;

namespace Bookbag.Outbound.DeliveryEvents;

/// <summary>Something that Meta, or a customer, said and that concerns Outbound: a row of <c>delivery.events</c>, which Inbound writes.</summary>
/// <param name="Kind">status, template, account, preference, opt_out, opt_in or reply.</param>
/// <param name="At">Meta's own time.</param>
/// <param name="Callback">The id that was sent along with the message of a status, as it came back.</param>
/// <param name="Customer"><c>p:</c> and the digits of a phone number, or <c>u:</c> and a business-scoped user id.</param>
/// <param name="Payload">Meta's own object: the status, the change's value.</param>
public sealed record DeliveryEvent(
    long Id, Guid WorkspaceId, Guid ChannelId, Guid AgentId, string Kind, DateTimeOffset At, string? Wamid, string? Callback, string? Customer,
    JsonElement Payload)
{
    /// <summary>Meta's name of the subject, where the webhook has one.</summary>
    public string? Field { get; init; }

    /// <summary>When the webhook came.</summary>
    public DateTimeOffset ReceivedAt { get; init; }
}
