using System.Globalization;
using System.Text.RegularExpressions;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Outbound.Templates;

/// <summary>Turns a template and values into what a send carries. Pure.</summary>
public static partial class TemplateMessage
{
    private const int MostBody = 1_024;
    private const int MostPassword = 15;
    private const int MostUrl = 2_000;

    /// <summary>A value that cannot be sent.</summary>
    /// <param name="Key">The variable's key.</param>
    /// <param name="Message">In words.</param>
    public sealed record Problem(string Key, string Message);

    /// <summary>The components of a send, or what is wrong with the values.</summary>
    public sealed record Built(IReadOnlyList<TemplateComponent> Components, IReadOnlyList<Problem> Problems)
    {
        /// <summary>Whether it can be sent.</summary>
        public bool IsSendable => Problems.Count == 0;
    }

    /// <summary>Builds the components of a send.</summary>
    /// <param name="template">The template.</param>
    /// <param name="values">A value for each of the template's variables, by key.</param>
    /// <param name="payloadOf">What comes back when the quick-reply button at a place is tapped; null leaves Meta's default, the label.</param>
    public static Built Build(TemplateDefinition template, IReadOnlyDictionary<string, string> values, Func<int, string?>? payloadOf = null)
    {
        var problems = new List<Problem>();
        var components = new List<TemplateComponent>();
        var clean = Clean(template, values, problems);
        if (problems.Count > 0)
            return new Built([], problems);

        if (Header(template, clean, problems) is { } header)
            components.Add(TemplateComponent.Header(header));
        if (Body(template, clean, problems) is { Count: > 0 } body)
            components.Add(TemplateComponent.Body(body));
        for (var i = 0; i < template.Buttons.Count; i++)
        {
            if (Button(template, i, clean, payloadOf) is { } button)
                components.Add(button);
        }

        return problems.Count > 0 ? new Built([], problems) : new Built(components, problems);
    }

    /// <summary>The text of the body as the recipient reads it.</summary>
    public static string Render(TemplateDefinition template, IReadOnlyDictionary<string, string> values) =>
        TemplateDefinition.Fill(template.Body, name => values.TryGetValue(name, out var value) ? Tidy(value) : null);

    /// <summary>A value as Meta takes it: in one line, without tabs, with no more than four blanks in a row (132018).</summary>
    public static string Tidy(string value) => Blanks().Replace(Breaks().Replace(value, " "), "    ").Trim();

    private static Dictionary<string, string> Clean(TemplateDefinition template, IReadOnlyDictionary<string, string> values, List<Problem> problems)
    {
        var clean = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in template.Variables)
        {
            var value = values.TryGetValue(variable.Key, out var given) ? Tidy(given) : "";
            if (value.Length == 0)
                problems.Add(new Problem(variable.Key, $"The variable {variable.Key} has no value."));
            else if (ProblemOf(variable.Kind, value) is { } problem)
                problems.Add(new Problem(variable.Key, $"The value of {variable.Key} {problem}"));
            clean[variable.Key] = value;
        }

