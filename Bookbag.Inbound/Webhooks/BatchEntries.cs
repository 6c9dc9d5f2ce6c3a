using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Inbound.Webhooks;

/// <summary>A message on its way into a conversation.</summary>
internal sealed class MessageEntry(DeliveryItem item, WebhookMessage message, Person person)
{
    public DeliveryItem Item => item;

    public QueuedDelivery Delivery => item.Delivery;

    public ChannelRoute Channel => item.Channel;

    public WebhookMessage Message => message;

    public Guid ConversationId => person.Itself.ConversationId;

    /// <summary>Our id of it. It grows with arrival: messages of one second, which is how fine Meta's clock is, stay in order.</summary>
    public Guid Id { get; } = Guid.CreateVersion7(item.Delivery.ReceivedAt.AddMilliseconds(item.Number));

    /// <summary>When it was written. Not in the future: a window counts from here.</summary>
    public DateTimeOffset At { get; } = WebhookTime.Of(message.At, item.Delivery);

    public string Author { get; } = message is MessageEcho ? "human" : message.Kind == MessageKind.System ? "system" : "customer";

    /// <summary>Whether it waits for an answer.</summary>
    public bool Awaiting { get; set; }
}

/// <summary>A status on its way to the message it is about.</summary>
internal sealed class StatusEntry(DeliveryItem item)
{
    // Meta's code for a free-form message outside the customer service window.
    private const int WindowClosed = 131047;

    public DeliveryItem Item => item;

    public QueuedDelivery Delivery => item.Delivery;

    public ChannelRoute Channel => item.Channel;

    public StatusUpdate Update { get; } = (StatusUpdate)item.Item;

    /// <summary>Our own id of the message, where it came back.</summary>
    public Guid? Token { get; } = Guid.TryParse(((StatusUpdate)item.Item).CallbackData, out var id) ? id : null;

    public DateTimeOffset At { get; } = WebhookTime.Of(((StatusUpdate)item.Item).At, item.Delivery);

    public bool ClosesWindow { get; } = item.Item is StatusUpdate { Status: MessageStatus.Failed } failed && failed.Errors.Any(e => e.Code == WindowClosed);

    /// <summary>Whether it says that the message will not arrive, and a person has to be told: late news and replays of old ones are no news.</summary>
    public bool IsFailure(DateTimeOffset now) => Update.Status == MessageStatus.Failed && !Delivery.IsReplay && now < At + Conversations.CustomerServiceWindow.Length;

    /// <summary>The message, once it is found.</summary>
    public StatusTarget? Target { get; set; }
}

/// <summary>The message that a status is about.</summary>
/// <param name="ConversationId">Its conversation.</param>
/// <param name="MessageId">Its id.</param>
/// <param name="At">With channel and id its key.</param>
/// <param name="Settled">Whether Meta's id of it was known.</param>
internal sealed record StatusTarget(Guid ConversationId, Guid MessageId, DateTimeOffset At, bool Settled);

/// <summary>A customer who is reached in another way from now on.</summary>
internal sealed class IdentityEntry(ChannelRoute channel, IdentityChange change)
{
    public ChannelRoute Channel => channel;

    public IdentityChange Change => change;

    /// <summary>The customer's conversation, once it is found.</summary>
    public Guid? ConversationId { get; set; }
}

/// <summary>When something happened that a webhook tells of.</summary>
internal static class WebhookTime
{
    /// <summary>Meta's time; that of arrival where Meta gives none, or one that has not come yet.</summary>
    public static DateTimeOffset Of(DateTimeOffset? at, QueuedDelivery delivery) => at < delivery.ReceivedAt ? at.Value : delivery.ReceivedAt;
}
