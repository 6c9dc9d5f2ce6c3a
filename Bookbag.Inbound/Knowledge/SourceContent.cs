using System.Globalization;

namespace Bookbag.Inbound.Knowledge;

/// <summary>What a source says, checked.</summary>
/// <param name="Type">What it is made of.</param>
/// <param name="Name">What the team calls it; of a pair, the question.</param>
/// <param name="Text">The text, or the pair's answer.</param>
public sealed record SourceContent(SourceType Type, string Name, string Text)
{
    /// <summary>A Q&amp;A pair.</summary>
    public static SourceContent Pair(string question, string answer) => new(SourceType.Qa, question, answer);

    /// <summary>A pasted text.</summary>
    public static SourceContent Pasted(string name, string text) => new(SourceType.Text, name, text);
}

/// <summary>A source as a caller writes it. Which fields it takes depends on its type.</summary>
/// <param name="Type"><c>qa</c> or <c>text</c>.</param>
/// <param name="Question">Of a <c>qa</c>: what customers ask.</param>
/// <param name="Answer">Of a <c>qa</c>: what they are told, word for word.</param>
/// <param name="Name">Of a <c>text</c>: what the team calls it.</param>
/// <param name="Text">Of a <c>text</c>: what it says; headings and empty lines help to find the right place.</param>
public sealed record SourceRequest(string? Type, string? Question = null, string? Answer = null, string? Name = null, string? Text = null)
{
    /// <summary>A question is one sentence or two.</summary>
    public const int LongestQuestion = 500;

    /// <summary>An answer is sent as it is, and one WhatsApp message holds 4,096 characters.</summary>
    public const int LongestAnswer = 4_000;

    /// <summary>A name is a line.</summary>
    public const int LongestName = 200;

    /// <summary>About a hundred pages.</summary>
    public const int LongestText = 200_000;

    /// <summary>What the source says, or why it is refused.</summary>
    public (SourceContent? Content, SourceProblem? Problem) Read() => Type switch
    {
        "qa" => Read(SourceType.Qa, ("question", Question, LongestQuestion), ("answer", Answer, LongestAnswer)),
        "text" => Read(SourceType.Text, ("name", Name, LongestName), ("text", Text, LongestText)),
        "website" or "file" => (null, new("source_type_unavailable", $"Sources of type {Type} are not available yet: paste the content as a text.")),
        null or "" => (null, new("source_type_missing", "Say which type the source has: qa or text.")),
        _ => (null, new("source_type_unknown", "A source is of type qa or text.")),
    };

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
