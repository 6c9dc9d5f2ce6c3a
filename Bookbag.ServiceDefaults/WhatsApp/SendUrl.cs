using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>
/// The send URL of a number, <c>https://graph.facebook.com/v25.0/&lt;phone-number-id&gt;/messages</c>: it names the host, the version of the
/// Graph API and the number, and so all that is needed to reach it.
/// </summary>
public sealed partial record SendUrl
{
    private static readonly string[] PagesOfTheBrowser = ["facebook.com", "www.facebook.com", "business.facebook.com", "developers.facebook.com", "web.whatsapp.com", "meta.com"];
    private static readonly string[] EdgesOfAnAccount = ["message_templates", "phone_numbers", "subscribed_apps", "assigned_users", "flows"];

    private readonly string _origin;

    private SendUrl(string origin, string version, string phoneNumberId) => (_origin, Version, PhoneNumberId) = (origin, version, phoneNumberId);

    /// <summary>The version of the Graph API, <c>v25.0</c>.</summary>
    public string Version { get; }

    /// <summary>Meta's id of the number.</summary>
    public string PhoneNumberId { get; }

    /// <summary>The endpoint that takes messages: the send URL itself.</summary>
    public Uri Messages => Node($"{PhoneNumberId}/messages");

    /// <summary>The number as a node of the graph.</summary>
    public Uri PhoneNumber => Node(PhoneNumberId);

    /// <summary>Any node or edge of the graph on the same host and version, such as <c>&lt;account-id&gt;/message_templates</c>.</summary>
    public Uri Node(string path)
    {
        // Ids come from outside; a path must not lead out of the version or to another host.
        if (path.Length == 0 || path[0] == '/' || path.Contains("..", StringComparison.Ordinal) || path.Contains("//", StringComparison.Ordinal) || path.Contains('\\', StringComparison.Ordinal))
            throw new ArgumentException("A node is an id, perhaps with an edge: 123/messages.", nameof(path));
        return new Uri($"{_origin}/{Version}/{path}");
    }

    /// <summary>The send URL as it is stored and shown.</summary>
    public override string ToString() => Messages.AbsoluteUri;

    /// <summary>Reads what a person pasted. Where it is not a send URL, the problem says what to write instead.</summary>
    public static bool TryParse(string? text, GraphOptions options, [NotNullWhen(true)] out SendUrl? url, [NotNullWhen(false)] out string? problem)
    {
        url = null;
        problem = Parse(text?.Trim() ?? "", options, ref url);
        return problem is null;
    }

    private static string? Parse(string text, GraphOptions options, ref SendUrl? url)
    {
        var example = $"https://{GraphOptions.Host}/{options.DefaultVersion}/<phone number id>/messages";
        if (ProblemOfText(text, example) is { } textProblem)
            return textProblem;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
            return $"This is not a URL. The send URL looks like {example}.";
        if (ProblemOfOrigin(uri, options, example) is { } originProblem)
            return originProblem;

        var segments = uri.AbsolutePath.TrimEnd('/').Split('/')[1..];
        if (ProblemOfPath(segments, options, example) is { } pathProblem)
            return pathProblem;
        url = new SendUrl(uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped), segments[0], segments[1]);
        return null;
    }

    private static string? ProblemOfText(string text, string example)
    {
        if (text.Length == 0)
            return $"The send URL is missing. Copy it from Meta's API Setup page: {example}.";
        if (text.Length > 500 || text.Any(char.IsWhiteSpace) || text.Contains('\'', StringComparison.Ordinal) || text.Contains('"', StringComparison.Ordinal))
            return $"Paste the URL alone, without quotes, spaces or the rest of the command: {example}.";
        if (text.AsSpan().ContainsAny("<>{}") || PlaceholderForm().IsMatch(text))
            return "Put the number's own id in the place of the placeholder: Meta's API Setup page shows it as \"Phone number ID\", digits only.";
        if (!Ascii.IsValid(text) || text.Contains('%', StringComparison.Ordinal) || text.Contains('\\', StringComparison.Ordinal))
            return $"There are characters in it that do not belong in a send URL. Type it again: {example}.";
        return text.Contains("://", StringComparison.Ordinal) ? null : $"Begin with https://, as in {example}.";
    }

    private static string? ProblemOfOrigin(Uri uri, GraphOptions options, string example)
    {
        if (uri.UserInfo.Length > 0)
            return $"Leave out what stands before the \"@\": {example}.";
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
            return "Leave out everything from the \"?\" or \"#\" on. The access token has a field of its own.";
        if (options.Allows(uri))
            return null;
        if (PagesOfTheBrowser.Contains(uri.Host, StringComparer.OrdinalIgnoreCase))
            return $"This is a page for the browser. The send URL is the address of the API: {example}.";
        var isMeta = uri.Host.Length > 0 && options.Allows(new UriBuilder(Uri.UriSchemeHttps, uri.Host).Uri);
        if (isMeta && uri.Scheme != Uri.UriSchemeHttps)
            return $"Begin with https:// in the place of {uri.Scheme}://: an access token is never sent unencrypted.";
        if (isMeta)
            return $"Leave out the port \":{uri.Port}\": {example}.";
        return $"\"{uri.Host}\" is not Meta's Graph API, and the access token is sent nowhere else. The send URL begins with https://{GraphOptions.Host}/.";
    }

    private static string? ProblemOfPath(string[] segments, GraphOptions options, string example)
    {
        if (segments.Length == 0 || segments.Contains(""))
            return $"There are two slashes in a row, or nothing after the host. The send URL looks like {example}.";
        if (segments.Any(segment => EdgesOfAnAccount.Contains(segment, StringComparer.OrdinalIgnoreCase)))
            return $"This is an address of the WhatsApp Business Account. The send URL has the phone number's id and ends in /messages: {example}.";
        if (IdForm().IsMatch(segments[0]))
            return $"Put the version before the number's id: https://{GraphOptions.Host}/{options.DefaultVersion}/{segments[0]}/messages.";
        if (!VersionForm().IsMatch(segments[0]))
            return $"The version is not readable; it looks like {options.DefaultVersion}. The whole URL: {example}.";
        if (segments.Length < 2)
            return $"The phone number's id and /messages are missing at the end: {example}.";
        if (!IdForm().IsMatch(segments[1]))
            return "What follows the version is not a phone number id: that has digits only. Meta's API Setup page shows it as \"Phone number ID\"; it is not the phone number itself.";
        if (segments.Length == 2)
            return "Add /messages at the end.";
        return segments.Length == 3 && segments[2] == "messages" ? null : $"It must end in /messages right after the number's id: {example}.";
    }

    [GeneratedRegex(@"^v\d{1,2}(\.\d{1,2})?$", RegexOptions.CultureInvariant)]
    private static partial Regex VersionForm();

    [GeneratedRegex(@"^[0-9]{5,32}$", RegexOptions.CultureInvariant)]
    private static partial Regex IdForm();

    [GeneratedRegex(@"phone[-_]?number[-_]?id|/your[-_]|/(from_)?phone_number(/|$)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex PlaceholderForm();
}
