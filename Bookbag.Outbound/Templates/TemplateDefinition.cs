using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Bookbag.Outbound.Templates;

/// <summary>What a variable of a template takes.</summary>
public enum TemplateVariableKind
{
    Text,

    /// <summary>A picture: a media id or a link.</summary>
    Image,

    /// <summary>A film: a media id or a link.</summary>
    Video,

    /// <summary>A file: a media id or a link.</summary>
    Document,

    /// <summary>A place: <c>52.52,13.405|name|address</c>.</summary>
    Location,

    /// <summary>The end of a button's link.</summary>
    UrlSuffix,

    /// <summary>The code that a button copies.</summary>
    CouponCode,

    /// <summary>The one-time password of an authentication template.</summary>
    OneTimePassword,
}

/// <summary>Something that every recipient of a template gets a value of their own for.</summary>
/// <param name="Key">
/// Its name in API and campaigns: <c>1</c> or <c>first_name</c> in the body, <c>header.1</c> (or its name) in the header's text, <c>header</c> for the
/// header's file or place, <c>button.0</c> for the button at that place.
/// </param>
/// <param name="Component">header, body or button.</param>
/// <param name="Button">The button's place, from 0.</param>
/// <param name="Example">The example that Meta was shown.</param>
public sealed record TemplateVariable(string Key, string Component, int? Button, TemplateVariableKind Kind, string? Example);

/// <summary>A button of a template.</summary>
/// <param name="Type">Meta's type, in upper case: QUICK_REPLY, URL, PHONE_NUMBER, COPY_CODE, OTP …</param>
public sealed record TemplateButton(string Type, string? Text, string? Url, string? Phone, string? Example);

/// <summary>Meta's components of a template, understood as far as they can be; what is not understood is left alone. Pure.</summary>
public sealed partial record TemplateDefinition
{
    private TemplateDefinition() { }

    /// <summary>Whether the template names its variables.</summary>
    public bool IsNamed { get; private init; }

    /// <summary>TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION …; null without a header.</summary>
    public string? HeaderFormat { get; private init; }

    public string? HeaderText { get; private init; }
    public string Body { get; private init; } = "";
    public string? Footer { get; private init; }
    public IReadOnlyList<TemplateButton> Buttons { get; private init; } = [];

    /// <summary>Whether Meta writes the text itself: an authentication template.</summary>
    public bool IsAuthentication { get; private init; }

    /// <summary>Everything that takes a value, in the template's order.</summary>
    public IReadOnlyList<TemplateVariable> Variables { get; private init; } = [];

    /// <summary>Reads a template.</summary>
    public static TemplateDefinition Of(Template template) => Read(template.Components, template.ParameterFormat, template.Category);

    /// <summary>Reads Meta's components.</summary>
    public static TemplateDefinition Read(JsonElement components, string parameterFormat, string category)
    {
        var named = string.Equals(parameterFormat, "named", StringComparison.OrdinalIgnoreCase);
        JsonElement? header = null, body = null, footer = null, buttons = null;
        foreach (var component in components.ValueKind == JsonValueKind.Array ? components.EnumerateArray() : default)
        {
            switch (Text(component, "type")?.ToUpperInvariant())
            {
                case "HEADER": header ??= component; break;
                case "BODY": body ??= component; break;
                case "FOOTER": footer ??= component; break;
                case "BUTTONS": buttons ??= component; break;
            }
        }

        var authentication = string.Equals(category, "AUTHENTICATION", StringComparison.OrdinalIgnoreCase);
        var list = buttons is { } all && all.TryGetProperty("buttons", out var array) && array.ValueKind == JsonValueKind.Array
            ? array.EnumerateArray().Select(ReadButton).ToList() : [];
        var definition = new TemplateDefinition
        {
            IsNamed = named,
            IsAuthentication = authentication,
            HeaderFormat = header is { } h ? Text(h, "format")?.ToUpperInvariant() ?? "TEXT" : null,
            HeaderText = header is { } t ? Text(t, "text") : null,
            Body = (body is { } b ? Text(b, "text") : null) ?? (authentication ? "*{{1}}* is your verification code." : ""),
            Footer = footer is { } f ? Text(f, "text") ?? Expiry(f) : null,
            Buttons = list,
        };
        return definition with { Variables = [.. definition.HeaderVariables(header), .. definition.BodyVariables(body), .. definition.ButtonVariables()] };
    }

    /// <summary>The variables in a text, as they stand between the braces, in their order and as often as they stand there.</summary>
    public static IReadOnlyList<string> VariablesIn(string? text) => [.. VariableForm().Matches(text ?? "").Select(match => match.Groups[1].Value)];

