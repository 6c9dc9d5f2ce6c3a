using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Samples of what customers send, by Meta's message type.</summary>
internal static class CustomerContent
{
    public static bool HasSample(string type) =>
        type is "text" or "location" or "contacts" or "reaction" or "button" or "interactive" or "order" or "edit" or "revoke" or "system" or "unsupported" || MediaShelf.HasSample(type);

    /// <param name="writer">Where to.</param>
    /// <param name="type">The type.</param>
    /// <param name="text">The words in it; some when null.</param>
    /// <param name="answered">The message that a reaction, an edit or a revoke is about.</param>
    /// <param name="file">The file, where the type has one.</param>
    public static void WriteSample(Utf8JsonWriter writer, string type, string? text, string answered, SandboxFile? file)
    {
        switch (type)
        {
            case "text":
                writer.WriteStartObject("text"u8);
                writer.WriteString("body"u8, text ?? "Hello");
                writer.WriteEndObject();
                break;
            case "location":
                writer.WriteStartObject("location"u8);
                writer.WriteNumber("latitude"u8, 52.5163);
                writer.WriteNumber("longitude"u8, 13.3777);
                writer.WriteString("name"u8, text ?? "Brandenburg Gate");
                writer.WriteString("address"u8, "Pariser Platz, Berlin");
                writer.WriteEndObject();
                break;
            case "contacts":
                WriteContacts(writer, text ?? "Ada Example");
                break;
            case "reaction":
                writer.WriteStartObject("reaction"u8);
                writer.WriteString("message_id"u8, answered);
                writer.WriteString("emoji"u8, text ?? "👍");
                writer.WriteEndObject();
                break;
            case "interactive":
                WriteButtonReply(writer, text ?? "Yes");
                break;
            case "unsupported":
                WriteUnsupported(writer);
                break;
            case "order":
                WriteOrder(writer, text);
                break;
            case "edit":
                WriteEdit(writer, text ?? "Hello!", answered);
                break;
            case "revoke":
                writer.WriteStartObject("revoke"u8);
                writer.WriteString("original_message_id"u8, answered);
                writer.WriteEndObject();
                break;
            case "system":
                WriteNewNumber(writer, text ?? "15550109998");
                break;
            default:
                WriteMedia(writer, type, text, file!);
                break;
        }
    }

    /// <summary>A tap on a quick reply of a template.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="label">What the button says.</param>
    /// <param name="payload">What it brings back.</param>
    public static void WriteButton(Utf8JsonWriter writer, string label, string payload)
    {
        writer.WriteStartObject("button"u8);
        writer.WriteString("text"u8, label);
        writer.WriteString("payload"u8, payload);
        writer.WriteEndObject();
    }

    // Without `url`, which Meta does not always send: the file is asked for by its id.
    private static void WriteMedia(Utf8JsonWriter writer, string type, string? text, SandboxFile file)
    {
        writer.WriteStartObject(type);
        writer.WriteString("id"u8, file.Id);
        writer.WriteString("mime_type"u8, file.MimeType);
        writer.WriteString("sha256"u8, Convert.ToBase64String(file.Sha256));
        if (text is not null && type is "image" or "video" or "document")
            writer.WriteString("caption"u8, text);
        if (file.Filename is not null)
            writer.WriteString("filename"u8, file.Filename);
        if (type == "audio")
            writer.WriteBoolean("voice"u8, true);
        if (type == "sticker")
            writer.WriteBoolean("animated"u8, false);
        writer.WriteEndObject();
    }

    private static void WriteOrder(Utf8JsonWriter writer, string? text)
    {
        writer.WriteStartObject("order"u8);
        writer.WriteString("catalog_id"u8, "194836987003835"u8);
        if (text is not null)
            writer.WriteString("text"u8, text);
        writer.WriteStartArray("product_items"u8);
        writer.WriteStartObject();
        writer.WriteString("product_retailer_id"u8, "mug-blue"u8);
        writer.WriteNumber("quantity"u8, 2);
        writer.WriteNumber("item_price"u8, 12.5m);
        writer.WriteString("currency"u8, "EUR"u8);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteEdit(Utf8JsonWriter writer, string text, string edited)
    {
        writer.WriteStartObject("edit"u8);
        writer.WriteString("original_message_id"u8, edited);
        writer.WriteStartObject("message"u8);
        writer.WriteString("type"u8, "text"u8);
        writer.WriteStartObject("text"u8);
        writer.WriteString("body"u8, text);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteNewNumber(Utf8JsonWriter writer, string phone)
    {
        writer.WriteStartObject("system"u8);
        writer.WriteString("type"u8, "user_changed_number"u8);
        writer.WriteString("body"u8, $"User A changed to {phone}");
        writer.WriteString("wa_id"u8, phone);
        writer.WriteEndObject();
    }

    private static void WriteContacts(Utf8JsonWriter writer, string name)
    {
        writer.WriteStartArray("contacts"u8);
        writer.WriteStartObject();
        writer.WriteStartObject("name"u8);
        writer.WriteString("formatted_name"u8, name);
        writer.WriteString("first_name"u8, name.Split(' ')[0]);
        writer.WriteEndObject();
        writer.WriteStartArray("phones"u8);
        writer.WriteStartObject();
        writer.WriteString("phone"u8, "+1 555 010 9999"u8);
        writer.WriteString("wa_id"u8, "15550109999"u8);
        writer.WriteString("type"u8, "CELL"u8);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteButtonReply(Utf8JsonWriter writer, string title)
    {
        writer.WriteStartObject("interactive"u8);
        writer.WriteString("type"u8, "button_reply"u8);
        writer.WriteStartObject("button_reply"u8);
        writer.WriteString("id"u8, title);
        writer.WriteString("title"u8, title);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteUnsupported(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("errors"u8);
        writer.WriteStartObject();
        writer.WriteNumber("code"u8, 131051);
        writer.WriteString("title"u8, "Message type unknown"u8);
        writer.WriteString("message"u8, "Message type unknown"u8);
        writer.WriteStartObject("error_data"u8);
        writer.WriteString("details"u8, "Message type is currently not supported."u8);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteStartObject("unsupported"u8);
        writer.WriteString("type"u8, "poll"u8);
        writer.WriteEndObject();
    }
}
