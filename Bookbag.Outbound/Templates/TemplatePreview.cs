namespace Bookbag.Outbound.Templates;

/// <summary>A template as the recipient's phone shows it.</summary>
/// <param name="Header">Its header; null without one.</param>
/// <param name="Body">Its text, with WhatsApp's own marks (*bold*, _italic_) in it.</param>
/// <param name="Buttons">Its buttons, from top to bottom.</param>
/// <param name="Missing">Keys of variables that have neither a value nor an example; they stand in the text as they are.</param>
public sealed record TemplatePreview(PreviewHeader? Header, string Body, string? Footer, IReadOnlyList<PreviewButton> Buttons, IReadOnlyList<string> Missing)
{
    /// <summary>Renders a template with the values given, and its examples in the place of the others.</summary>
    public static TemplatePreview Of(TemplateDefinition template, IReadOnlyDictionary<string, string>? values)
    {
        var shown = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in template.Variables)
        {
            if ((values is not null && values.TryGetValue(variable.Key, out var given) && !string.IsNullOrWhiteSpace(given) ? given : variable.Example) is { } value)
                shown[variable.Key] = TemplateMessage.Tidy(value);
        }

        var header = template.HeaderFormat is not { } format ? null : new PreviewHeader(
            format.ToLowerInvariant(), template.HeaderText is { } text ? TemplateDefinition.Fill(text, name => shown.GetValueOrDefault(template.HeaderKey(name))) : null,
            format == "TEXT" ? null : shown.GetValueOrDefault("header"));
        var buttons = template.Buttons.Select((button, place) => new PreviewButton(
            button.Type.ToLowerInvariant(), button.Text ?? button.Type switch { "COPY_CODE" => "Copy code", "OTP" => "Copy code", _ => "" },
            button.Url is { } url ? TemplateDefinition.Fill(url, _ => shown.GetValueOrDefault($"button.{place}")) : null, button.Phone,
            button.Type == "COPY_CODE" ? shown.GetValueOrDefault($"button.{place}") : null));
        return new TemplatePreview(
            header, TemplateMessage.Render(template, shown), template.Footer, [.. buttons], [.. template.Variables.Select(v => v.Key).Where(key => !shown.ContainsKey(key))]);
    }
}

/// <summary>The header of a preview.</summary>
/// <param name="Type">text, image, video, document or location.</param>
/// <param name="Media">The file: a link, a media id, or the handle of the example.</param>
public sealed record PreviewHeader(string Type, string? Text, string? Media);

/// <summary>A button of a preview.</summary>
/// <param name="Type">quick_reply, url, phone_number, copy_code …</param>
public sealed record PreviewButton(string Type, string Text, string? Url, string? Phone, string? Code);
