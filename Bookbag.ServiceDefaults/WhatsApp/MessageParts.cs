using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>What a message holds besides its text: for each kind of content one shape, made of Meta's own object.</summary>
/// <remarks>Read when a message is shown, not when it is stored: what Meta sent is kept as it came.</remarks>
public sealed record MessageParts
{
    /// <summary>A file.</summary>
    public MediaPart? Media { get; init; }

    /// <summary>A place.</summary>
    public LocationPart? Location { get; init; }

    /// <summary>Contact cards.</summary>
    public IReadOnlyList<ContactPart>? Contacts { get; init; }

    /// <summary>An emoji on the message that this one is about.</summary>
    public ReactionPart? Reaction { get; init; }

    /// <summary>What was tapped or filled in.</summary>
    public AnswerPart? Answer { get; init; }

    /// <summary>A basket.</summary>
    public OrderPart? Order { get; init; }

    /// <summary>A notice of WhatsApp itself.</summary>
    public NoticePart? Notice { get; init; }

    /// <summary>Why Meta did not pass the message, or its file, on.</summary>
    public ProblemPart? Problem { get; init; }

    /// <summary>Reads a message's content; null where there is nothing but text.</summary>
    /// <param name="type">Meta's type.</param>
    /// <param name="content">The part of that type, or the whole message where that was missing.</param>
    public static MessageParts? Of(string type, JsonElement? content)
    {
        if (content is null)
            return null;
        var parts = MessageKinds.Parse(type) switch
        {
            MessageKind.Image or MessageKind.Video or MessageKind.Audio or MessageKind.Document or MessageKind.Sticker => new MessageParts { Media = MediaPart.Read(type, content) },
            MessageKind.Location => new MessageParts { Location = LocationPart.Read(content) },
            MessageKind.Contacts => new MessageParts { Contacts = ContactPart.ReadAll(content) },
            MessageKind.Reaction => new MessageParts { Reaction = new(content.Text("message_id"), content.Text("emoji")) },
            MessageKind.Interactive => new MessageParts { Answer = AnswerPart.ReadInteractive(content) },
            MessageKind.Button => new MessageParts { Answer = new("button", content.Text("payload"), content.Text("text"), null, null) },
            MessageKind.Order => new MessageParts { Order = OrderPart.Read(content) },
            MessageKind.System => new MessageParts { Notice = NoticePart.Read(content) },
            _ => new MessageParts(),
        };
        parts = parts with { Problem = ProblemPart.Read(content) };
        return parts == new MessageParts() ? null : parts;
    }
}

/// <summary>A file of a message.</summary>
/// <param name="Kind">image, video, audio, document or sticker.</param>
/// <param name="MimeType">Its type, by the sender's word.</param>
/// <param name="Filename">Its name; documents alone have one.</param>
/// <param name="Caption">What stands under it.</param>
/// <param name="Voice">Whether it is a voice note.</param>
/// <param name="Animated">Whether it is a sticker that moves.</param>
public sealed record MediaPart(string Kind, string? MimeType, string? Filename, string? Caption, bool Voice, bool Animated)
{
    // The whole message, kept because its part was missing, has a type of its own.
    internal static MediaPart? Read(string type, JsonElement? media) => media.Text("type") is not null || media.Text("id") is null ? null
        : new(type == "voice" ? "audio" : type, media.Text("mime_type"), media.Text("filename"), media.Text("caption"), media.Flag("voice"), media.Flag("animated"));
}

/// <summary>A place; bare where it is the customer's own position.</summary>
/// <param name="Latitude">Degrees north.</param>
/// <param name="Longitude">Degrees east.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Url">A page about it.</param>
public sealed record LocationPart(double Latitude, double Longitude, string? Name, string? Address, string? Url)
{
    internal static LocationPart? Read(JsonElement? place) => place.Decimal("latitude") is { } latitude && place.Decimal("longitude") is { } longitude
        ? new(latitude, longitude, place.Text("name"), place.Text("address"), place.Text("url"))
        : null;
}

/// <summary>A contact card.</summary>
/// <param name="Name">The person's name.</param>
/// <param name="Company">Where the person works.</param>
/// <param name="Phones">Numbers.</param>
/// <param name="Emails">E-mail addresses.</param>
/// <param name="Urls">Pages.</param>
/// <param name="Birthday">Year, month, day.</param>
/// <param name="Asked">Whether the customer shared their own card because they were asked for it.</param>
public sealed record ContactPart(
    string? Name, string? Company, IReadOnlyList<ContactPhone> Phones, IReadOnlyList<string> Emails, IReadOnlyList<string> Urls, string? Birthday, bool Asked)
{
    internal static IReadOnlyList<ContactPart>? ReadAll(JsonElement? content) => content is { ValueKind: JsonValueKind.Array } cards
        ? [.. cards.EnumerateArray().Select(card => Read(card))]
        : null;

    private static ContactPart Read(JsonElement? card)
    {
        var name = card.Get("name");
        var called = name.Text("formatted_name") ?? string.Join(' ', new[] { name.Text("first_name"), name.Text("last_name") }.OfType<string>());
        return new(
            called.Length == 0 ? null : called, card.Get("org").Text("company"),
            [.. card.List("phones").Select(phone => new ContactPhone(LenientJson.Text(phone, "phone"), LenientJson.Text(phone, "wa_id"), LenientJson.Text(phone, "type")))],
            [.. card.List("emails").Select(email => LenientJson.Text(email, "email")).OfType<string>()],
            [.. card.List("urls").Select(url => LenientJson.Text(url, "url")).OfType<string>()],
            card.Text("birthday"), card.Text("origin") == "contact_request");
    }
}

