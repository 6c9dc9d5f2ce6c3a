using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Meta's rules for the body of <c>POST /messages</c>: the frame, and the kinds that have few rules. Pure.</summary>
internal static class MessageRules
{
    private const int MostOpaque = 512;

    /// <summary>Reads a body that sends a message.</summary>
    /// <returns>Why Meta refuses it; null where <paramref name="request"/> is what it asks for.</returns>
    public static GraphRefusal? Read(JsonElement body, out SendRequest? request)
    {
        request = null;
        if (Frame(body) is { } unframed)
            return unframed;
        if (Recipient(body, out var to, out var phone, out var userId) is { } unaddressed)
            return unaddressed;

        // Meta takes a body without type for text.
        var type = body.Text("type") ?? "text";
        if (Check(type, body) is { } refusal)
            return refusal;
        request = new SendRequest(to, phone, userId, type, body.GetProperty(type), body.Text("biz_opaque_callback_data"));
        return null;
    }

    /// <summary>Reads a body that marks as read, known by its <c>status</c>.</summary>
    public static GraphRefusal? ReadMark(JsonElement body, out ReadRequest? request)
    {
        request = null;
        if (body.Text("messaging_product") != "whatsapp")
            return GraphRefusal.Parameter("The parameter messaging_product is required.");
        if (body.Text("status") != "read")
            return GraphRefusal.Parameter("Param status must be one of {READ}");
        if (body.Text("message_id") is not { Length: > 0 } wamid)
            return GraphRefusal.Parameter("The parameter message_id is required.");
        var typing = body.Member("typing_indicator");
        if (typing is { } indicator && indicator.Text("type") != "text")
            return GraphRefusal.InvalidValue("typing_indicator['type'] must be text");
        request = new ReadRequest(wamid, typing is not null);
        return null;
    }

    private static GraphRefusal? Frame(JsonElement body)
    {
        if (body.Text("messaging_product") is not { } product)
            return GraphRefusal.Parameter("The parameter messaging_product is required.");
        if (product != "whatsapp")
            return GraphRefusal.Parameter("Param messaging_product must be one of {WHATSAPP}");
        if (body.Text("recipient_type") is { } kind && kind != "individual")
            return GraphRefusal.Parameter("Param recipient_type must be one of {INDIVIDUAL}");
        if (body.Member("context") is { } context && context.Text("message_id") is not { Length: > 0 })
            return GraphRefusal.Missing("context['message_id'] is required");
        if (body.Member("biz_opaque_callback_data") is { } opaque)
        {
            if (opaque.ValueKind != JsonValueKind.String)
                return GraphRefusal.Parameter("Param biz_opaque_callback_data must be a string.");
            return TextRules.AtMost(opaque.GetString()!, "biz_opaque_callback_data", MostOpaque);
        }

        return null;
    }

    private static GraphRefusal? Recipient(JsonElement body, out string to, out string? phone, out string? userId)
    {
        (phone, userId) = (null, null);
        to = body.Text("to") ?? "";
        if (to.Length > 0)
        {
            // Where both are given the phone number wins.
            phone = PhoneNumber.Digits(to);
            return phone is null ? GraphRefusal.InvalidValue("Parameter Invalid: to") : null;
        }

        to = body.Text("recipient") ?? "";
        if (to.Length == 0)
            return GraphRefusal.Parameter("The parameter to is required.");
        userId = to;
        return null;
    }

    private static GraphRefusal? Check(string type, JsonElement body)
    {
        Func<JsonElement, GraphRefusal?>? check = type switch
        {
            "text" => content => TextRules.Required(content, "text['body']", 4096, "body"),
            "image" or "video" or "document" => content => MediaRules.Check(type, content, captioned: true),
            "audio" or "sticker" => content => MediaRules.Check(type, content, captioned: false),
            "location" => Location,
            "contacts" => Contacts,
            "reaction" => Reaction,
            "interactive" => InteractiveRules.Check,
            "template" => TemplateRules.Check,
            _ => null,
        };
        if (check is null)
            return GraphRefusal.UnsupportedType(type);
        return body.Member(type) is { } content ? check(content) : GraphRefusal.Missing($"Parameter '{type}' is mandatory for type '{type}'");
    }

    private static GraphRefusal? Location(JsonElement location) =>
        Coordinate(location, "latitude", 90) ?? Coordinate(location, "longitude", 180);

    private static GraphRefusal? Coordinate(JsonElement location, string name, double most)
    {
        if (location.Member(name) is not { } member)
            return GraphRefusal.Missing($"location['{name}'] is required");
        // Numbers in the documentation, strings in many clients: Meta takes both.
        var number = member.ValueKind == JsonValueKind.Number ? member.GetDouble()
            : double.TryParse(member.ValueKind == JsonValueKind.String ? member.GetString() : null, out var parsed) ? parsed
            : double.NaN;
        return Math.Abs(number) <= most ? null : GraphRefusal.InvalidValue($"location['{name}'] is not a valid {name}");
    }

    private static GraphRefusal? Contacts(JsonElement contacts)
    {
        if (contacts.ValueKind != JsonValueKind.Array || contacts.GetArrayLength() is 0 or > 257)
            return GraphRefusal.InvalidParameter("contacts must be an array of 1 to 257 contacts.");
        foreach (var contact in contacts.EnumerateArray())
        {
            if (contact.Member("name") is not { } name || name.Text("formatted_name") is not { Length: > 0 })
                return GraphRefusal.Missing("contacts['name']['formatted_name'] is required");
        }

        return null;
    }

    private static GraphRefusal? Reaction(JsonElement reaction)
    {
        if (reaction.Text("message_id") is not { Length: > 0 })
            return GraphRefusal.Missing("reaction['message_id'] is required");
        return reaction.Text("emoji") is null ? GraphRefusal.Missing("reaction['emoji'] is required") : null;
    }
}