        return clean;
    }

    private static string? ProblemOf(TemplateVariableKind kind, string value) => kind switch
    {
        TemplateVariableKind.OneTimePassword when value.Length > MostPassword => $"has more than {MostPassword} characters.",
        TemplateVariableKind.UrlSuffix when value.Length > MostUrl => $"has more than {MostUrl} characters.",
        TemplateVariableKind.CouponCode when value.Length > 20 => "has more than 20 characters.",
        TemplateVariableKind.Location when ReadPlace(value) is null => "is no place; write it as 52.52,13.405|name|address.",
        TemplateVariableKind.Image or TemplateVariableKind.Video or TemplateVariableKind.Document when ReadMedia(value) is null => "is neither a media id nor a link that begins with https://.",
        _ => null,
    };

    private static TemplateParameter? Header(TemplateDefinition template, Dictionary<string, string> values, List<Problem> problems)
    {
        switch (template.HeaderFormat)
        {
            case "IMAGE": return TemplateParameter.Image(ReadMedia(values["header"])!.Value); // checked by ProblemOf, as the next three are
            case "VIDEO": return TemplateParameter.Video(ReadMedia(values["header"])!.Value);
            case "DOCUMENT": return TemplateParameter.Document(ReadMedia(values["header"])!.Value, FileName(values["header"]));
            case "LOCATION":
                var (latitude, longitude, name, address) = ReadPlace(values["header"])!.Value;
                return TemplateParameter.Location(latitude, longitude, name, address);
        }

        if (TemplateDefinition.VariablesIn(template.HeaderText) is not [var variable, ..])
            return null;
        var key = template.HeaderKey(variable);
        var rendered = TemplateDefinition.Fill(template.HeaderText!, _ => values[key]);
        if (rendered.Length > 60)
            problems.Add(new Problem(key, $"The header has {rendered.Length} characters with this value; Meta takes 60 at most."));
        return TemplateParameter.Text(values[key], template.IsNamed ? variable : null);
    }

    private static List<TemplateParameter> Body(TemplateDefinition template, Dictionary<string, string> values, List<Problem> problems)
    {
        var rendered = TemplateDefinition.Fill(template.Body, name => values.GetValueOrDefault(name));
        if (rendered.Length > MostBody)
            problems.Add(new Problem("body", $"The text has {rendered.Length:N0} characters with these values; Meta takes {MostBody:N0} at most."));
        var names = TemplateDefinition.VariablesIn(template.Body).Distinct(StringComparer.Ordinal);
        // Positions are sent in their order, which need not be that of the text.
        return template.IsNamed
            ? [.. names.Select(name => TemplateParameter.Text(values[name], name))]
            : [.. names.OrderBy(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place : int.MaxValue).Select(name => TemplateParameter.Text(values[name]))];
    }

    private static TemplateComponent? Button(TemplateDefinition template, int place, Dictionary<string, string> values, Func<int, string?>? payloadOf)
    {
        var button = template.Buttons[place];
        return button.Type switch
        {
            // The password goes into the button as well, whatever Meta calls the button once it is approved.
            "OTP" or "URL" when template.IsAuthentication => TemplateComponent.UrlButton(place, values["1"]),
            "URL" when values.TryGetValue($"button.{place}", out var suffix) => TemplateComponent.UrlButton(place, suffix),
            "COPY_CODE" => TemplateComponent.CopyCode(place, values[$"button.{place}"]),
            "QUICK_REPLY" when payloadOf?.Invoke(place) is { } payload => TemplateComponent.QuickReply(place, payload),
            _ => null,
        };
    }

    private static MediaSource? ReadMedia(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var link) && link.Scheme == Uri.UriSchemeHttps ? MediaSource.Link(link)
        : value.All(char.IsAsciiDigit) ? MediaSource.Id(value) : null;

    private static string? FileName(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var link) && Path.GetFileName(Uri.UnescapeDataString(link.AbsolutePath)) is { Length: > 0 } name ? name : null;

    // 52.52,13.405|The shop|Example Street 1
    private static (double Latitude, double Longitude, string Name, string Address)? ReadPlace(string value)
    {
        var parts = value.Split('|', 3, StringSplitOptions.TrimEntries);
        var coordinates = parts[0].Split(',');
        return parts.Length == 3 && parts[1].Length > 0 && parts[2].Length > 0 && coordinates.Length == 2
            && double.TryParse(coordinates[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var latitude) && Math.Abs(latitude) <= 90
            && double.TryParse(coordinates[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var longitude) && Math.Abs(longitude) <= 180
            ? (latitude, longitude, parts[1], parts[2]) : null;
    }

    [GeneratedRegex(@"[\r\n\t\v\f\u0085\u2028\u2029\0]+", RegexOptions.CultureInvariant)]
    private static partial Regex Breaks();

    [GeneratedRegex(" {5,}", RegexOptions.CultureInvariant)]
    private static partial Regex Blanks();
}
