using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>
/// A message to be sent. It is made by the factory of its type, which refuses with an <see cref="ArgumentException"/> what Meta would
/// refuse; with <c>with { … }</c> it is given what it quotes and our id of it.
/// </summary>
/// <remarks>
/// Lengths are counted in UTF-16 units, never fewer than the characters that Meta counts. Where Meta's pages disagree on a limit
/// the lower one holds (the body of a list: 1,024 in one place, 4,096 in another).
/// </remarks>
public sealed record OutgoingMessage
{
    /// <summary>The longest text.</summary>
    public const int MaxText = 4096;

    /// <summary>The longest caption, and the longest body of an interactive message.</summary>
    public const int MaxCaption = 1024;

    /// <summary>The longest <see cref="CallbackData"/>.</summary>
    public const int MaxCallbackData = 512;

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Action<Utf8JsonWriter> _content;
    private readonly string? _callbackData;

    private OutgoingMessage(CustomerAddress to, string type, Action<Utf8JsonWriter> content)
    {
        if (to.IsEmpty)
            throw new ArgumentException("A message needs a recipient: a phone number or a user id.", nameof(to));
        (To, Type, _content) = (to, type, content);
    }

    /// <summary>The recipient. Where both are known Meta uses the phone number.</summary>
    public CustomerAddress To { get; }

    /// <summary>Meta's type.</summary>
    public string Type { get; }

    /// <summary>The message that this one quotes. Meta shows no quote for templates, and refuses one for reactions.</summary>
    public string? ContextWamid { get; init; }

    /// <summary>Our own id of the message; every status of it brings it back, and so settles a send whose answer was lost.</summary>
    public string? CallbackData
    {
        get => _callbackData;
        init => _callbackData = value is null ? null : Within(value, MaxCallbackData, "The callback data");
    }

    /// <summary>Text. Longer ones are split first: <see cref="MessageText.Split"/>.</summary>
    public static OutgoingMessage Text(CustomerAddress to, string body, bool previewUrl = false)
    {
        Within(body, MaxText, "The text");
        return new OutgoingMessage(to, "text", json =>
        {
            if (previewUrl)
                json.WriteBoolean("preview_url", true);
            json.WriteString("body", body);
        });
    }

    /// <summary>A picture.</summary>
    public static OutgoingMessage Image(CustomerAddress to, MediaSource image, string? caption = null) => Media(to, "image", image, caption, null);

    /// <summary>A film.</summary>
    public static OutgoingMessage Video(CustomerAddress to, MediaSource video, string? caption = null) => Media(to, "video", video, caption, null);

    /// <summary>A file, with the name that the customer sees.</summary>
    public static OutgoingMessage Document(CustomerAddress to, MediaSource document, string? filename = null, string? caption = null) =>
        Media(to, "document", document, caption, filename);

    /// <summary>A recording.</summary>
    public static OutgoingMessage Audio(CustomerAddress to, MediaSource audio) => Media(to, "audio", audio, null, null);

    /// <summary>A sticker.</summary>
    public static OutgoingMessage Sticker(CustomerAddress to, MediaSource sticker) => Media(to, "sticker", sticker, null, null);

    /// <summary>A place.</summary>
    public static OutgoingMessage Location(CustomerAddress to, double latitude, double longitude, string? name = null, string? address = null)
    {
        if (latitude is not (>= -90 and <= 90) || longitude is not (>= -180 and <= 180))
            throw new ArgumentException("A place lies between -90 and 90 degrees north and -180 and 180 degrees east.", nameof(latitude));
        return new OutgoingMessage(to, "location", json =>
        {
            json.WriteNumber("latitude", latitude);
            json.WriteNumber("longitude", longitude);
            WriteOptional(json, "name", name);
            WriteOptional(json, "address", address);
        });
    }

    /// <summary>An emoji on a message of the chat; an empty one takes it away again.</summary>
    public static OutgoingMessage Reaction(CustomerAddress to, string wamid, string emoji)
    {
        Required(wamid, "The message to react to");
        ArgumentNullException.ThrowIfNull(emoji);
        return new OutgoingMessage(to, "reaction", json =>
        {
            json.WriteString("message_id", wamid);
            json.WriteString("emoji", emoji);
        });
    }

    /// <summary>An approved template with its values: all that may be sent outside the customer service window.</summary>
    public static OutgoingMessage Template(CustomerAddress to, string name, string language, IReadOnlyList<TemplateComponent> components)
    {
        Required(name, "The template's name");
        Required(language, "The template's language");
        return new OutgoingMessage(to, "template", json =>
        {
            json.WriteString("name", name);
            json.WriteStartObject("language");
            json.WriteString("code", language);
            json.WriteEndObject();
            if (components.Count == 0)
                return;
            json.WriteStartArray("components");
            foreach (var component in components)
                component.Write(json);
            json.WriteEndArray();
        });
    }

