using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Bookbag.ServiceDefaults.Attribution;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Something a webhook tells that is Outbound's to act on.</summary>
/// <param name="Item">What brought it.</param>
/// <param name="Kind">What it is, as <c>delivery.events</c> names it.</param>
/// <param name="At">When it happened, by Meta's clock.</param>
/// <param name="Payload">Meta's own JSON.</param>
internal sealed record DeliveryEvent(DeliveryItem Item, string Kind, DateTimeOffset At, string Payload)
{
    /// <summary>Meta's name of the subject.</summary>
    public string? Field { get; init; }

    /// <summary>The message it is about.</summary>
    public string? Wamid { get; init; }

    /// <summary>What was sent along with that message.</summary>
    public string? Callback { get; init; }

    /// <summary>The customer, as addresses are kept.</summary>
    public string? Customer { get; init; }

    /// <summary>A status of a message that is not one of our replies.</summary>
    public static DeliveryEvent Of(StatusEntry status) => new(status.Item, "status", status.At, status.Update.Json)
    {
        Wamid = status.Update.Wamid,
        Callback = status.Update.CallbackData,
        Customer = CustomerResolver.Keys(new(status.Update.RecipientPhone, status.Update.RecipientUserId)).FirstOrDefault(),
    };

    /// <summary>A customer's wish for no more of the business's messages, or for them again: once for each address that Meta names; none for any other message.</summary>
    public static IEnumerable<DeliveryEvent> Of(MessageEntry message) =>
        message.Message is InboundMessage inbound && OptWords.WishOf(inbound) is var wish and not OptWish.None
            ? CustomerResolver.Keys(inbound.Customer.Address).Select(address =>
                new DeliveryEvent(message.Item, wish == OptWish.Out ? "opt_out" : "opt_in", message.At, new JsonObject { ["word"] = inbound.Text }.ToJsonString())
                {
                    Wamid = inbound.Wamid,
                    Customer = address,
                })
            : [];

    /// <summary>A customer's message that may answer a campaign; null for signs, notices, groups and imported history.</summary>
    public static DeliveryEvent? ReplyOf(MessageEntry message) =>
        message.Message is InboundMessage { Imported: false, GroupId: null } inbound && (inbound.Kind.IsSaid() || inbound.Kind == MessageKind.Unsupported)
            ? new DeliveryEvent(message.Item, "reply", message.At, new JsonObject
            {
                ["conversationId"] = message.ConversationId,
                ["messageId"] = message.Id,
                ["quoted"] = inbound.ContextWamid,
                ["token"] = ReplyToken.Parse(inbound.Answer?.Id),
                ["optOut"] = OptWords.WishOf(inbound) == OptWish.Out,
            }.ToJsonString())
            { Wamid = inbound.Wamid }
            : null;

    /// <summary>A change of a template, of the account or number, or of a customer's preference; null for what Outbound has no use for.</summary>
    public static DeliveryEvent? Of(DeliveryItem item) => item.Item switch
    {
        PreferenceChange preference => new(item, "preference", WebhookTime.Of(preference.At, item.Delivery), preference.Json)
        {
            Field = "user_preferences",
            Customer = CustomerResolver.Keys(preference.Customer).FirstOrDefault(),
        },
        AccountChange { Field: { } field } change when KindOf(field) is { } kind => new(item, kind, WebhookTime.Of(change.At, item.Delivery), change.Value) { Field = field },
        _ => null,
    };

    /// <summary>Tells what carries no id of Meta's from the same said again: Meta's own time counts, not that of arrival.</summary>
    public byte[] Digest() => SHA256.HashData(Encoding.UTF8.GetBytes($"{Field}\n{(Item.Item as AccountChange)?.At?.ToUnixTimeSeconds()}\n{Payload}"));

    private static string? KindOf(string field) =>
        field.StartsWith("message_template_", StringComparison.Ordinal) || field.StartsWith("template_", StringComparison.Ordinal) ? "template"
        : field is "security" || field.StartsWith("account_", StringComparison.Ordinal) || field.StartsWith("phone_number_", StringComparison.Ordinal)
            || field.StartsWith("business_", StringComparison.Ordinal) ? "account"
        : null;
}

/// <summary>Writes delivery events in the transaction that applies their webhooks, all of a batch by one statement.</summary>
internal static class DeliveryEvents
{
    /// <summary>Signalled when there are new ones.</summary>
    public const string Topic = "delivery_events";

    /// <summary>Those of the channels that have campaigns which customers' messages may answer.</summary>
    public static async Task<HashSet<Guid>> CampaigningAsync(NpgsqlConnection connection, IEnumerable<Guid> channels, CancellationToken cancellationToken)
    {
        await using var command = connection.Statement(ApplySql.Campaigning);
        command.Parameters.AddWithValue("channels", channels.Distinct().ToArray());
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var campaigning = new HashSet<Guid>();
        while (await row.ReadAsync(cancellationToken))
            campaigning.Add(row.GetGuid(0));
        return campaigning;
    }

    /// <summary>Writes them; how many that were.</summary>
    public static async Task<int> WriteAsync(NpgsqlConnection connection, IReadOnlyCollection<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        if (events.Count == 0)
            return 0;
        await using var command = connection.Statement(ApplySql.WriteEvents)
            .Column("workspaces", events, NpgsqlDbType.Uuid, e => e.Item.Channel.WorkspaceId)
            .Column("channels", events, NpgsqlDbType.Uuid, e => e.Item.Channel.ChannelId)
            .Column("agents", events, NpgsqlDbType.Uuid, e => e.Item.Channel.AgentId)
            .Column("kinds", events, NpgsqlDbType.Text, e => e.Kind)
            .Column("fields", events, NpgsqlDbType.Text, e => e.Field)
            .Column("ats", events, NpgsqlDbType.TimestampTz, e => e.At)
            .Column("received", events, NpgsqlDbType.TimestampTz, e => e.Item.Delivery.ReceivedAt)
            .Column("wamids", events, NpgsqlDbType.Text, e => e.Wamid)
            .Column("callbacks", events, NpgsqlDbType.Text, e => e.Callback)
            .Column("customers", events, NpgsqlDbType.Text, e => e.Customer)
            .Column("payloads", events, NpgsqlDbType.Jsonb, e => e.Payload);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Those of them that were not seen before. For what carries no id of Meta's.</summary>
    public static async Task<IReadOnlyList<DeliveryEvent>> NewAsync(NpgsqlConnection connection, IReadOnlyList<DeliveryEvent> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
            return changes;
        var digests = changes.Select(c => (Change: c, Digest: c.Digest())).ToList();
        await using var command = connection.Statement(ApplySql.SeeChanges)
            .Column("channels", digests, NpgsqlDbType.Uuid, d => d.Change.Item.Channel.ChannelId)
            .Column("digests", digests, NpgsqlDbType.Bytea, d => d.Digest)
            .Column("received", digests, NpgsqlDbType.TimestampTz, d => d.Change.Item.Delivery.ReceivedAt);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var seen = new HashSet<(Guid, string)>();
        while (await row.ReadAsync(cancellationToken))
            seen.Add((row.GetGuid(0), Convert.ToHexString(row.GetFieldValue<byte[]>(1))));
        // Removed as they are taken: the same change twice in a batch counts once.
        return digests.FindAll(d => seen.Remove((d.Change.Item.Channel.ChannelId, Convert.ToHexString(d.Digest)))).ConvertAll(d => d.Change);
    }
}