/// <summary>A number on a contact card.</summary>
/// <param name="Phone">As it is written there.</param>
/// <param name="WaId">The same as WhatsApp knows it.</param>
/// <param name="Type">home, work, cell …</param>
public sealed record ContactPhone(string? Phone, string? WaId, string? Type);

/// <summary>An emoji on a message.</summary>
/// <param name="Wamid">Meta's id of that message.</param>
/// <param name="Emoji">The emoji; null when it was taken away.</param>
public sealed record ReactionPart(string? Wamid, string? Emoji);

/// <summary>What a customer tapped or filled in.</summary>
/// <param name="Type">button_reply, list_reply, nfm_reply (a form) …, and button for a template's quick reply.</param>
/// <param name="Id">The id or payload that the choice was given.</param>
/// <param name="Title">The label.</param>
/// <param name="Description">The line under the label in a list.</param>
/// <param name="Form">A form's answers; a text where it is not the object that it should be.</param>
public sealed record AnswerPart(string Type, string? Id, string? Title, string? Description, JsonElement? Form)
{
    internal static AnswerPart? ReadInteractive(JsonElement? interactive)
    {
        if (interactive.Text("type") is not { } type)
            return null;
        var part = interactive.Get(type);
        return new(type, part.Text("id"), part.Text("title"), part.Text("description"), FormOf(part.Get("response_json")));
    }

    private static JsonElement? FormOf(JsonElement? response)
    {
        if (response is not { ValueKind: JsonValueKind.String } text)
            return response;
        try
        {
            return JsonElement.Parse(text.GetString()!);
        }
        catch (JsonException)
        {
            return response;
        }
    }
}

/// <summary>A basket of products.</summary>
/// <param name="CatalogId">The catalog they are from.</param>
/// <param name="Text">What the customer wrote to it.</param>
/// <param name="Items">The products.</param>
public sealed record OrderPart(string? CatalogId, string? Text, IReadOnlyList<OrderItem> Items)
{
    internal static OrderPart Read(JsonElement? order) => new(order.Text("catalog_id"), order.Text("text"), [.. order.List("product_items").Select(item => Item(item))]);

    private static OrderItem Item(JsonElement? item) => new(item.Text("product_retailer_id"), item.Decimal("quantity"), item.Decimal("item_price"), item.Text("currency"));
}

/// <summary>A product in a basket.</summary>
/// <param name="ProductId">The business's own id of it.</param>
/// <param name="Quantity">How many.</param>
/// <param name="Price">The price of one.</param>
/// <param name="Currency">In which currency.</param>
public sealed record OrderItem(string? ProductId, double? Quantity, double? Price, string? Currency);

/// <summary>A notice of WhatsApp itself.</summary>
/// <param name="Type">user_changed_number, user_changed_user_id, customer_identity_changed …</param>
/// <param name="Text">In Meta's words.</param>
/// <param name="Phone">The new number.</param>
/// <param name="UserId">The new user id.</param>
public sealed record NoticePart(string? Type, string? Text, string? Phone, string? UserId)
{
    internal static NoticePart Read(JsonElement? system) =>
        new(system.Text("type"), system.Text("body"), CustomerAddress.NormalizePhone(system.Text("wa_id") ?? system.Text("new_wa_id")), system.Text("user_id"));
}

/// <summary>Why a message or its file did not come.</summary>
/// <param name="Code">Meta's error code.</param>
/// <param name="Text">In words.</param>
/// <param name="Type">What kind of message it is, where Meta says so: poll, edit, button …</param>
public sealed record ProblemPart(int? Code, string Text, string? Type)
{
    internal static ProblemPart? Read(JsonElement? content)
    {
        var type = content.Get("unsupported").Text("type");
        return GraphErrors.ReadAll(content) is [var error, ..] ? new(error.Code, error.Details ?? error.Message, type)
            : type is not null ? new(null, "WhatsApp does not pass messages of this kind on.", type)
            : null;
    }
}

/// <summary>The ad or post that a customer came from.</summary>
/// <param name="SourceType">ad or post.</param>
/// <param name="SourceId">Meta's id of it.</param>
/// <param name="SourceUrl">Where it is.</param>
/// <param name="Headline">Its headline.</param>
/// <param name="Body">Its text.</param>
/// <param name="MediaType">image or video.</param>
/// <param name="MediaUrl">Its picture or film.</param>
/// <param name="ClickId">Meta's id of the click (ctwa_clid).</param>
public sealed record ReferralPart(string? SourceType, string? SourceId, string? SourceUrl, string? Headline, string? Body, string? MediaType, string? MediaUrl, string? ClickId)
{
    /// <summary>Reads Meta's referral.</summary>
    public static ReferralPart? Of(JsonElement? referral) => referral is null ? null : new(
        referral.Text("source_type"), referral.Text("source_id"), referral.Text("source_url"), referral.Text("headline"), referral.Text("body"), referral.Text("media_type"),
        referral.Text("image_url") ?? referral.Text("video_url"), referral.Text("ctwa_clid"));
}

/// <summary>What a message says of where it comes from, besides the message it quotes.</summary>
/// <param name="Forwarded">Whether it was forwarded.</param>
/// <param name="FrequentlyForwarded">Whether it was forwarded more than five times.</param>
/// <param name="CatalogId">The catalog of the product it was written from.</param>
/// <param name="ProductId">The product it was written from.</param>
public sealed record ContextPart(bool Forwarded, bool FrequentlyForwarded, string? CatalogId, string? ProductId)
{
    /// <summary>Reads Meta's context.</summary>
    public static ContextPart? Of(JsonElement? context)
    {
        var product = context.Get("referred_product");
        var often = context.Flag("frequently_forwarded");
        return context is null ? null : new(often || context.Flag("forwarded"), often, product.Text("catalog_id"), product.Text("product_retailer_id"));
    }
}
