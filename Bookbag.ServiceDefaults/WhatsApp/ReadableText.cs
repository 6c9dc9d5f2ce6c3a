using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>What a person, or the agent, reads of a message of any type.</summary>
internal static class ReadableText
{
    /// <summary>The text; null where there is nothing to read, as in a picture without a caption.</summary>
    public static string? Of(JsonElement? message, string type, MessageKind kind)
    {
        var part = message.Get(type);
        return kind switch
        {
            MessageKind.Text => part.Text("body"),
            MessageKind.Document => part.Text("caption") ?? part.Text("filename"),
            MessageKind.Image or MessageKind.Video or MessageKind.Audio or MessageKind.Sticker => part.Text("caption"),
            MessageKind.Location => OfLocation(part),
            MessageKind.Contacts => OfContacts(message),
            MessageKind.Reaction => part.Text("emoji"),
            MessageKind.Interactive => OfInteractive(part),
            MessageKind.Button => part.Text("text") ?? part.Text("payload"),
            MessageKind.Order => OfOrder(part),
            MessageKind.System => part.Text("body"),
            MessageKind.Unsupported => OfErrors(message),
            MessageKind.Edit => OfEdit(part),
            MessageKind.Revoke or MessageKind.RequestWelcome => null,
            _ => part.Text("body") ?? part.Text("text") ?? part.Text("caption"),
        };
    }

    private static string? OfLocation(JsonElement? location) =>
        Join(", ", [location.Text("name"), location.Text("address")])
        ?? (location.Text("latitude") is { } latitude && location.Text("longitude") is { } longitude ? $"{latitude}, {longitude}" : null);

    private static string? OfContacts(JsonElement? message) =>
        Join(", ", message.List("contacts").Select(card => OfContact(card)));

    private static string? OfContact(JsonElement? card)
    {
        var name = card.Get("name");
        var phones = Join(", ", card.List("phones").Select(phone => LenientJson.Text(phone, "phone") ?? LenientJson.Text(phone, "wa_id")));
        var called = name.Text("formatted_name") ?? Join(" ", [name.Text("first_name"), name.Text("last_name")]) ?? card.Get("org").Text("company");
        return called is not null && phones is not null ? $"{called} ({phones})" : called ?? phones;
    }

    private static string? OfInteractive(JsonElement? interactive)
    {
        if (interactive.Text("type") is not { } type)
            return null;
        var part = interactive.Get(type);
        return type switch
        {
            "button_reply" or "list_reply" => part.Text("title") ?? part.Text("id"),
            "nfm_reply" => OfForm(part) ?? part.Text("body") ?? part.Text("name"),
            _ => part.Text("title") ?? part.Text("body") ?? part.Text("text") ?? part.Text("response") ?? part.Text("name"),
        };
    }

    /// <summary>A form's answers, one a line; the token that Meta adds says nothing to anybody.</summary>
    private static string? OfForm(JsonElement? form)
    {
        if (form.Get("response_json") is not { } response)
            return null;
        if (response.ValueKind == JsonValueKind.Object)
            return Lines(response);
        try
        {
            // A JSON text inside a JSON text: its own escapes may be as broken as those of a body.
            using var document = JsonDocument.Parse(JsonRepair.Apply(System.Text.Encoding.UTF8.GetBytes(response.AsText() ?? "")));
            return document.RootElement.ValueKind == JsonValueKind.Object ? Lines(document.RootElement) : document.RootElement.AsText();
        }
        catch (JsonException)
        {
            return response.AsText();
        }

        static string? Lines(JsonElement answers) => Join("\n", answers.EnumerateObject()
            .Where(answer => answer.Name != "flow_token")
            .Select(answer => (answer.Value.AsText() ?? (answer.Value.ValueKind is JsonValueKind.Null or JsonValueKind.String ? null : answer.Value.GetRawText())) is { } value
                ? $"{answer.Name}: {value}"
                : null));
    }

    private static string? OfOrder(JsonElement? order)
    {
        var products = Join(", ", order.List("product_items").Select(item => OfProduct(item)));
        return Join("\n", [order.Text("text"), products]);
    }

    private static string? OfProduct(JsonElement? product)
    {
        if (product.Text("product_retailer_id") is not { } id)
            return null;
        var price = Join(" ", [product.Text("item_price"), product.Text("currency")]);
        return $"{product.Text("quantity") ?? "1"} × {id}{(price is null ? "" : $" ({price})")}";
    }

    private static string? OfErrors(JsonElement? message) =>
        GraphErrors.ReadAll(message) is [var error, ..] ? error.Details ?? error.Message : null;

    // {"edit":{"original_message_id":"wamid.…","message":{"type":"text","text":{"body":"…"}}}}; an edit inside an edit is nobody's.
    private static string? OfEdit(JsonElement? edit) =>
        edit.Object("message") is { } edited && LenientJson.Text(edited, "type") is { } type && MessageKinds.Parse(type) is var kind and not MessageKind.Edit
            ? Of(edited, type, kind)
            : null;

    private static string? Join(string separator, IEnumerable<string?> parts)
    {
        var joined = string.Join(separator, parts.Where(part => part is not null));
        return joined.Length == 0 ? null : joined;
    }
}
