using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>Reads one message of a chat.</summary>
internal static class MessageReader
{
    // {"from":"16505551234","from_user_id":"US.…","id":"wamid.…","timestamp":"1749416383","type":"text","text":{"body":"…"},"context":{"id":"wamid.…"}}
    public static Reading ReadInbound(JsonElement json, string path, ContactList contacts, bool imported)
    {
        JsonElement? message = json;
        if (message.Text("id") is not { } wamid)
            return new Reading("The message has no id.");
        if (contacts.Find(message.Text("from"), message.Text("from_user_id"), message.Text("from_parent_user_id")) is not { } customer)
            return new Reading("The message does not say who wrote it.");

        var type = TypeOf(json);
        var kind = MessageKinds.Parse(type);
        var context = message.Get("context");
        return new Reading(new InboundMessage
        {
            Path = path,
            Wamid = wamid,
            Customer = customer,
            At = message.Time("timestamp"),
            Type = type,
            Kind = kind,
            Text = ReadableText.Of(json, type, kind),
            Content = ContentOf(json, type, kind),
            ContextWamid = ContextOf(json, kind),
            Context = SaysMore(message.Get("context")),
            Media = MediaOf(message.Get(type), kind),
            GroupId = message.Text("group_id"),
            Imported = imported,
            Forwarded = context.Flag("forwarded") || context.Flag("frequently_forwarded"),
            FrequentlyForwarded = context.Flag("frequently_forwarded"),
            Referral = message.Raw("referral"),
            Answer = AnswerOf(json, kind),
            IdentityChange = kind == MessageKind.System ? IdentityReader.ReadSystem(message.Get("system"), customer) : null,
            Errors = GraphErrors.ReadAll(message),
        });
    }

    // {"from":"<our number>","to":"<customer>","to_user_id":"US.…","id":"wamid.…","timestamp":"…","type":"text","text":{"body":"…"}}
    public static Reading ReadEcho(JsonElement json, string path, ContactList contacts, bool imported)
    {
        JsonElement? message = json;
        if (message.Text("id") is not { } wamid)
            return new Reading("The message has no id.");
        if (contacts.Find(message.Text("to"), message.Text("to_user_id"), message.Text("to_parent_user_id")) is not { } customer)
            return new Reading("The message does not say whom it was written to.");

        var type = TypeOf(json);
        var kind = MessageKinds.Parse(type);
        return new Reading(new MessageEcho
        {
            Path = path,
            Wamid = wamid,
            Customer = customer,
            At = message.Time("timestamp"),
            Type = type,
            Kind = kind,
            Text = ReadableText.Of(json, type, kind),
            Content = ContentOf(json, type, kind),
            ContextWamid = ContextOf(json, kind),
            Context = SaysMore(message.Get("context")),
            Media = MediaOf(message.Get(type), kind),
            GroupId = message.Text("group_id"),
            Imported = imported,
        });
    }

    /// <summary>Meta's type; where it is missing, the known type whose part is there.</summary>
    private static string TypeOf(JsonElement message)
    {
        if (LenientJson.Text(message, "type") is { } type)
            return type;
        foreach (var property in message.EnumerateObject())
        {
            if (MessageKinds.Parse(property.Name) != MessageKind.Unknown)
                return property.Name;
        }

        return "unknown";
    }

    /// <summary>What is kept of a message that is more than text: the part of its type, or all of it where that is missing or says the least.</summary>
    private static string? ContentOf(JsonElement message, string type, MessageKind kind) =>
        kind == MessageKind.Text ? null : (kind == MessageKind.Unsupported ? message : message.Get(type) ?? message).GetRawText();

    private static string? SaysMore(JsonElement? context) =>
        context.Get("forwarded") is not null || context.Get("frequently_forwarded") is not null || context.Get("referred_product") is not null ? context?.GetRawText() : null;

    // {"image":{"id":"…","mime_type":"image/jpeg","sha256":"<base64>","url":"https://lookaside.fbsbx.com/…","caption":"…"}}
    private static MediaReference? MediaOf(JsonElement? part, MessageKind kind) =>
        kind is MessageKind.Image or MessageKind.Video or MessageKind.Audio or MessageKind.Document or MessageKind.Sticker && part.Text("id") is { } id
            ? new(id, part.Text("mime_type"), part.Text("filename"), Sha256Text.Parse(part.Text("sha256")), part.Text("url"))
            : null;

    private static string? ContextOf(JsonElement json, MessageKind kind)
    {
        JsonElement? message = json;
        return kind switch
        {
            MessageKind.Reaction => message.Get("reaction").Text("message_id"),
            MessageKind.Edit => message.Get("edit").Text("original_message_id"),
            MessageKind.Revoke => message.Get("revoke").Text("original_message_id"),
            _ => message.Get("context").Text("id"),
        };
    }

    // {"interactive":{"type":"list_reply","list_reply":{"id":"…","title":"…","description":"…"}}}, {"button":{"text":"…","payload":"…"}}
    private static InteractiveAnswer? AnswerOf(JsonElement json, MessageKind kind)
    {
        JsonElement? message = json;
        if (kind == MessageKind.Button && message.Object("button") is { } button)
            return new InteractiveAnswer("button", LenientJson.Text(button, "payload"), LenientJson.Text(button, "text"), null, null);
        if (kind != MessageKind.Interactive || message.Object("interactive") is not { } interactive || LenientJson.Text(interactive, "type") is not { } type)
            return null;

        var part = interactive.Get(type);
        return new InteractiveAnswer(
            type, part.Text("id"), part.Text("title"), part.Text("description"),
            part.Get("response_json") is { ValueKind: JsonValueKind.Object } unwrapped ? unwrapped.GetRawText() : part.Text("response_json"));
    }
}
