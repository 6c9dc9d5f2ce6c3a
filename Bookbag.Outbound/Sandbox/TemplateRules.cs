using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Meta's rules for template messages: the shape of the request, and how it must fit the template. Pure.</summary>
internal static class TemplateRules
{
    private static readonly string[] HeaderMedia = ["image", "video", "document", "location", "gif", "product"];

    /// <summary>Checks the shape alone.</summary>
    public static GraphRefusal? Check(JsonElement template)
    {
        if (TextRules.Required(template, "template['name']", 512, "name") is { } unnamed)
            return unnamed;
        if (template.Member("language") is not { } language || language.Text("code") is not { Length: > 0 })
            return GraphRefusal.Missing("template['language']['code'] is required");
        foreach (var component in template.Elements("components"))
        {
            if (Component(component) is { } refusal)
                return refusal;
        }

        return null;
    }

    /// <summary>Checks a request of the right shape against the template that it names.</summary>
    public static GraphRefusal? Fit(JsonElement request, SandboxTemplate? template)
    {
        if (template is null)
            return GraphRefusal.UnknownTemplate(request.Text("name")!, request.Member("language")!.Value.Text("code")!);
        if (template.Status != "APPROVED")
            return template.Status switch
            {
                "PAUSED" => GraphRefusal.TemplatePaused,
                "DISABLED" => GraphRefusal.TemplateDisabled,
                _ => GraphRefusal.UnknownTemplate(template.Name, template.Language),
            };
        return Variables(request, "header", template.HeaderParameters) ?? Variables(request, "body", template.BodyParameters);
    }

    private static GraphRefusal? Component(JsonElement component)
    {
        var type = component.Text("type")?.ToLowerInvariant();
        if (type is not ("header" or "body" or "button" or "carousel" or "limited_time_offer" or "footer"))
            return GraphRefusal.InvalidValue("template['components']['type'] is not a known component");
        if (type == "button" && (component.Text("sub_type") is null || component.Member("index") is null))
            return GraphRefusal.Missing("template['components'] of type button need sub_type and index");
        foreach (var parameter in component.Elements("parameters"))
        {
            if (Parameter(parameter) is { } refusal)
                return refusal;
        }

        return null;
    }

    private static GraphRefusal? Parameter(JsonElement parameter)
    {
        if (parameter.Text("type")?.ToLowerInvariant() is not { } type)
            return GraphRefusal.Missing("template['components']['parameters']['type'] is required");
        if (type is "action" or "coupon_code" or "limited_time_offer" or "ttm" or "order_status")
            return null;
        if (parameter.Member(type) is not { } value)
            return GraphRefusal.Missing($"template['components']['parameters']['{type}'] is required");
        if (type == "text")
            return TextValue(value);
        return type is "image" or "video" or "document" ? MediaRules.Check(type, value, captioned: false) : null;
    }

    // Text: /[\r\n\t]| {5,}/ is refused: "Param text cannot have new-line/tab characters or more than 4 consecutive spaces".
    private static GraphRefusal? TextValue(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return GraphRefusal.InvalidValue("template['components']['parameters']['text'] must be a string");
        var text = value.GetString()!;
        return text.AsSpan().ContainsAny('\r', '\n', '\t') || text.Contains("     ", StringComparison.Ordinal)
            ? new GraphRefusal(400, 132018, "There was an issue with the parameters in your template",
                "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
            : null;
    }

    private static GraphRefusal? Variables(JsonElement request, string component, SandboxTemplate.Parameters expected)
    {
        var given = request.Elements("components")
            .Where(c => string.Equals(c.Text("type"), component, StringComparison.OrdinalIgnoreCase))
            .SelectMany(c => c.Elements("parameters")).ToList();
        if (given.Count != expected.Count)
            return GraphRefusal.TemplateParameterCount(component, given.Count, expected.Count);
        if (expected.Media is { } media && given[0].Text("type")?.ToLowerInvariant() is var type && type != media)
            return GraphRefusal.TemplateParameterFormat($"{component}: expected {media.ToUpperInvariant()}, received {type?.ToUpperInvariant() ?? "UNKNOWN"}");
        if (expected.Media is null && given.Any(p => HeaderMedia.Contains(p.Text("type"))))
            return GraphRefusal.TemplateParameterFormat($"{component}: expected TEXT");
        return expected.Names is { } names && !names.Order().SequenceEqual(given.Select(p => p.Text("parameter_name") ?? "").Order())
            ? GraphRefusal.TemplateParameterFormat($"{component}: parameter names do not match the template's")
            : null;
    }
}
