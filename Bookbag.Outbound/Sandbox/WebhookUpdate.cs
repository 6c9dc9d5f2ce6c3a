using System.Globalization;
using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>One thing that a webhook tells: an item of a <c>messages</c> change, or a whole change of another field.</summary>
internal abstract class WebhookUpdate(SandboxNumber number)
{
    public SandboxNumber Number { get; } = number;

    /// <summary>Meta's field.</summary>
    public virtual string Field => "messages";

    /// <summary>About how many bytes it takes in a body.</summary>
    public abstract int Size { get; }

    /// <summary>The array of <c>value</c> that it is an item of.</summary>
    public abstract string List { get; }

    /// <summary>Writes the item's contact, where it has one.</summary>
    public virtual void WriteContact(Utf8JsonWriter writer) { }

    /// <summary>Writes the item.</summary>
    public abstract void WriteItem(Utf8JsonWriter writer);

    protected static string Unix(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}

/// <summary>A customer wrote.</summary>
internal sealed class MessageUpdate(CustomerMessage message) : WebhookUpdate(message.Conversation.Number)
{
    public override int Size => message.Body.Length + 512;
    public override string List => "messages";

    public override void WriteContact(Utf8JsonWriter writer) => Contact.Write(writer, message.Conversation, withUsername: true);

    public override void WriteItem(Utf8JsonWriter writer) => writer.WriteRawValue(message.Body, skipInputValidation: true);
}

/// <summary>What became of a message of the business.</summary>
internal sealed class StatusUpdate(BusinessMessage message, DeliveryStatus status, DateTimeOffset at) : WebhookUpdate(message.Conversation.Number)
{
    public override int Size => 1024;
    public override string List => "statuses";

    // Meta names the contact except in failures, and the username from "delivered" on.
    public override void WriteContact(Utf8JsonWriter writer)
    {
        if (status != DeliveryStatus.Failed)
            Contact.Write(writer, message.Conversation, withUsername: status != DeliveryStatus.Sent);
    }

    public override void WriteItem(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, message.Wamid);
        writer.WriteString("status"u8, Name(status));
        writer.WriteString("timestamp"u8, Unix(at));
        // A phone number that Meta may not disclose is left out of what went to a user id.
        if (!message.ToUserId || !message.Conversation.HidePhone)
            writer.WriteString("recipient_id"u8, message.Conversation.Phone);
        if (status != DeliveryStatus.Failed || message.ToUserId)
            writer.WriteString("recipient_user_id"u8, message.Conversation.UserId);
        if (message.Opaque is not null)
            writer.WriteString("biz_opaque_callback_data"u8, message.Opaque);
        if (IsPriced)
            WritePricing(writer);
        if (status == DeliveryStatus.Failed && message.Failure is { } failure)
            WriteErrors(writer, failure);
        writer.WriteEndObject();
    }

    // Pricing comes with "sent" and with exactly one of delivered and read; reactions have none.
    private bool IsPriced => message.Type != "reaction" && status is DeliveryStatus.Sent or DeliveryStatus.Delivered;

    private void WritePricing(Utf8JsonWriter writer)
    {
        var free = message.InWindow && message.Category is "service" or "utility";
        writer.WriteStartObject("pricing"u8);
        writer.WriteBoolean("billable"u8, !free);
        writer.WriteString("pricing_model"u8, "PMP"u8);
        writer.WriteString("type"u8, free ? "free_customer_service"u8 : "regular"u8);
        writer.WriteString("category"u8, message.Category);
        writer.WriteEndObject();
    }

    private static void WriteErrors(Utf8JsonWriter writer, GraphRefusal failure)
    {
        writer.WriteStartArray("errors"u8);
        writer.WriteStartObject();
        writer.WriteNumber("code"u8, failure.Code);
        writer.WriteString("title"u8, failure.Title);
        writer.WriteString("message"u8, failure.Title);
        writer.WriteStartObject("error_data"u8);
        writer.WriteString("details"u8, failure.Details);
        writer.WriteEndObject();
        writer.WriteString("href"u8, "/documentation/business-messaging/whatsapp/support/error-codes"u8);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static ReadOnlySpan<byte> Name(DeliveryStatus status) => status switch
    {
        DeliveryStatus.Sent => "sent"u8,
        DeliveryStatus.Delivered => "delivered"u8,
        DeliveryStatus.Read => "read"u8,
        _ => "failed"u8,
    };
}

/// <summary>A change as somebody wrote it: any field, any value.</summary>
internal sealed class RawUpdate(SandboxNumber number, string name, byte[] value) : WebhookUpdate(number)
{
    public override string Field => name;
    public override int Size => value.Length + 128;
    public override string List => "";

    /// <summary>Writes the whole <c>value</c>.</summary>
    public override void WriteItem(Utf8JsonWriter writer) => writer.WriteRawValue(value);
}

/// <summary>An item of <c>contacts</c>.</summary>
internal static class Contact
{
    public static void Write(Utf8JsonWriter writer, Conversation conversation, bool withUsername)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("profile"u8);
        writer.WriteString("name"u8, conversation.Name ?? $"Customer {conversation.Phone[^4..]}");
        if (withUsername && conversation.Username is { } username)
            writer.WriteString("username"u8, username);
        writer.WriteEndObject();
        if (!conversation.HidePhone)
            writer.WriteString("wa_id"u8, conversation.Phone);
        writer.WriteString("user_id"u8, conversation.UserId);
        writer.WriteEndObject();
    }
}
