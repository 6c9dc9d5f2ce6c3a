using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bookbag.Outbound.Templates;

/// <summary>A template as its author writes it.</summary>
/// <param name="Name">Lower-case letters, digits and underscores.</param>
/// <param name="Category">marketing, utility or authentication.</param>
/// <param name="Language">A code such as en_US.</param>
/// <param name="Body">The text, with variables {{1}} or {{first_name}}; left out of an authentication template, whose text Meta writes.</param>
/// <param name="Header">A text, or a file whose example was uploaded before.</param>
/// <param name="Buttons">Up to ten.</param>
/// <param name="Examples">An example for each variable, by its key (<c>1</c>, <c>first_name</c>, <c>header.1</c>), or those of the body as a list.</param>
/// <param name="ParameterFormat">positional or named; what the body shows, where it is left out.</param>
/// <param name="TtlSeconds">How long Meta tries to deliver.</param>
/// <param name="AddSecurityRecommendation">Of authentication templates: adds "do not share this code".</param>
/// <param name="CodeExpirationMinutes">Of authentication templates: 1 to 90.</param>
/// <param name="Components">Meta's own components, in the place of body, header, footer and buttons: for kinds of templates that have no words here.</param>
public sealed record TemplateRequest(
    [Required] string Name, [Required] string Category, [Required] string Language, string? Body = null, TemplateHeaderRequest? Header = null, string? Footer = null,
    IReadOnlyList<TemplateButtonRequest>? Buttons = null, JsonElement? Examples = null, string? ParameterFormat = null, int? TtlSeconds = null,
    bool? AddSecurityRecommendation = null, int? CodeExpirationMinutes = null, JsonElement? Components = null)
{
    /// <summary>The template as Meta would get it.</summary>
    internal TemplateDraft ToDraft()
    {
        var category = Category.Trim().ToUpperInvariant();
        var format = ParameterFormat?.Trim().ToLowerInvariant() ?? GuessFormat();
        var components = Components is { ValueKind: JsonValueKind.Array } given ? given : JsonSerializer.SerializeToElement(ToComponents(category, format));
        return new TemplateDraft(Name.Trim(), TemplateLanguages.Normalize(Language), category, format, components, TtlSeconds);
    }

    private string GuessFormat() =>
        TemplateDefinition.VariablesIn($"{Header?.Text} {Body}").Any(name => name.Length > 0 && !name.All(char.IsAsciiDigit)) ? "named" : "positional";

    private JsonArray ToComponents(string category, string format)
    {
        var components = new JsonArray();
        if (Header is { } header)
            components.Add(HeaderComponent(header, format));
        components.Add(BodyComponent(category, format));
        if (category == "AUTHENTICATION" && CodeExpirationMinutes is { } minutes)
            components.Add(new JsonObject { ["type"] = "FOOTER", ["code_expiration_minutes"] = minutes });
        else if (Footer is not null)
            components.Add(new JsonObject { ["type"] = "FOOTER", ["text"] = Footer });
        if (Buttons is not null)
            components.Add(new JsonObject { ["type"] = "BUTTONS", ["buttons"] = new JsonArray([.. Buttons.Select(button => button.ToMeta())]) });
        return components;
    }

    private JsonObject HeaderComponent(TemplateHeaderRequest header, string format)
    {
        var type = header.Type.Trim().ToUpperInvariant();
        var component = new JsonObject { ["type"] = "HEADER", ["format"] = type };
        if (type != "TEXT")
        {
            if (header.Handle is not null)
                component["example"] = new JsonObject { ["header_handle"] = new JsonArray(header.Handle) };
            return component;
        }

        component["text"] = header.Text;
        var variables = TemplateDefinition.VariablesIn(header.Text).Distinct(StringComparer.Ordinal).ToList();
        if (variables.Count > 0 && format == "named")
            component["example"] = new JsonObject { ["header_text_named_params"] = Named(variables) };
        else if (variables.Count > 0 && variables.Select(name => Example($"header.{name}")).ToList() is var shown && shown.TrueForAll(example => example is not null))
            component["example"] = new JsonObject { ["header_text"] = new JsonArray([.. shown.Select(example => JsonValue.Create(example))]) };
        return component;
    }

    private JsonObject BodyComponent(string category, string format)
    {
        var component = new JsonObject { ["type"] = "BODY" };
        if (category == "AUTHENTICATION")
        {
            if (AddSecurityRecommendation is { } add)
                component["add_security_recommendation"] = add;
            if (Body is not null)
                component["text"] = Body;
            return component;
        }

        component["text"] = Body;
        var variables = TemplateDefinition.VariablesIn(Body).Distinct(StringComparer.Ordinal).ToList();
        if (variables.Count == 0)
            return component;
        if (format == "named")
        {
            component["example"] = new JsonObject { ["body_text_named_params"] = Named(variables) };
            return component;
        }

        // By place: one that is missing leaves a blank, which validation finds and names.
        var most = variables.Max(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place <= 99 ? place : 0);
        component["example"] = new JsonObject
        {
            ["body_text"] = new JsonArray(new JsonArray([.. Enumerable.Range(1, most).Select(place => JsonValue.Create(Example(place.ToString(CultureInfo.InvariantCulture)) ?? ""))])),
        };
        return component;
    }

    private JsonArray Named(List<string> variables) =>
        new([.. variables.Where(name => Example(name) is not null).Select(name => new JsonObject { ["param_name"] = name, ["example"] = Example(name) })]);

    private string? Example(string key)
    {
        if (Examples is not { } examples)
            return null;
        if (examples.ValueKind == JsonValueKind.Object)
            return TemplateDefinition.Member(examples, key) is { } value ? AsText(value) : null;
        return examples.ValueKind == JsonValueKind.Array && int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place >= 1 && place <= examples.GetArrayLength()
            ? AsText(examples[place - 1]) : null;
    }

    private static string? AsText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };
}

/// <summary>The header of a template.</summary>
/// <param name="Type">text, image, video, document or location.</param>
/// <param name="Text">Of a text.</param>
/// <param name="Handle">Of a file: what the upload of its example answered.</param>
public sealed record TemplateHeaderRequest([Required] string Type, string? Text = null, string? Handle = null);

/// <summary>A button of a template.</summary>
/// <param name="Type">quick_reply, url, phone_number, copy_code, or otp of an authentication template.</param>
/// <param name="Text">Its label.</param>
/// <param name="Url">Of a link, perhaps with a variable at the end.</param>
/// <param name="Phone">Of a telephone number.</param>
/// <param name="Example">Of a link with a variable: the whole link; of a code: the code.</param>
/// <param name="OtpType">Of an otp button: copy_code, one_tap or zero_tap.</param>
public sealed record TemplateButtonRequest([Required] string Type, string? Text = null, string? Url = null, string? Phone = null, string? Example = null, string? OtpType = null)
{
    internal JsonObject ToMeta()
    {
        var type = Type.Trim().ToUpperInvariant() switch { "PHONE" => "PHONE_NUMBER", var other => other };
        var button = new JsonObject { ["type"] = type };
        if (Text is not null)
            button["text"] = Text;
        if (Url is not null)
            button["url"] = Url;
        if (Phone is not null)
            button["phone_number"] = Phone;
        if (Example is not null)
            button["example"] = type == "URL" ? new JsonArray(Example) : JsonValue.Create(Example);
        if (type == "OTP")
            button["otp_type"] = OtpType?.ToUpperInvariant() ?? "COPY_CODE";
        return button;
    }
}
