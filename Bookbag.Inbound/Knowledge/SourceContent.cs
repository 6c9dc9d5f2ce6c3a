using System.Globalization;
using System.Net;
using Bookbag.Inbound.Knowledge.Files;
using Bookbag.ServiceDefaults.Http;

namespace Bookbag.Inbound.Knowledge;

/// <summary>What a source says or where it is read from, checked.</summary>
/// <param name="Type">What it is made of.</param>
/// <param name="Name">What the team calls it; of a pair, the question.</param>
/// <param name="Text">The text, or the pair's answer; empty where it is read from elsewhere.</param>
public sealed record SourceContent(SourceType Type, string Name, string Text)
{
    /// <summary>Of a website: where reading begins.</summary>
    public string? Url { get; private init; }

    /// <summary>Of a website: after how many days it is read again.</summary>
    public short? RefreshDays { get; private init; }

    /// <summary>Of a file: what was uploaded.</summary>
    public Upload? Upload { get; private init; }

    /// <summary>A Q&amp;A pair.</summary>
    public static SourceContent Pair(string question, string answer) => new(SourceType.Qa, question, answer);

    /// <summary>A pasted text.</summary>
    public static SourceContent Pasted(string name, string text) => new(SourceType.Text, name, text);

    /// <summary>The pages of a website.</summary>
    public static SourceContent Website(string name, Uri url, short? refreshDays = null) => new(SourceType.Website, name, "") { Url = url.AbsoluteUri, RefreshDays = refreshDays };

    /// <summary>An uploaded file.</summary>
    public static SourceContent File(string name, Upload upload) => new(SourceType.File, name, "") { Upload = upload };
}

/// <summary>A source as a caller writes it. Which fields it takes depends on its type.</summary>
/// <param name="Type"><c>qa</c>, <c>text</c> or <c>website</c>. (A file is uploaded as <c>multipart/form-data</c> instead.)</param>
/// <param name="Question">Of a <c>qa</c>: what customers ask.</param>
/// <param name="Answer">Of a <c>qa</c>: what they are told, word for word.</param>
/// <param name="Name">Of a <c>text</c>: what the team calls it. Of a <c>website</c> too; its host when it is left out.</param>
/// <param name="Text">Of a <c>text</c>: what it says; headings and empty lines help to find the right place.</param>
/// <param name="Url">Of a <c>website</c>: the page to begin with. The pages of the same site that it leads to are read as well.</param>
/// <param name="RefreshDays">Of a <c>website</c>: after how many days it is read again, 1 to 365; only when asked to when it is left out.</param>
public sealed record SourceRequest(string? Type, string? Question = null, string? Answer = null, string? Name = null, string? Text = null, string? Url = null, int? RefreshDays = null)
{
    /// <summary>A question is one sentence or two.</summary>
    public const int LongestQuestion = 500;

    /// <summary>An answer is sent as it is, and one WhatsApp message holds 4,096 characters.</summary>
    public const int LongestAnswer = 4_000;

    /// <summary>A name is a line.</summary>
    public const int LongestName = 200;

    /// <summary>About a hundred pages.</summary>
    public const int LongestText = 200_000;

    /// <summary>No website needs a longer address.</summary>
    public const int LongestUrl = 2_000;

    /// <summary>What the source says, or why it is refused.</summary>
    /// <param name="allowLoopback">Whether a website may be on this machine: in development.</param>
    public (SourceContent? Content, SourceProblem? Problem) Read(bool allowLoopback = false) => Type switch
    {
        "qa" => Read(SourceType.Qa, ("question", Question, LongestQuestion), ("answer", Answer, LongestAnswer)),
        "text" => Read(SourceType.Text, ("name", Name, LongestName), ("text", Text, LongestText)),
        "website" => ReadWebsite(allowLoopback),
        "file" => (null, new("file_missing", "Upload the file as multipart/form-data, in a part that is called file.")),
        null or "" => (null, new("source_type_missing", "Say which type the source has: qa, text or website.")),
        _ => (null, new("source_type_unknown", "A source is of type qa, text or website, or an uploaded file.")),
    };

    /// <summary>The name that a caller gave, or why it cannot be one; null without one.</summary>
    public static (string? Name, SourceProblem? Problem) ReadName(string? name)
    {
        var clean = PlainText.Clean(name).ReplaceLineEndings(" ");
        return clean.Length == 0 ? (null, null) : Check("name", clean, LongestName) is { } problem ? (null, problem) : (clean, null);
    }

    private (SourceContent?, SourceProblem?) ReadWebsite(bool allowLoopback)
    {
        var url = PlainText.Clean(Url);
        if (Check("url", url, LongestUrl) is { } missing)
            return (null, missing);
        if (!Uri.TryCreate(url.Contains("://", StringComparison.Ordinal) ? url : $"https://{url}", UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http") || address.Host.Length == 0)
            return (null, new("url_invalid", "Enter the address of a web page, such as https://example.com/help."));
        if (address.UserInfo.Length > 0)
            return (null, new("url_invalid", "The address has a user name or password in it: only pages that everybody can see are read."));
        var isLocal = address.IsLoopback && allowLoopback;
        if (!isLocal && (address.IsLoopback || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && !PublicAddresses.IsPublic(ip))))
            return (null, new("url_not_public", "The address is not one of the public internet."));
        if (RefreshDays is < 1 or > 365)
            return (null, new("refresh_days_invalid", "A website is read again after 1 to 365 days."));
        var (name, problem) = ReadName(Name);
        return problem is null ? (SourceContent.Website(name ?? address.Host, address, (short?)RefreshDays), null) : (null, problem);
    }

    private static (SourceContent?, SourceProblem?) Read(SourceType type, (string Field, string? Value, int Longest) name, (string Field, string? Value, int Longest) text)
    {
        var (cleanName, cleanText) = (PlainText.Clean(name.Value).ReplaceLineEndings(" "), PlainText.Clean(text.Value));
        var problem = Check(name.Field, cleanName, name.Longest) ?? Check(text.Field, cleanText, text.Longest);
        return problem is null ? (new SourceContent(type, cleanName, cleanText), null) : (null, problem);
    }

    private static SourceProblem? Check(string field, string value, int longest)
    {
        if (value.Length == 0)
            return new($"{field}_missing", $"Write the {field}.");
        return value.Length > longest
            ? new($"{field}_too_long", string.Create(CultureInfo.InvariantCulture, $"The {field} has {value.Length:N0} characters; the most is {longest:N0}."))
            : null;
    }
}

/// <summary>Why a source is refused.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Text">For people: what to do instead.</param>
public sealed record SourceProblem(string Code, string Text);
