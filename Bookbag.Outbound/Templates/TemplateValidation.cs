using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Bookbag.Outbound.Templates;

/// <summary>Something in a template that Meta would refuse.</summary>
/// <param name="Field">The field, as the request names it: <c>body</c>, <c>buttons[1].url</c>, <c>examples.1</c>.</param>
/// <param name="Code">A stable code.</param>
/// <param name="Message">What to write instead.</param>
public sealed record TemplateProblem(string Field, string Code, string Message);

/// <summary>A template that is to be checked: Meta's components and what goes with them.</summary>
internal sealed record TemplateDraft(string Name, string Language, string Category, string ParameterFormat, JsonElement Components, int? TtlSeconds = null);

/// <summary>Meta's rules for templates, checked before anything is sent. Every rule that is broken is told, not only the first. Pure.</summary>
internal static partial class TemplateValidation
{
    private static readonly string[] KnownComponents = ["HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER", "CALL_PERMISSION_REQUEST"];
    private static readonly string[] KnownButtons =
        ["QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE", "OTP", "FLOW", "MPM", "SPM", "CATALOG", "VOICE_CALL", "REQUEST_CONTACT_INFO", "APP"];

    /// <summary>Everything that Meta would refuse.</summary>
    public static IReadOnlyList<TemplateProblem> Check(TemplateDraft draft)
    {
        var found = new List<TemplateProblem>();
        if (!NameForm().IsMatch(draft.Name))
            found.Add(new("name", "name_invalid", "The name has 1 to 512 lower-case letters, digits and underscores."));
        if (!TemplateLanguages.IsKnown(draft.Language))
            found.Add(new("language", "language_unknown", $"Meta takes no templates in \"{draft.Language}\". Write a code such as en, en_US or pt_BR."));
        if (draft.Category is not ("MARKETING" or "UTILITY" or "AUTHENTICATION"))
            found.Add(new("category", "category_unknown", "The category is marketing, utility or authentication."));
        if (draft.ParameterFormat is not ("positional" or "named"))
            found.Add(new("parameterFormat", "parameter_format_unknown", "The parameter format is positional ({{1}}) or named ({{first_name}})."));
        CheckTtl(draft, found);
        CheckComponents(draft, found);
        return found;
    }

    private static void CheckTtl(TemplateDraft draft, List<TemplateProblem> found)
    {
        if (draft.TtlSeconds is not { } ttl)
            return;
        var (least, most) = draft.Category switch { "AUTHENTICATION" => (30, 900), "UTILITY" => (30, 43_200), _ => (43_200, 2_592_000) };
        if ((ttl < least || ttl > most) && !(ttl == -1 && draft.Category is "AUTHENTICATION" or "UTILITY"))
            found.Add(new("ttlSeconds", "ttl_invalid", string.Create(CultureInfo.InvariantCulture, $"The time to live of a template of this category is {least:N0} to {most:N0} seconds.")));
    }

    private static void CheckComponents(TemplateDraft draft, List<TemplateProblem> found)
    {
        if (draft.Components.ValueKind != JsonValueKind.Array)
        {
            found.Add(new("components", "components_invalid", "The components are a list."));
            return;
        }

        var types = draft.Components.EnumerateArray().Select(c => TemplateDefinition.Text(c, "type")?.ToUpperInvariant() ?? "").ToList();
        foreach (var type in types.Where(type => !KnownComponents.Contains(type)).Distinct())
            found.Add(new("components", "component_unknown", $"\"{type}\" is not a component of templates."));
        foreach (var type in types.Where(KnownComponents.Contains).GroupBy(type => type).Where(group => group.Count() > 1).Select(group => group.Key))
            found.Add(new(type.ToLowerInvariant(), "component_twice", $"There is more than one {type.ToLowerInvariant()}; a template has one."));
        if (!types.Contains("BODY"))
            found.Add(new("body", "body_missing", "A template has a body."));

        foreach (var component in draft.Components.EnumerateArray())
        {
            switch (TemplateDefinition.Text(component, "type")?.ToUpperInvariant())
            {
                case "HEADER": CheckHeader(draft, component, found); break;
                case "BODY": CheckBody(draft, component, found); break;
                case "FOOTER": CheckFooter(draft, component, found); break;
                case "BUTTONS": CheckButtons(draft, component, found); break;
            }
        }

        if (draft.Category == "AUTHENTICATION" && !ButtonsOf(draft.Components).Exists(button => TypeOf(button) == "OTP"))
            found.Add(new("buttons", "otp_button_missing", "An authentication template has a button of type otp."));
    }