    /// <summary>A text with values in the variables' places; what has no value stays as it is.</summary>
    public static string Fill(string text, Func<string, string?> valueOf) => VariableForm().Replace(text, match => valueOf(match.Groups[1].Value) ?? match.Value);

    /// <summary>The key of a variable of the header's text.</summary>
    public string HeaderKey(string variable) => IsNamed ? variable : $"header.{variable}";

    private IEnumerable<TemplateVariable> HeaderVariables(JsonElement? header)
    {
        var example = Member(header, "example");
        if (HeaderFormat is "IMAGE" or "VIDEO" or "DOCUMENT" or "LOCATION")
        {
            var kind = HeaderFormat switch { "IMAGE" => TemplateVariableKind.Image, "VIDEO" => TemplateVariableKind.Video, "DOCUMENT" => TemplateVariableKind.Document, _ => TemplateVariableKind.Location };
            yield return new TemplateVariable("header", "header", null, kind, First(Member(example, "header_handle")));
            yield break;
        }

        foreach (var name in VariablesIn(HeaderText).Distinct(StringComparer.Ordinal))
        {
            var shown = IsNamed ? NamedExample(Member(example, "header_text_named_params"), name) : First(Member(example, "header_text"));
            yield return new TemplateVariable(HeaderKey(name), "header", null, TemplateVariableKind.Text, shown);
        }
    }

    private IEnumerable<TemplateVariable> BodyVariables(JsonElement? body)
    {
        if (IsAuthentication)
        {
            yield return new TemplateVariable("1", "body", null, TemplateVariableKind.OneTimePassword, null);
            yield break;
        }

        var example = Member(body, "example");
        var positional = Member(example, "body_text") is { ValueKind: JsonValueKind.Array } rows && rows.GetArrayLength() > 0 ? Values(rows[0].ValueKind == JsonValueKind.Array ? rows[0] : rows) : [];
        foreach (var name in VariablesIn(Body).Distinct(StringComparer.Ordinal))
        {
            var shown = IsNamed ? NamedExample(Member(example, "body_text_named_params"), name)
                : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? positional.ElementAtOrDefault(place - 1) : null;
            // A name in both header and body is one variable.
            if (!IsNamed || !VariablesIn(HeaderText).Contains(name, StringComparer.Ordinal))
                yield return new TemplateVariable(name, "body", null, TemplateVariableKind.Text, shown);
        }
    }

    private IEnumerable<TemplateVariable> ButtonVariables()
    {
        for (var i = 0; i < Buttons.Count; i++)
        {
            if (Buttons[i] is { Type: "URL" } link && VariablesIn(link.Url).Count > 0 && !IsAuthentication)
                yield return new TemplateVariable($"button.{i}", "button", i, TemplateVariableKind.UrlSuffix, Suffix(link));
            else if (Buttons[i].Type == "COPY_CODE")
                yield return new TemplateVariable($"button.{i}", "button", i, TemplateVariableKind.CouponCode, Buttons[i].Example);
        }
    }

    // The example is the whole link at Meta, and only its end where a careless client wrote it.
    private static string? Suffix(TemplateButton link)
    {
        var stem = link.Url![..link.Url!.IndexOf("{{", StringComparison.Ordinal)];
        return link.Example is { } whole && whole.StartsWith(stem, StringComparison.Ordinal) ? whole[stem.Length..] : link.Example;
    }

    private static TemplateButton ReadButton(JsonElement json) => new(
        Text(json, "type")?.ToUpperInvariant() ?? "", Text(json, "text"), Text(json, "url"), Text(json, "phone_number"),
        Member(json, "example") switch
        {
            { ValueKind: JsonValueKind.Array } list => First(list),
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            _ => null,
        });

    private static string? Expiry(JsonElement footer) =>
        footer.TryGetProperty("code_expiration_minutes", out var minutes) && minutes.ValueKind == JsonValueKind.Number ? $"This code expires in {minutes.GetRawText()} minutes." : null;

    private static string? NamedExample(JsonElement? list, string name) => list is { ValueKind: JsonValueKind.Array } parameters
        ? parameters.EnumerateArray().Where(p => Text(p, "param_name") == name).Select(p => Text(p, "example")).FirstOrDefault() : null;

    private static string? First(JsonElement? list) => list is { ValueKind: JsonValueKind.Array } values ? Values(values).FirstOrDefault() : null;

    private static List<string?> Values(JsonElement list) => [.. list.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.String ? v.GetString() : null)];

    internal static JsonElement? Member(JsonElement? json, string name) => json is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(name, out var member) ? member : null;

    internal static string? Text(JsonElement json, string name) => Member(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    [GeneratedRegex(@"\{\{([^{}]*)\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex VariableForm();
}
