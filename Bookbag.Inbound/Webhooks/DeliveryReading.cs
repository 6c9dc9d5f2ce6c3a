using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Inbound.Webhooks;

/// <summary>An item of a delivery that concerns one channel, ready to be applied.</summary>
/// <param name="Delivery">What brought it.</param>
/// <param name="Channel">The channel it is for.</param>
/// <param name="Item">What it says.</param>
/// <param name="Number">Its place in the delivery: keeps items of one second in Meta's order.</param>
internal sealed record DeliveryItem(QueuedDelivery Delivery, ChannelRoute Channel, WebhookItem Item, int Number);

/// <summary>An item that is not applied, and why.</summary>
/// <param name="Delivery">What brought it.</param>
/// <param name="Channel">The channel it is for, else one that signed the delivery: its workspace gets to see this.</param>
/// <param name="Path">Where it stands.</param>
/// <param name="Code">Why, for programs.</param>
/// <param name="Reason">Why, in words.</param>
internal sealed record Rejected(QueuedDelivery Delivery, ChannelRoute Channel, string Path, string Code, string Reason);

/// <summary>What deliveries say, each item with its channel; what is for nobody here or cannot be read is set apart.</summary>
internal sealed class DeliveryReading
{
    // Longer than any that Meta gives, shorter than what an index of Postgres takes.
    private const int MaxIdLength = 512;

    private readonly List<DeliveryItem> _items = [];
    private readonly List<Rejected> _rejected = [];
    private readonly Dictionary<Guid, ChannelSign> _channels = [];

    // Each is looked up once: one that was disconnected is looked for in the database.
    private readonly Dictionary<Guid, ChannelRoute?> _signers = [];

    /// <summary>What is to be applied, in order of arrival.</summary>
    public IReadOnlyList<DeliveryItem> Items => _items;

    /// <summary>What is not.</summary>
    public IReadOnlyList<Rejected> Rejected => _rejected;

    /// <summary>What the deliveries tell of the channels themselves.</summary>
    public IReadOnlyCollection<ChannelSign> Channels => _channels.Values;

    /// <summary>Reads deliveries, earliest first.</summary>
    public static async ValueTask<DeliveryReading> ReadAsync(IEnumerable<QueuedDelivery> deliveries, ChannelDirectory channels, CancellationToken cancellationToken)
    {
        var reading = new DeliveryReading();
        foreach (var delivery in deliveries)
            await reading.ReadAsync(delivery, channels, cancellationToken);
        return reading;
    }

    private async ValueTask ReadAsync(QueuedDelivery delivery, ChannelDirectory channels, CancellationToken cancellationToken)
    {
        var signers = new List<ChannelRoute>(delivery.ChannelIds.Length);
        foreach (var id in delivery.ChannelIds)
        {
            if (!_signers.TryGetValue(id, out var signer))
                _signers.Add(id, signer = await channels.FindByIdAsync(id, cancellationToken));
            if (signer is not null)
                signers.Add(signer);
        }

        // Every channel that signed it has been disconnected since: it stays in the log, and concerns nobody.
        if (signers.Count == 0)
            return;
        foreach (var signer in signers)
            Sign(signer, delivery.ReceivedAt, null);

        var number = 0;
        var notification = WebhookReader.Read(delivery.Body);
        foreach (var unreadable in notification.Rejections)
            _rejected.Add(new(delivery, Owner(unreadable.PhoneNumberId), unreadable.Path, "unreadable", unreadable.Reason));
        foreach (var change in notification.Changes)
        {
            foreach (var (channel, item) in Concerned(change))
            {
                if (Problem(item) is var (code, reason))
                    _rejected.Add(new(delivery, channel, item.Path, code, reason));
                else
                    _items.Add(new(delivery, channel, item, number++));
            }
        }

        ChannelRoute Owner(string? phoneNumberId) => signers.Find(s => s.PhoneNumberId == phoneNumberId) ?? signers[0];

        IEnumerable<(ChannelRoute Channel, WebhookItem Item)> Concerned(WebhookChange change)
        {
            if (change.PhoneNumberId is null)
            {
                // What happens to an account, its templates or a customer's user id concerns all its numbers.
                var account = signers.Where(s => s.BusinessAccountId == change.BusinessAccountId).ToList();
                if (change.Items.All(i => i is IdentityUpdate or PreferenceChange or AccountChange or ChannelError))
                    return account.SelectMany(channel => change.Items.Select(item => (channel, item)));
            }

            if (signers.Find(s => s.PhoneNumberId == change.PhoneNumberId) is { } own)
            {
                Sign(own, delivery.ReceivedAt, change.BusinessAccountId);
                return change.Items.Select(item => (own, item));
            }

            _rejected.Add(new(delivery, signers[0], change.Path, "unknown_number", change.PhoneNumberId is null
                ? "It names no phone number."
                : "The phone number is not connected here, or its channel's app secret did not sign this webhook."));
            return [];
        }
    }

    private void Sign(ChannelRoute channel, DateTimeOffset receivedAt, string? businessAccountId)
    {
        var known = _channels.GetValueOrDefault(channel.ChannelId);
        _channels[channel.ChannelId] = new(
            channel, known?.LastWebhookAt > receivedAt ? known.LastWebhookAt : receivedAt, known?.BusinessAccountId ?? businessAccountId);
    }

    private static (string Code, string Reason)? Problem(WebhookItem item) => item switch
    {
        WebhookMessage { GroupId: not null } => ("group_message", "It was written in a group; conversations are with one customer."),
        WebhookMessage { Wamid.Length: > MaxIdLength } or StatusUpdate { Wamid.Length: > MaxIdLength } => ("unreadable", "The message id is longer than any that Meta gives."),
        WebhookMessage m when m.Customer.Phone?.Length > MaxIdLength || m.Customer.UserId?.Length > MaxIdLength => ("unreadable", "The customer's address is longer than any that Meta gives."),
        WebhookMessage { Customer.Address.IsEmpty: true } => ("unreadable", "It does not say which customer it is about."),
        _ => null,
    };
}

/// <summary>What webhooks tell of a channel itself.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="LastWebhookAt">When the latest of them came.</param>
/// <param name="BusinessAccountId">The account that its messages came under.</param>
internal sealed record ChannelSign(ChannelRoute Channel, DateTimeOffset LastWebhookAt, string? BusinessAccountId);
