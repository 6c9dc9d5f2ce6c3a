using System.Net;
using System.Text.Json;

namespace Bookbag.Edge.Clients;

/// <summary>A call of the API that did not do what was asked. Its message is for people: what is wrong, and what to do about it.</summary>
public sealed class ApiException : Exception
{
    private readonly IReadOnlyDictionary<string, string[]> _fields;

    private ApiException(HttpStatusCode? status, string code, string words, IReadOnlyDictionary<string, string[]>? fields = null, Exception? cause = null)
        : base(words, cause) => (Status, Code, _fields) = (status, code, fields ?? new Dictionary<string, string[]>());

    /// <summary>The status of the answer; null where there was none.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>The stable code of the refusal.</summary>
    public string Code { get; }

    /// <summary>What is wrong with one field of the request; null where nothing is said of it.</summary>
    public string? Of(string field) =>
        _fields.FirstOrDefault(f => f.Key.Equals(field, StringComparison.OrdinalIgnoreCase)).Value is { Length: > 0 } problems ? string.Join(' ', problems) : null;

    /// <summary>Reads the problem details of an answer.</summary>
    public static async Task<ApiException> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var problem = await ProblemAsync(answer, cancellationToken);
        var fields = problem?.Errors;
        var words = problem switch
        {
            // The framework's validation says what is wrong by field, and only there.
            { Errors.Count: > 0, Code: null or "invalid_request" } => string.Join(' ', problem.Errors.Values.SelectMany(texts => texts)),
            { Detail: { Length: > 0 } detail } => detail,
            _ => Words(answer.StatusCode),
        };
        return new ApiException(answer.StatusCode, problem?.Code ?? "refused", words, fields);
    }

    /// <summary>There was no answer.</summary>
    public static ApiException Unreachable(Exception cause) =>
        new(null, "unreachable", "The server cannot be reached right now. Nothing is lost; try again in a moment.", cause: cause);

    /// <summary>There was an answer, and it could not be understood: console and service are of different versions.</summary>
    public static ApiException Unreadable(Exception cause) =>
        new(null, "unreadable", "The answer could not be read. A new version may be on its way in: reload the page in a moment.", cause: cause);

    private static string Words(HttpStatusCode status) => (int)status switch
    {
        401 => "Your session has ended. Sign in again to go on.",
        403 => "Your role does not allow this. Ask an Admin of the workspace.",
        404 => "It is not there any more. Go back to the list and look again.",
        409 => "It has changed in the meantime. Reload the page and try again.",
        413 => "That is too large.",
        429 => "That was too much at once. Wait some seconds, then try again.",
        >= 500 => "Something broke on our side; it has been recorded. Try again in a moment.",
        _ => "The request was refused.",
    };

    private static async Task<Problem?> ProblemAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (answer.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json"))
            return null;
        try
        {
            return await answer.Content.ReadFromJsonAsync<Problem>(cancellationToken);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Problem(string? Detail, string? Code, Dictionary<string, string[]>? Errors);
}
