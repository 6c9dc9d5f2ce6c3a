using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Meta's limits on interactive messages. Pure.</summary>
internal static class InteractiveRules
{
    public static GraphRefusal? Check(JsonElement interactive)
    {
        if (interactive.Text("type") is not { Length: > 0 } type)
            return GraphRefusal.Missing("interactive['type'] is required");
        if (interactive.Member("action") is not { } action)
            return GraphRefusal.Missing("interactive['action'] is required");

        // Some clients write the type in capitals; Meta takes it.
        return type.ToLowerInvariant() switch
        {
            "button" => Frame(interactive, 1024) ?? Buttons(action),
            "list" => Frame(interactive, 4096) ?? TextHeader(interactive) ?? Sections(action),
            "cta_url" => Frame(interactive, 1024) ?? Link(action),
            "location_request_message" => Frame(interactive, 1024) ?? Named(action, "send_location"),
            "carousel" => Frame(interactive, 1024) ?? Cards(action),
            "flow" or "product" or "product_list" or "catalog_message" or "request_contact_info" or "call_permission_request"
                or "address_message" or "order_details" or "order_status" or "voice_call" => null,
            _ => GraphRefusal.Parameter($"Param interactive['type'] is not a known type - got \"{type}\"."),
        };
    }

    private static GraphRefusal? Frame(JsonElement interactive, int mostBody) =>
        (interactive.Member("body") is { } body
            ? TextRules.Required(body, "interactive['body']['text']", mostBody, "text")
            : GraphRefusal.Missing("interactive['body'] is required"))
        ?? (interactive.Member("footer") is { } footer ? TextRules.Required(footer, "interactive['footer']['text']", 60, "text") : null)
        ?? (interactive.Member("header") is { } header ? Header(header) : null);

    private static GraphRefusal? Header(JsonElement header) => header.Text("type") switch
    {
        "text" => TextRules.Required(header, "interactive['header']['text']", 60, "text"),
        "image" or "video" or "document" => header.Text("type") is { } type && header.Member(type) is { } media
            ? MediaRules.Check(type, media, captioned: false)
            : GraphRefusal.Missing("interactive['header'] has no media"),
        _ => GraphRefusal.InvalidValue("interactive['header']['type'] must be one of text, image, video, document"),
    };

    private static GraphRefusal? TextHeader(JsonElement interactive) =>
        interactive.Member("header") is { } header && header.Text("type") != "text"
            ? GraphRefusal.InvalidValue("interactive['header']['type'] must be text in a list message") : null;

    private static GraphRefusal? Buttons(JsonElement action)
    {
        var (count, ids, titles) = (0, new HashSet<string>(), new HashSet<string>());
        foreach (var button in action.Elements("buttons"))
        {
            count++;
            if (button.Text("type") != "reply" || button.Member("reply") is not { } reply)
                return GraphRefusal.InvalidValue("interactive['action']['buttons'] must be of type reply");
            if ((TextRules.Required(reply, "interactive['action']['buttons']['reply']['id']", 256, "id")
                ?? TextRules.Required(reply, "interactive['action']['buttons']['reply']['title']", 20, "title")) is { } refusal)
                return refusal;
            if (!ids.Add(reply.Text("id")!) || !titles.Add(reply.Text("title")!))
                return GraphRefusal.InvalidValue("interactive['action']['buttons'] must have unique ids and titles");
        }

        return count is 0 or > 3 ? GraphRefusal.InvalidValue("interactive['action']['buttons'] must have 1 to 3 buttons") : null;
    }

    private static GraphRefusal? Sections(JsonElement action)
    {
        if (TextRules.Required(action, "interactive['action']['button']", 20, "button") is { } unlabelled)
            return unlabelled;
        var (sections, rows, ids) = (0, 0, new HashSet<string>());
        foreach (var section in action.Elements("sections"))
        {
            sections++;
            if (TextRules.Optional(section, "interactive['action']['sections']['title']", 24, "title") is { } refusal)
                return refusal;
            foreach (var row in section.Elements("rows"))
            {
                rows++;
                if (Row(row) is { } wrong)
                    return wrong;
                if (!ids.Add(row.Text("id")!))
                    return GraphRefusal.InvalidValue("interactive['action']['sections']['rows'] must have unique ids");
            }
        }

        // Ten rows in the whole message, not in a section.
        return sections is 0 or > 10 || rows is 0 or > 10
            ? GraphRefusal.InvalidValue("interactive['action']['sections'] must have 1 to 10 sections with 1 to 10 rows in all") : null;
    }

    private static GraphRefusal? Row(JsonElement row) =>
        TextRules.Required(row, "interactive['action']['sections']['rows']['id']", 200, "id")
        ?? TextRules.Required(row, "interactive['action']['sections']['rows']['title']", 24, "title")
        ?? TextRules.Optional(row, "interactive['action']['sections']['rows']['description']", 72, "description");

    private static GraphRefusal? Link(JsonElement action)
    {
        if (Named(action, "cta_url") is { } wrong)
            return wrong;
        if (action.Member("parameters") is not { } parameters)
            return GraphRefusal.Missing("interactive['action']['parameters'] is required");
        return TextRules.Required(parameters, "interactive['action']['parameters']['display_text']", 20, "display_text")
            ?? TextRules.Required(parameters, "interactive['action']['parameters']['url']", 2000, "url");
    }

    private static GraphRefusal? Named(JsonElement action, string name) =>
        action.Text("name") == name ? null : GraphRefusal.InvalidValue($"interactive['action']['name'] must be {name}");

    private static GraphRefusal? Cards(JsonElement action)
    {
        var cards = 0;
        foreach (var card in action.Elements("cards"))
        {
            cards++;
            if (card.Member("body") is { } body && TextRules.Optional(body, "interactive['action']['cards']['body']['text']", 160, "text") is { } refusal)
                return refusal;
        }

        return cards is < 2 or > 10 ? GraphRefusal.InvalidValue("interactive['action']['cards'] must have 2 to 10 cards") : null;
    }
}
