using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Bookbag.Edge.Clients;

namespace Bookbag.Edge.Console.Outbound;

/// <summary>A template while it is written.</summary>
public sealed partial class TemplateForm
{
    /// <summary>The languages that most are written in; any other of Meta's can be typed.</summary>
    public static readonly IReadOnlyList<(string Code, string Name)> Languages =
    [
        ("en", "English"), ("en_US", "English (US)"), ("en_GB", "English (UK)"), ("ar", "Arabic"), ("bn", "Bengali"), ("zh_CN", "Chinese (simplified)"), ("zh_HK", "Chinese (Hong Kong)"),
        ("cs", "Czech"), ("da", "Danish"), ("nl", "Dutch"), ("fi", "Finnish"), ("fr", "French"), ("de", "German"), ("el", "Greek"), ("he", "Hebrew"), ("hi", "Hindi"), ("hu", "Hungarian"),
        ("id", "Indonesian"), ("it", "Italian"), ("ja", "Japanese"), ("ko", "Korean"), ("ms", "Malay"), ("nb", "Norwegian"), ("fa", "Persian"), ("pl", "Polish"), ("pt_BR", "Portuguese (Brazil)"),
        ("pt_PT", "Portuguese (Portugal)"), ("ro", "Romanian"), ("ru", "Russian"), ("es", "Spanish"), ("es_AR", "Spanish (Argentina)"), ("es_MX", "Spanish (Mexico)"), ("es_ES", "Spanish (Spain)"),
        ("sw", "Swahili"), ("sv", "Swedish"), ("ta", "Tamil"), ("th", "Thai"), ("tr", "Turkish"), ("uk", "Ukrainian"), ("ur", "Urdu"), ("vi", "Vietnamese"),
    ];

    public string Name { get; set; } = "";
    public string Category { get; set; } = "marketing";
    public string Language { get; set; } = "en";
    public string Body { get; set; } = "";

    /// <summary><c>none</c>, <c>text</c>, <c>image</c>, <c>video</c>, <c>document</c> or <c>location</c>.</summary>
    public string HeaderType { get; set; } = "none";

    public string HeaderText { get; set; } = "";
    public string? HeaderHandle { get; set; }

    /// <summary>What the uploaded file is called.</summary>
    public string? HeaderFile { get; set; }

    public string Footer { get; set; } = "";
    public List<TemplateFormButton> Buttons { get; } = [];
    public Dictionary<string, string> Examples { get; } = new(StringComparer.Ordinal);
    public bool SecurityRecommendation { get; set; } = true;
    public int? CodeExpirationMinutes { get; set; } = 10;

    /// <summary>How a template that Meta knows writes its variables; of a new one the body shows it.</summary>
    public string? ParameterFormat { get; private init; }

    /// <summary>Whether the header is a file.</summary>
    public bool HasFile => HeaderType is "image" or "video" or "document";

    /// <summary>Whether Meta writes the text.</summary>
    public bool IsAuthentication => Category == "authentication";

    /// <summary>Whether it can be written here: kinds of templates that have more parts are shown, and changed where they were made.</summary>
    public static bool CanWrite(TemplateItem template) => Components(template).All(c => TypeOf(c) is "HEADER" or "BODY" or "FOOTER" or "BUTTONS")
        && ButtonsOf(template).All(b => TypeOf(b) is "QUICK_REPLY" or "URL" or "PHONE_NUMBER" or "COPY_CODE" or "OTP");

    /// <summary>A template that is changed.</summary>
    public static TemplateForm Of(TemplateItem template)
    {
        var form = new TemplateForm
        {
            Name = template.Name,
            Category = template.Category.ToLowerInvariant(),
            Language = template.Language,
            ParameterFormat = template.ParameterFormat,
        };
        foreach (var component in Components(template))
        {
            switch (TypeOf(component))
            {
                case "HEADER": form.ReadHeader(component); break;
                case "BODY": form.ReadBody(component); break;
                case "FOOTER":
                    form.Footer = Text(component, "text") ?? "";
                    form.CodeExpirationMinutes = component.TryGetProperty("code_expiration_minutes", out var minutes) ? minutes.GetInt32() : null;
                    break;
            }
        }

        form.Buttons.AddRange(ButtonsOf(template).Where(b => TypeOf(b) != "OTP").Select(ReadButton));
        return form;
    }

    /// <summary>What the API takes.</summary>
    public TemplateDraft ToDraft()
    {
        // A blank is refused before Meta's rules are looked at; what no name can be is told with all else that is wrong.
        var name = Name.Length == 0 ? "-" : Name;
        if (IsAuthentication)
            return new TemplateDraft(name, Category, Language, null, null, null, [new TemplateButton("otp", "Copy code")], null, "positional", SecurityRecommendation, CodeExpirationMinutes);
        var header = HeaderType switch
        {
            "none" => null,
            "text" => new TemplateHeader("text", HeaderText),
            _ => new TemplateHeader(HeaderType, null, HeaderHandle),
        };
        return new TemplateDraft(
            name, Category, Language, Body, header, Footer.Length == 0 ? null : Footer, Buttons.Count == 0 ? null : [.. Buttons.Select(b => b.ToDraft())], Examples, ParameterFormat);
    }