    private static void CheckHeader(TemplateDraft draft, JsonElement header, List<TemplateProblem> found)
    {
        if (draft.Category == "AUTHENTICATION")
        {
            found.Add(new("header", "header_not_allowed", "An authentication template has no header."));
            return;
        }

        switch (TemplateDefinition.Text(header, "format")?.ToUpperInvariant() ?? "TEXT")
        {
            case "TEXT": CheckHeaderText(draft, header, found); break;
            case "IMAGE" or "VIDEO" or "DOCUMENT":
                if (!Handles(header).Any(handle => !string.IsNullOrWhiteSpace(handle)))
                    found.Add(new("header.handle", "example_missing", "A header with a file needs an example: upload one and give its handle."));
                break;
            case "LOCATION": break; // of utility and marketing templates; the value comes with each message
            case "GIF": found.Add(new("header.type", "header_unsupported", "A GIF in the header works with Meta's marketing API only. Use a video.")); break;
            case var other: found.Add(new("header.type", "header_unknown", $"\"{other}\" is not a kind of header. Use text, image, video, document or location.")); break;
        }
    }

    private static void CheckHeaderText(TemplateDraft draft, JsonElement header, List<TemplateProblem> found)
    {
        var text = TemplateDefinition.Text(header, "text") ?? "";
        if (text.Trim().Length == 0)
            found.Add(new("header.text", "text_missing", "The header has no text. Write one, or leave the header out."));
        if (text.Length > 60)
            found.Add(new("header.text", "text_too_long", $"The header has {text.Length} characters; Meta takes 60 at most."));
        if (MarkdownForm().IsMatch(text) || text.AsSpan().ContainsAny('\n', '\r'))
            found.Add(new("header.text", "text_formatted", "The header is one line of plain text, without *bold*, _italic_, ~strike~ or `code`."));
        if (TemplateDefinition.VariablesIn(text).Count > 1)
            found.Add(new("header.text", "too_many_variables", "The header has one variable at most."));
        CheckVariables(draft, "header.text", text, header, found);
    }

    private static void CheckBody(TemplateDraft draft, JsonElement body, List<TemplateProblem> found)
    {
        var text = TemplateDefinition.Text(body, "text");
        if (draft.Category == "AUTHENTICATION")
        {
            // Meta writes the text. Read back it is there; written it is refused.
            if (text is not null && !text.Contains("{{1}}", StringComparison.Ordinal))
                found.Add(new("body", "body_fixed", "Meta writes the body of an authentication template: leave it out."));
            return;
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            found.Add(new("body", "text_missing", "The body has no text."));
            return;
        }

        if (text.Length > 1_024)
            found.Add(new("body", "text_too_long", $"The body has {text.Length:N0} characters; Meta takes 1,024 at most."));
        CheckVariables(draft, "body", text, body, found);
        if (AtTheEdge().IsMatch(text.Trim()))
            found.Add(new("body", "variable_at_edge", "The body must neither begin nor end with a variable: write something before or after it."));
        if (Adjacent().IsMatch(text))
            found.Add(new("body", "variables_adjacent", "Two variables stand next to each other: write something between them."));
        var variables = TemplateDefinition.VariablesIn(text).Count;
        // Meta publishes no ratio; below this one it is known to refuse.
        if (variables > 0 && Words().Count(TemplateDefinition.Fill(text, _ => " ")) < 2 * variables)
            found.Add(new("body", "too_many_variables", "There are too many variables for so short a text: write more words, or use fewer variables."));
    }

    private static void CheckFooter(TemplateDraft draft, JsonElement footer, List<TemplateProblem> found)
    {
        if (draft.Category == "AUTHENTICATION")
        {
            if (TemplateDefinition.Member(footer, "code_expiration_minutes") is { } minutes && (!minutes.TryGetInt32(out var value) || value is < 1 or > 90))
                found.Add(new("codeExpirationMinutes", "expiration_invalid", "A code expires after 1 to 90 minutes."));
            return;
        }

        var text = TemplateDefinition.Text(footer, "text") ?? "";
        if (text.Trim().Length == 0)
            found.Add(new("footer", "text_missing", "The footer has no text. Write one, or leave the footer out."));
        if (text.Length > 60)
            found.Add(new("footer", "text_too_long", $"The footer has {text.Length} characters; Meta takes 60 at most."));
        if (text.Contains("{{", StringComparison.Ordinal))
            found.Add(new("footer", "variable_not_allowed", "The footer has no variables."));
    }