    /// <summary>A text with up to three buttons to answer by.</summary>
    public static OutgoingMessage Buttons(CustomerAddress to, string body, IReadOnlyList<ReplyButton> buttons, string? header = null, string? footer = null)
    {
        if (buttons.Count is < 1 or > 3)
            throw new ArgumentException("There must be one to three buttons.", nameof(buttons));
        foreach (var button in buttons)
        {
            Within(button.Id, 256, "A button's id");
            Within(button.Title, 20, "A button's title");
        }

        if (buttons.DistinctBy(button => button.Title).Count() < buttons.Count || buttons.DistinctBy(button => button.Id).Count() < buttons.Count)
            throw new ArgumentException("Buttons must differ in title and id.", nameof(buttons));
        return Interactive(to, "button", header, body, footer, json =>
        {
            json.WriteStartArray("buttons");
            foreach (var button in buttons)
            {
                json.WriteStartObject();
                json.WriteString("type", "reply");
                json.WriteStartObject("reply");
                json.WriteString("id", button.Id);
                json.WriteString("title", button.Title);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    /// <summary>A text with a button that opens a list of up to ten choices.</summary>
    public static OutgoingMessage List(
        CustomerAddress to, string body, string button, IReadOnlyList<ListSection> sections, string? header = null, string? footer = null)
    {
        Within(button, 20, "The list's button");
        var rows = sections.SelectMany(section => section.Rows).ToList();
        if (sections.Count is < 1 or > 10 || rows.Count is < 1 or > 10 || sections.Any(section => section.Rows.Count == 0))
            throw new ArgumentException("A list has one to ten rows in one to ten sections, none of them empty.", nameof(sections));
        foreach (var section in sections)
        {
            if (section.Title is not null || sections.Count > 1)
                Within(section.Title ?? "", 24, "A section's title");
        }

        foreach (var row in rows)
        {
            Within(row.Id, 200, "A row's id");
            Within(row.Title, 24, "A row's title");
            if (row.Description is not null)
                Within(row.Description, 72, "A row's description");
        }

        if (rows.DistinctBy(row => row.Id).Count() < rows.Count)
            throw new ArgumentException("Rows must differ in id.", nameof(sections));
        return Interactive(to, "list", header, body, footer, json =>
        {
            json.WriteString("button", button);
            json.WriteStartArray("sections");
            foreach (var section in sections)
                section.Write(json);
            json.WriteEndArray();
        });
    }

    /// <summary>The body of the request, <c>{"messaging_product":"whatsapp","to":"+1650…","type":"text","text":{"body":"…"}}</c>.</summary>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Json))
            Write(json);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Names neither the recipient nor what is said.</summary>
    public override string ToString() => $"an outgoing message of type {Type}";

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("messaging_product", "whatsapp");
        json.WriteString("recipient_type", "individual");

        // Without the plus Meta takes the number for a national one of the business's country.
        if (To.Phone is { } phone)
            json.WriteString("to", "+" + phone);
        else
            json.WriteString("recipient", To.UserId);
        if (ContextWamid is not null)
        {
            json.WriteStartObject("context");
            json.WriteString("message_id", ContextWamid);
            json.WriteEndObject();
        }

        WriteOptional(json, "biz_opaque_callback_data", CallbackData);
        json.WriteString("type", Type);
        json.WriteStartObject(Type);
        _content(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static OutgoingMessage Media(CustomerAddress to, string type, MediaSource source, string? caption, string? filename)
    {
        if (caption is not null)
            Within(caption, MaxCaption, "The caption");
        return new OutgoingMessage(to, type, json =>
        {
            source.Write(json);
            WriteOptional(json, "caption", caption);
            WriteOptional(json, "filename", filename);
        });
    }

    private static OutgoingMessage Interactive(CustomerAddress to, string type, string? header, string body, string? footer, Action<Utf8JsonWriter> action)
    {
        Within(body, MaxCaption, "The text");
        if (header is not null)
            Within(header, 60, "The header");
        if (footer is not null)
            Within(footer, 60, "The footer");
        return new OutgoingMessage(to, "interactive", json =>
        {
            json.WriteString("type", type);
            if (header is not null)
            {
                json.WriteStartObject("header");
                json.WriteString("type", "text");
                json.WriteString("text", header);
                json.WriteEndObject();
            }

            WriteText(json, "body", body);
            if (footer is not null)
                WriteText(json, "footer", footer);
            json.WriteStartObject("action");
            action(json);
            json.WriteEndObject();
        });
    }

    private static void WriteText(Utf8JsonWriter json, string name, string text)
    {
        json.WriteStartObject(name);
        json.WriteString("text", text);
        json.WriteEndObject();
    }

    internal static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    internal static string Required(string value, string what) =>
        string.IsNullOrWhiteSpace(value) ? throw new ArgumentException($"{what} is missing.") : value;

    private static string Within(string value, int max, string what) =>
        Required(value, what).Length <= max ? value : throw new ArgumentException($"{what} has {value.Length} characters; Meta takes {max} at most.");
}