    /// <summary>Puts another variable at the end of the body, in the form that the body has.</summary>
    public void AddVariable()
    {
        var variables = VariableForm().Matches(Body).Select(m => m.Groups[1].Value).ToList();
        var named = ParameterFormat == "named" || variables.Exists(v => !v.All(char.IsAsciiDigit));
        var next = variables.Count + 1;
        var name = (named ? "value_" : "") + next.ToString(CultureInfo.InvariantCulture);
        Body += $"{(Body.Length == 0 || char.IsWhiteSpace(Body[^1]) ? "" : " ")}{{{{{name}}}}}";
    }

    private void ReadHeader(JsonElement header)
    {
        HeaderType = (Text(header, "format") ?? "TEXT").ToLowerInvariant();
        HeaderText = Text(header, "text") ?? "";
        if (!header.TryGetProperty("example", out var example))
            return;
        // What Meta gives back is a link to look at; only what was uploaded can be handed in again.
        HeaderHandle = Strings(example, "header_handle").FirstOrDefault(handle => !handle.StartsWith("http", StringComparison.OrdinalIgnoreCase));
        if (Strings(example, "header_text") is [var shown, ..])
            Examples["header.1"] = shown;
        ReadNamed(example, "header_text_named_params");
    }

    private void ReadBody(JsonElement body)
    {
        Body = Text(body, "text") ?? "";
        SecurityRecommendation = body.TryGetProperty("add_security_recommendation", out var add) && add.ValueKind == JsonValueKind.True;
        if (!body.TryGetProperty("example", out var example))
            return;
        if (example.TryGetProperty("body_text", out var rows) && rows.ValueKind == JsonValueKind.Array && rows.GetArrayLength() > 0)
        {
            var place = 0;
            foreach (var value in rows[0].EnumerateArray())
                Examples[(++place).ToString(CultureInfo.InvariantCulture)] = value.GetString() ?? "";
        }

        ReadNamed(example, "body_text_named_params");
    }

    private void ReadNamed(JsonElement example, string member)
    {
        if (!example.TryGetProperty(member, out var list) || list.ValueKind != JsonValueKind.Array)
            return;
        foreach (var item in list.EnumerateArray())
        {
            if (Text(item, "param_name") is { } name)
                Examples[name] = Text(item, "example") ?? "";
        }
    }

    private static TemplateFormButton ReadButton(JsonElement button) => new()
    {
        Type = TypeOf(button).ToLowerInvariant(),
        Text = Text(button, "text") ?? "",
        Url = Text(button, "url") ?? "",
        Phone = Text(button, "phone_number") ?? "",
        Example = Text(button, "example") ?? Strings(button, "example").FirstOrDefault() ?? "",
    };

    private static JsonElement.ArrayEnumerator Components(TemplateItem template) =>
        (template.PendingComponents ?? template.Components) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : default;

    private static IEnumerable<JsonElement> ButtonsOf(TemplateItem template) => Components(template).Where(c => TypeOf(c) == "BUTTONS")
        .SelectMany(c => c.TryGetProperty("buttons", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().AsEnumerable() : []);

    private static string TypeOf(JsonElement json) => Text(json, "type")?.ToUpperInvariant() ?? "";

    private static string? Text(JsonElement json, string member) => json.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static List<string> Strings(JsonElement json, string member) => json.TryGetProperty(member, out var list) && list.ValueKind == JsonValueKind.Array
        ? [.. list.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString() ?? "")] : [];

    [GeneratedRegex(@"\{\{([^{}]*)\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex VariableForm();
}

/// <summary>A button while it is written.</summary>
public sealed class TemplateFormButton
{
    public string Type { get; set; } = "quick_reply";
    public string Text { get; set; } = "";
    public string Url { get; set; } = "";
    public string Phone { get; set; } = "";
    public string Example { get; set; } = "";

    /// <summary>Whether each recipient gets a link of their own.</summary>
    public bool HasVariable => Url.Contains("{{", StringComparison.Ordinal);

    internal TemplateButton ToDraft() => Type switch
    {
        "url" => new TemplateButton(Type, Text, Url, null, HasVariable ? Example : null),
        "phone_number" => new TemplateButton(Type, Text, null, Phone),
        "copy_code" => new TemplateButton(Type, null, null, null, Example),
        _ => new TemplateButton(Type, Text),
    };
}
