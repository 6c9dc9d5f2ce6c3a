using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>Understands Meta's errors: those a call answers with, and those a webhook reports later. They are the same.</summary>
public static class GraphErrors
{
    /// <summary>An error of a webhook: <c>{"code":131047,"title":"…","message":"…","error_data":{"details":"…"}}</c>.</summary>
    public static GraphError Read(JsonElement error) => Read(error, retryAfter: null, unknown: GraphAction.FailMessage);

    /// <summary>Every error in <c>errors</c> of a status or a message; none where there is no list.</summary>
    internal static IReadOnlyList<GraphError> ReadAll(JsonElement? item) =>
        item.Get("errors") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0
            ? [.. list.EnumerateArray().Where(error => error.ValueKind == JsonValueKind.Object).Select(Read)]
            : [];

    /// <summary>
    /// The error in the answer of a call that failed; null when the body holds none of Meta's, as when something between answered.
    /// </summary>
    /// <param name="status">The HTTP status: it decides only for codes nobody knew.</param>
    /// <param name="body">The body, JSON or not.</param>
    /// <param name="headers">The answer's headers: they may say how long to wait.</param>
    /// <param name="now">The time.</param>
    public static GraphError? Parse(HttpStatusCode status, ReadOnlyMemory<byte> body, HttpResponseHeaders? headers, DateTimeOffset now)
    {
        try
        {
            using var document = JsonDocument.Parse(JsonRepair.Apply(body));
            JsonElement? root = document.RootElement;
            return root.Object("error") is { } error ? Read(error, RetryAfter(headers, now), ActionOf(status)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The error of an answer that was a refusal but not one of Meta's: a proxy's page, an empty body.</summary>
    internal static GraphError WithoutBody(HttpStatusCode status, TimeSpan? retryAfter)
    {
        var action = status switch
        {
            HttpStatusCode.Unauthorized => GraphAction.BreakChannel,
            >= HttpStatusCode.Ambiguous and < HttpStatusCode.BadRequest => GraphAction.BreakChannel,
            _ => ActionOf(status),
        };
        return new GraphError(
            0, null, $"HTTP {(int)status} without an error of Meta's.", null, action, "Check the send URL, and what stands between this server and Meta.", retryAfter);
    }

    /// <summary>The error of a call that did not reach Meta, or whose answer did not reach us.</summary>
    internal static GraphError NotSent(string reason) =>
        new(0, null, reason, null, GraphAction.Retry, "Check that Meta can be reached from here; it is tried again.");

    /// <summary>The error of a host that no token may be sent to.</summary>
    internal static GraphError HostRefused() =>
        new(0, null, "The host of the send URL is not allowed.", null, GraphAction.BreakChannel, $"The send URL must begin with https://{GraphOptions.Host}/.");

    /// <summary>The error of a token that cannot be one.</summary>
    internal static GraphError MalformedToken() =>
        new(190, null, "The access token is empty or has characters that no token has.", null, GraphAction.BreakChannel, "Paste the access token again, whole and alone.");

    /// <summary>The error of an answer that said yes and nothing that can be read.</summary>
    internal static GraphError Unreadable() =>
        new(0, null, "Meta's answer cannot be read.", null, GraphAction.Retry, "It is tried again.");

    // {"message":"(#130429) Rate limit hit","type":"OAuthException","code":130429,"error_subcode":2494055,
    //  "error_data":{"messaging_product":"whatsapp","details":"…"},"is_transient":true,"error_user_msg":"…","fbtrace_id":"…"}
    private static GraphError Read(JsonElement json, TimeSpan? retryAfter, GraphAction unknown)
    {
        JsonElement? error = json;
        var code = (int)Math.Clamp(error.Number("code") ?? -1, int.MinValue, int.MaxValue);
        var subcode = error.Number("error_subcode") is { } sub and >= int.MinValue and <= int.MaxValue ? (int?)sub : null;
        var message = error.Text("message") ?? error.Text("title") ?? error.Text("error_user_title") ?? (code < 0 ? "an error without a code" : $"error {code}");

        // error_data was once a plain text.
        var details = error.Get("error_data").Text("details") ?? error.Text("error_data") ?? error.Text("error_user_msg") ?? error.Text("details");
        return GraphErrorKinds.Find(code, subcode) is { } kind
            ? new GraphError(code, subcode, message, details, kind.Action, $"{Capitalised(kind.Meaning)}. {kind.Advice}", retryAfter ?? kind.Wait, kind.MaxRetries)
            : new GraphError(
                code, subcode, message, details, error.Flag("is_transient") ? GraphAction.Retry : unknown,
                "Meta gave an error that is not known here. See its message and details.", retryAfter);
    }

    /// <summary>What an HTTP status alone says.</summary>
    private static GraphAction ActionOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.TooManyRequests => GraphAction.SlowDown,
        HttpStatusCode.RequestTimeout => GraphAction.Retry,
        >= HttpStatusCode.InternalServerError => GraphAction.Retry,
        _ => GraphAction.FailMessage,
    };

    /// <summary>How long Meta asks to wait: <c>Retry-After</c>, or the minutes in <c>X-Business-Use-Case-Usage</c>.</summary>
    internal static TimeSpan? RetryAfter(HttpResponseHeaders? headers, DateTimeOffset now)
    {
        var wait = headers?.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - now,
            _ => headers is not null && headers.TryGetValues("X-Business-Use-Case-Usage", out var values) ? RegainAccess(values) : null,
        };
        return wait > TimeSpan.Zero ? wait : null;
    }

    // {"<account>":[{"type":"whatsapp","call_count":100,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":12}]}
    private static TimeSpan? RegainAccess(IEnumerable<string> values)
    {
        try
        {
            using var document = JsonDocument.Parse(string.Concat(values));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return null;
            var minutes = document.RootElement.EnumerateObject()
                .SelectMany(account => account.Value.ValueKind == JsonValueKind.Array ? account.Value.EnumerateArray() : [])
                .Max(usage => ((JsonElement?)usage).Number("estimated_time_to_regain_access"));
            return minutes is > 0 and <= 7 * 24 * 60 ? TimeSpan.FromMinutes(minutes.Value) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Capitalised(string text) => string.Create(CultureInfo.InvariantCulture, $"{char.ToUpperInvariant(text[0])}{text.AsSpan(1)}");
}