    private static void CheckVariables(TemplateDraft draft, string field, string text, JsonElement component, List<TemplateProblem> found)
    {
        var names = TemplateDefinition.VariablesIn(text);
        if (text.Split("{{").Length - 1 != names.Count || text.Split("}}").Length - 1 != names.Count)
            found.Add(new(field, "braces_unbalanced", "Braces come in pairs around a variable: {{1}} or {{first_name}}."));
        if (names.Count == 0)
            return;

        if (draft.ParameterFormat == "named")
        {
            foreach (var name in names.Where(name => !VariableNameForm().IsMatch(name)))
                found.Add(new(field, "variable_invalid", $"\"{{{{{name}}}}}\" is not a name: lower-case letters, digits and underscores, with a letter first."));
            foreach (var name in names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key))
                found.Add(new(field, "variable_twice", $"{{{{{name}}}}} stands here twice; each variable has a name of its own."));
        }
        else if (names.Any(name => !PlaceForm().IsMatch(name)))
        {
            found.Add(new(field, "variable_invalid", $"Positional variables are numbers: {{{{1}}}}, {{{{2}}}} … For {{{{{names.First(name => !PlaceForm().IsMatch(name))}}}}} set parameterFormat to named."));
            return;
        }
        else if (!names.Select(int.Parse).Distinct().Order().SequenceEqual(Enumerable.Range(1, names.Distinct().Count())))
        {
            found.Add(new(field, "variables_not_consecutive", "Variables are numbered from {{1}} on without a gap."));
        }

