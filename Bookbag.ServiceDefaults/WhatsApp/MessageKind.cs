namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>What a message is, of the types that are known.</summary>
public enum MessageKind
{
    /// <summary>A type that nobody knew when this was written: shown, and answered like any other.</summary>
    Unknown,

    /// <summary>Text.</summary>
    Text,

    /// <summary>A picture.</summary>
    Image,

    /// <summary>A film.</summary>
    Video,

    /// <summary>A file.</summary>
    Document,

    /// <summary>A sticker.</summary>
    Sticker,

    /// <summary>A recording or a voice note.</summary>
    Audio,

    /// <summary>A place.</summary>
    Location,

    /// <summary>Contact cards.</summary>
    Contacts,

    /// <summary>An emoji put on another message, or taken away from it.</summary>
    Reaction,

    /// <summary>An answer to buttons, a list or a form.</summary>
    Interactive,

    /// <summary>A tap on a quick-reply button of a template.</summary>
    Button,

    /// <summary>A basket of products.</summary>
    Order,

    /// <summary>A notice of WhatsApp itself, such as a changed number.</summary>
    System,

    /// <summary>A message that Meta does not pass on; its errors say why.</summary>
    Unsupported,

    /// <summary>A change of an earlier message.</summary>
    Edit,

    /// <summary>An earlier message taken back.</summary>
    Revoke,

    /// <summary>The chat was opened for the first time; no longer sent since March 2026.</summary>
    RequestWelcome,
}

/// <summary>Meta's words for kinds of messages.</summary>
public static class MessageKinds
{
    /// <summary>The kind of Meta's <c>type</c>; a word nobody knew is <see cref="MessageKind.Unknown"/>.</summary>
    public static MessageKind Parse(string? type) => type switch
    {
        "text" => MessageKind.Text,
        "image" => MessageKind.Image,
        "video" => MessageKind.Video,
        "document" => MessageKind.Document,
        "sticker" => MessageKind.Sticker,
        "audio" or "voice" => MessageKind.Audio,
        "location" => MessageKind.Location,
        "contacts" => MessageKind.Contacts,
        "reaction" => MessageKind.Reaction,
        "interactive" => MessageKind.Interactive,
        "button" => MessageKind.Button,
        "order" => MessageKind.Order,
        "system" => MessageKind.System,
        "unsupported" => MessageKind.Unsupported,
        "edit" => MessageKind.Edit,
        "revoke" => MessageKind.Revoke,
        "request_welcome" => MessageKind.RequestWelcome,
        _ => MessageKind.Unknown,
    };

    /// <summary>Whether a message of this kind is something said to the business, rather than a sign or a notice.</summary>
    public static bool IsSaid(this MessageKind kind) => kind is not
        (MessageKind.Reaction or MessageKind.System or MessageKind.Unsupported or MessageKind.Edit or MessageKind.Revoke or MessageKind.RequestWelcome);
}
