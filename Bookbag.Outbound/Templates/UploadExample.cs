using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bookbag.Outbound.Templates;

/// <summary>Uploads the example of a header with a file, which Meta's reviewers look at.</summary>
internal static class UploadExample
{
    private const int Most = 16 * 1024 * 1024;

    private static readonly string[] Types = ["image/jpeg", "image/png", "video/mp4", "application/pdf"];

    public static async Task<Results<Ok<ExampleResponse>, ProblemHttpResult>> Handle(
        Guid agentId, IFormFile file, AccountAccess access, GraphClient graph, CancellationToken cancellationToken)
    {
        var type = file.ContentType.Split(';')[0].Trim().ToLowerInvariant();
        if (!Types.Contains(type))
            return Refusal.Problem(StatusCodes.Status415UnsupportedMediaType, "media_type_unsupported", "The example is a JPEG, PNG, MP4 or PDF file.");
        if (file.Length is 0 or > Most)
            return Refusal.Invalid("media_size", $"The file has 1 byte to {Most / 1024 / 1024} MB.");
        var (account, problem) = await access.FindAsync(agentId, withApp: true, cancellationToken);
        if (account is null)
            return Refusal.Conflict(problem!.Code, problem.Words);
        if (account.AppId is not { } appId)
            return Refusal.Conflict("app_unknown", "WhatsApp does not tell which app the access token belongs to; without it no example can be uploaded.");

        var content = new byte[file.Length];
        await using (var stream = file.OpenReadStream())
            await stream.ReadExactlyAsync(content, cancellationToken);
        var answer = await graph.UploadExampleAsync(account.Url, account.AccessToken, appId, Path.GetFileName(file.FileName), type, content, cancellationToken);
        return answer.Value is { } handle
            ? TypedResults.Ok(new ExampleResponse(handle, type switch { "video/mp4" => "video", "application/pdf" => "document", _ => "image" }))
            : Refusal.Conflict("meta_refused", $"Meta refused: {answer.Error!.Message}. {answer.Error.Advice}");
    }
}

/// <summary>An example that was uploaded.</summary>
/// <param name="Handle">What names it in a template's header.</param>
/// <param name="Type">The type of header that it fits.</param>
public sealed record ExampleResponse(string Handle, string Type);
