using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>A conversation as the customer's phone shows it.</summary>
/// <param name="PhoneNumberId">The business's number.</param>
/// <param name="Phone">The customer's number.</param>
/// <param name="UserId">The customer's business-scoped user id.</param>
/// <param name="Name">The customer's profile name.</param>
/// <param name="WindowClosesAt">When the customer service window closes or closed; null where the customer never wrote.</param>
/// <param name="Typing">Whether the phone shows "typing" now.</param>
/// <param name="Items">What happened, in order.</param>
public sealed record ConversationView(
    string PhoneNumberId, string Phone, string UserId, string? Name, DateTimeOffset? WindowClosesAt, bool Typing, IReadOnlyList<ConversationView.Item> Items)
{
    /// <summary>A message, or a mark of the business (types <c>read</c> and <c>typing</c>).</summary>
    public sealed record Item
    {
        /// <summary>Who: <c>customer</c> or <c>business</c>.</summary>
        public required string From { get; init; }

        /// <summary>Meta's message type, or <c>read</c>, <c>typing</c>.</summary>
        public required string Type { get; init; }

        /// <summary>The message's id; of a read mark the id of the last message read.</summary>
        public string? Wamid { get; init; }

        /// <summary>What a person reads of it.</summary>
        public string? Text { get; init; }

        /// <summary>The JSON it came in: the message object of the customer, the request body of the business.</summary>
        public JsonElement? Content { get; init; }

        /// <summary>When it happened.</summary>
        public required DateTimeOffset At { get; init; }

        /// <summary>How far a message of the business has come.</summary>
        public DeliveryStatus? Status { get; init; }

        public DateTimeOffset? SentAt { get; init; }
        public DateTimeOffset? DeliveredAt { get; init; }

        /// <summary>When the other side read it.</summary>
        public DateTimeOffset? ReadAt { get; init; }

        /// <summary>Meta's error code, where it failed.</summary>
        public int? ErrorCode { get; init; }

        /// <summary><c>biz_opaque_callback_data</c>, where the business gave it.</summary>
        public string? Opaque { get; init; }
    }

    /// <summary>To be called under the gate of <see cref="SandboxState"/>.</summary>
    internal static ConversationView Of(Conversation conversation, DateTimeOffset now) => new(
        conversation.Number.Id, conversation.Phone, conversation.UserId, conversation.Name, conversation.WindowClosesAt,
        now < conversation.TypingSince + Conversation.TypingShown, [.. conversation.Items.Select(View)]);

    private static Item View(ConversationItem item) => item switch
    {
        CustomerMessage message => View(message, "customer"),
        BusinessMessage message => View(message, "business") with
        {
            Status = message.Status,
            SentAt = message.SentAt,
            DeliveredAt = message.DeliveredAt,
            ErrorCode = message.Failure?.Code,
            Opaque = message.Opaque,
        },
        ReadMark mark => new Item { From = "business", Type = "read", Wamid = mark.Wamid, At = mark.At },
        _ => new Item { From = "business", Type = "typing", At = item.At },
    };

    private static Item View(SandboxMessage message, string from)
    {
        var content = JsonElement.Parse(message.Body);
        return new Item
        {
            From = from,
            Type = message.Type,
            Wamid = message.Wamid,
            Text = Words(message.Type, content),
            Content = content,
            At = message.At,
            ReadAt = message.ReadAt,
        };
    }

    private static string? Words(string type, JsonElement message)
    {
        if (message.Member(type) is not { ValueKind: JsonValueKind.Object } content)
            return null;
        return type switch
        {
            "text" => content.Text("body"),
            "reaction" => content.Text("emoji"),
            "button" => content.Text("text"),
            "template" => content.Text("name"),
            "location" => content.Text("name"),
            "interactive" => content.Member("body")?.Text("text") ?? (content.Member("button_reply") ?? content.Member("list_reply"))?.Text("title"),
            _ => content.Text("caption"),
        };
    }
}