        foreach (var name in names.Distinct(StringComparer.Ordinal).Where(name => string.IsNullOrWhiteSpace(ExampleOf(draft, field, component, name))))
            found.Add(new($"examples.{(field == "body" || draft.ParameterFormat == "named" ? name : $"header.{name}")}", "example_missing", $"{{{{{name}}}}} needs an example: Meta's reviewers see it."));
    }

    private static string? ExampleOf(TemplateDraft draft, string field, JsonElement component, string name)
    {
        var wrapped = JsonSerializer.SerializeToElement(new[] { component });
        var definition = TemplateDefinition.Read(wrapped, draft.ParameterFormat, draft.Category);
        var key = field == "body" ? name : definition.HeaderKey(name);
        return definition.Variables.FirstOrDefault(variable => variable.Key == key)?.Example;
    }

    private static void CheckButtons(TemplateDraft draft, JsonElement component, List<TemplateProblem> found)
    {
        var buttons = ButtonsOf(component);
        if (buttons.Count is 0 or > 10)
            found.Add(new("buttons", "buttons_count", buttons.Count == 0 ? "There are no buttons in the list. Leave it out." : $"There are {buttons.Count} buttons; Meta takes 10 at most."));
        Most(buttons, "URL", 2, found);
        Most(buttons, "PHONE_NUMBER", 1, found);
        Most(buttons, "COPY_CODE", 1, found);
        var kinds = buttons.Select(button => TypeOf(button) == "QUICK_REPLY").ToList();
        if (Enumerable.Range(1, Math.Max(0, kinds.Count - 1)).Count(i => kinds[i] != kinds[i - 1]) > 1)
            found.Add(new("buttons", "buttons_interleaved", "Quick replies stand together, before or after all other buttons."));
        for (var i = 0; i < buttons.Count; i++)
            CheckButton(draft, buttons[i], $"buttons[{i}]", found);
    }

    private static void CheckButton(TemplateDraft draft, JsonElement button, string field, List<TemplateProblem> found)
    {
        var type = TypeOf(button);
        if (!KnownButtons.Contains(type))
        {
            found.Add(new($"{field}.type", "button_unknown", $"\"{type.ToLowerInvariant()}\" is not a kind of button. Use quick_reply, url, phone_number or copy_code."));
            return;
        }

        if ((type == "OTP") != (draft.Category == "AUTHENTICATION"))
            found.Add(new($"{field}.type", "button_not_allowed", type == "OTP" ? "A button of type otp belongs to authentication templates." : "An authentication template has a button of type otp only."));
        CheckLabel(button, type, field, found);
        switch (type)
        {
            case "URL": CheckUrl(button, field, found); break;
            case "PHONE_NUMBER": CheckPhone(button, field, found); break;
            case "COPY_CODE" when new TemplateButtonExample(button).Value is not { Length: > 0 and <= 20 }:
                found.Add(new($"{field}.example", "example_missing", "A button that copies a code needs an example of 1 to 20 characters."));
                break;
        }
    }

    private static void CheckLabel(JsonElement button, string type, string field, List<TemplateProblem> found)
    {
        var label = TemplateDefinition.Text(button, "text");
        // Meta labels these two where nobody else does.
        if (string.IsNullOrWhiteSpace(label))
        {
            if (type is not ("COPY_CODE" or "OTP"))
                found.Add(new($"{field}.text", "label_missing", "The button has no label."));
            return;
        }

        if (label.Length > 25)
            found.Add(new($"{field}.text", "label_too_long", $"The label has {label.Length} characters; Meta takes 25 at most."));
        if (label.Contains("{{", StringComparison.Ordinal))
            found.Add(new($"{field}.text", "variable_not_allowed", "A label has no variables."));
    }

    private static void CheckUrl(JsonElement button, string field, List<TemplateProblem> found)
    {
        var url = TemplateDefinition.Text(button, "url") ?? "";
        var variables = TemplateDefinition.VariablesIn(url);
        if (url.Length > 2_000)
            found.Add(new($"{field}.url", "url_too_long", $"The link has {url.Length:N0} characters; Meta takes 2,000 at most."));
        if (!Uri.TryCreate(TemplateDefinition.Fill(url, _ => "x"), UriKind.Absolute, out var link) || (link.Scheme != Uri.UriSchemeHttps && link.Scheme != Uri.UriSchemeHttp))
            found.Add(new($"{field}.url", "url_invalid", "The link is a whole one, such as https://shop.example/orders/{{1}}."));
        if (variables.Count > 1)
            found.Add(new($"{field}.url", "too_many_variables", "A link has one variable at most."));
        else if (variables.Count == 1 && !url.EndsWith("}}", StringComparison.Ordinal))
            found.Add(new($"{field}.url", "variable_not_at_end", "The variable stands at the end of the link."));
        if (variables.Count > 0 && string.IsNullOrWhiteSpace(new TemplateButtonExample(button).Value))
            found.Add(new($"{field}.example", "example_missing", "A link with a variable needs an example of the whole link."));
    }

    private static void CheckPhone(JsonElement button, string field, List<TemplateProblem> found)
    {
        var phone = TemplateDefinition.Text(button, "phone_number") ?? "";
        if (phone.Length is 0 or > 20 || !PhoneForm().IsMatch(phone))
            found.Add(new($"{field}.phone", "phone_invalid", "The number has a country code and 20 characters at most, such as +4930123456."));
    }

    private static void Most(List<JsonElement> buttons, string type, int most, List<TemplateProblem> found)
    {
        var count = buttons.Count(button => TypeOf(button) == type);
        if (count > most)
            found.Add(new("buttons", "buttons_of_kind", $"There are {count} buttons of type {type.ToLowerInvariant()}; Meta takes {most} at most."));
    }

    private static List<JsonElement> ButtonsOf(JsonElement json) => json.ValueKind == JsonValueKind.Array
        ? [.. json.EnumerateArray().Where(c => TypeOf(c) == "BUTTONS").SelectMany(ButtonsOf)]
        : TemplateDefinition.Member(json, "buttons") is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    private static string TypeOf(JsonElement json) => TemplateDefinition.Text(json, "type")?.ToUpperInvariant() ?? "";

    private static IEnumerable<string?> Handles(JsonElement header) =>
        TemplateDefinition.Member(TemplateDefinition.Member(header, "example"), "header_handle") is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Select(handle => handle.ValueKind == JsonValueKind.String ? handle.GetString() : null) : [];

    /// <summary>The example of a button: a text, or a list of one.</summary>
    private readonly record struct TemplateButtonExample(JsonElement Button)
    {
        public string? Value => TemplateDefinition.Member(Button, "example") switch
        {
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() > 0 && list[0].ValueKind == JsonValueKind.String => list[0].GetString(),
            _ => null,
        };
    }

    [GeneratedRegex("^[a-z0-9_]{1,512}$", RegexOptions.CultureInvariant)]
    private static partial Regex NameForm();

    [GeneratedRegex("^[a-z][a-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex VariableNameForm();

    [GeneratedRegex("^[1-9][0-9]?$", RegexOptions.CultureInvariant)]
    private static partial Regex PlaceForm();

    [GeneratedRegex(@"[*~`]|(^|\s)_|_(\s|$)", RegexOptions.CultureInvariant)]
    private static partial Regex MarkdownForm();

    [GeneratedRegex(@"^\{\{|\}\}$", RegexOptions.CultureInvariant)]
    private static partial Regex AtTheEdge();

    [GeneratedRegex(@"\}\}\s*\{\{", RegexOptions.CultureInvariant)]
    private static partial Regex Adjacent();

    [GeneratedRegex(@"[\p{L}\p{N}]+", RegexOptions.CultureInvariant)]
    private static partial Regex Words();

    [GeneratedRegex(@"^\+?[0-9 ()\-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex PhoneForm();
}
