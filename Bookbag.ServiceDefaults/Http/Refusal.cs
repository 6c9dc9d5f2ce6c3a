using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bookbag.ServiceDefaults.Http;

/// <summary>What a request is refused with when nothing is broken: RFC 9457 problem details with a stable <c>code</c> that programs may rely on.</summary>
public static class Refusal
{
    /// <summary>409: the thing is not in a state in which this can be done.</summary>
    public static ProblemHttpResult Conflict(string code, string detail) => Problem(StatusCodes.Status409Conflict, code, detail);

    /// <summary>400: the request itself is wrong; <paramref name="detail"/> says what to write instead.</summary>
    public static ProblemHttpResult Invalid(string code, string detail) => Problem(StatusCodes.Status400BadRequest, code, detail);

    /// <summary>404: not there, or not in this workspace, which looks the same from outside.</summary>
    public static ProblemHttpResult NotFound(string code, string detail) => Problem(StatusCodes.Status404NotFound, code, detail);

    /// <summary>403: known, but not allowed.</summary>
    public static ProblemHttpResult Forbidden(string code, string detail) => Problem(StatusCodes.Status403Forbidden, code, detail);

    /// <summary>Any other status.</summary>
    public static ProblemHttpResult Problem(int status, string code, string detail) =>
        TypedResults.Problem(detail: detail, statusCode: status, extensions: [KeyValuePair.Create<string, object?>("code", code)]);
}
