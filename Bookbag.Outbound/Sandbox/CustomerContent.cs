using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Samples of what customers send, by Meta's message type.</summary>
internal static class CustomerContent
{
    private static readonly Dictionary<string, string> MediaTypes = new()
    {
        ["image"] = "image/jpeg",
        ["video"] = "video/mp4",
        ["audio"] = "audio/ogg; codecs=opus",
        ["document"] = "application/pdf",
        ["sticker"] = "image/webp",
    };

    public static bool HasSample(string type) =>
        type is "text" or "location" or "contacts" or "reaction" or "button" or "interactive" or "unsupported" || MediaTypes.ContainsKey(type);

    /// <param name="writer">Where to.</param>
    /// <param name="type">The type.</param>
    /// <param name="text">The words in it; some when null.</param>
    /// <param name="answered">The message that a reaction is to.</param>
    /// <param name="ids">Makes media ids.</param>
    public static void WriteSample(Utf8JsonWriter writer, string type, string? text, string answered, MessageIds ids)
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
            case "button":
                writer.WriteStartObject("button"u8);
                writer.WriteString("text"u8, text ?? "Yes");
                writer.WriteString("payload"u8, text ?? "Yes");
                writer.WriteEndObject();
                break;
            case "interactive":
                WriteButtonReply(writer, text ?? "Yes");
                break;
            case "unsupported":
                WriteUnsupported(writer);
                break;
            default:
                WriteMedia(writer, type, text, ids);
                break;
        }
    }

    private static void WriteMedia(Utf8JsonWriter writer, string type, string? text, MessageIds ids)
    {
        var id = ids.Media();
        writer.WriteStartObject(type);
        writer.WriteString("id"u8, id);
        writer.WriteString("mime_type"u8, MediaTypes[type]);
        writer.WriteString("sha256"u8, "wvqXMe6n7n1W0zphvLPoLj+s/NtKqmr3zZ7YzTP7xFI="u8);
        writer.WriteString("url"u8, $"https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid={id}");
        if (text is not null && type is "image" or "video" or "document")
            writer.WriteString("caption"u8, text);
        if (type == "document")
            writer.WriteString("filename"u8, "invoice.pdf"u8);
        if (type == "audio")
            writer.WriteBoolean("voice"u8, true);
        if (type == "sticker")
            writer.WriteBoolean("animated"u8, false);
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
