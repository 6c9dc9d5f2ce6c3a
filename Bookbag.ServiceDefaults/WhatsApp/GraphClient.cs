using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Bookbag.ServiceDefaults.Platform;
using Microsoft.Extensions.Options;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>
/// Meta's Graph API. Answers with outcomes: whatever Meta or the network does, nothing is thrown and nothing is tried again here,
/// because a message has no idempotency key at Meta and only the caller knows whether it may go out twice.
/// </summary>
public sealed partial class GraphClient(HttpClient http, TimeProvider clock, IOptions<GraphOptions> options)
{
    private const int FirstVersionWithNewFields = 24;

    /// <summary>Sends a message.</summary>
    public async Task<SendOutcome> SendAsync(ChannelRoute channel, OutgoingMessage message, CancellationToken cancellationToken)
    {
        using var call = new Call(clock, "send");
        var answer = await CallAsync(HttpMethod.Post, channel.SendUrl, channel.AccessToken, message.ToJson(), options.Value.SendTimeout, cancellationToken);
        var outcome = OutcomeOf(answer);
        call.Ends(outcome switch { SendOutcome.Accepted => "accepted", SendOutcome.Refused => "refused", _ => "unknown" }, (outcome as SendOutcome.Refused)?.Error);
        return outcome;
    }

    /// <summary>
    /// Shows the customer that their message, and all before it, was read; and for 25 seconds or until the reply, that one is being
    /// written. Null when Meta took it.
    /// </summary>
    public async Task<GraphError?> MarkReadAsync(ChannelRoute channel, string wamid, bool typing, CancellationToken cancellationToken)
    {
        using var call = new Call(clock, "mark read");
        var answer = await CallAsync(HttpMethod.Post, channel.SendUrl, channel.AccessToken, ReadReceipt.ToJson(wamid, typing), options.Value.CallTimeout, cancellationToken);
        return call.Ends(ErrorOf(answer));
    }

    /// <summary>What Graph tells of a number: it proves that URL and token fit together. The account and the portfolio are found on the way.</summary>
    public async Task<GraphResult<PhoneNumberDetails>> GetPhoneNumberAsync(SendUrl url, string accessToken, CancellationToken cancellationToken)
    {
        using var call = new Call(clock, "get phone number");
        var uri = new Uri($"{url.PhoneNumber}?fields={PhoneNumberFields(url.Version)}");
        var answer = await CallAsync(HttpMethod.Get, uri, accessToken, null, options.Value.CallTimeout, cancellationToken);
        if (call.Ends(ErrorOf(answer)) is { } error)
            return new GraphResult<PhoneNumberDetails>(null, PhoneNumberReader.Explain(error));
        return PhoneNumberReader.Read(answer.Body) is { } details
            ? new GraphResult<PhoneNumberDetails>(details, null)
            : new GraphResult<PhoneNumberDetails>(null, GraphErrors.Unreadable());
    }

    /// <summary>Older versions of the Graph API refuse the whole call for a field they do not know.</summary>
    private static string PhoneNumberFields(string version)
    {
        var major = int.Parse(version.AsSpan(1).ToString().Split('.')[0], System.Globalization.CultureInfo.InvariantCulture);
        var limit = major >= FirstVersionWithNewFields ? "whatsapp_business_manager_messaging_limit,is_on_biz_app" : "messaging_limit_tier";
        return $"id,display_phone_number,verified_name,quality_rating,status,code_verification_status,name_status,platform_type,throughput,account_mode,{limit},health_status";
    }

    private static SendOutcome OutcomeOf(Answer answer)
    {
        if (answer.Failure is { } failure)
            return answer.Left ? new SendOutcome.Unknown(failure.Message) : new SendOutcome.Refused(failure);
        if (answer.Error is { } error)
            return new SendOutcome.Refused(error);
        if (answer.IsSuccess)
            return SendResponse.Read(answer.Body) is { } accepted ? accepted : new SendOutcome.Unknown("Meta took the message, but its answer names no message id.");

        // Something between us and Meta gave up: Meta may have the message all the same.
        return (int)answer.Status >= 500
            ? new SendOutcome.Unknown($"HTTP {(int)answer.Status} without an error of Meta's.")
            : new SendOutcome.Refused(GraphErrors.WithoutBody(answer.Status, answer.RetryAfter));
    }

    private static GraphError? ErrorOf(Answer answer) =>
        answer.Failure ?? answer.Error ?? (answer.IsSuccess ? null : GraphErrors.WithoutBody(answer.Status, answer.RetryAfter));

    private async Task<Answer> CallAsync(HttpMethod method, Uri uri, string accessToken, byte[]? json, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var content = json is null ? null : new DepartingContent(json);
        return await CallWithAsync(content, method, uri, accessToken, timeout, cancellationToken);
    }

    // A token with a line break in it would be quoted in the exception that the header throws.
    private static bool IsToken(string accessToken) => accessToken.Length > 0 && !accessToken.AsSpan().ContainsAnyExcept(TokenCharacters);

    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=|");

    private async Task<Answer> CallWithAsync(HttpContent? content, HttpMethod method, Uri uri, string accessToken, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!IsToken(accessToken))
            return Answer.NotSent(GraphErrors.MalformedToken());

        using var request = new HttpRequestMessage(method, uri) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        using var timer = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, either.Token);
            var body = await response.Content.ReadAsByteArrayAsync(CancellationToken.None);
            return Answer.Of(response, body, accessToken, clock.GetUtcNow());
        }
        catch (OperationCanceledException)
        {
            var reason = cancellationToken.IsCancellationRequested ? "The service stopped before Meta answered." : $"Meta did not answer within {timeout.TotalSeconds:0.#} seconds.";
            return Answer.Lost(reason, content);
        }
        catch (GraphHostRefusedException)
        {
            return Answer.NotSent(GraphErrors.HostRefused());
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidOperationException)
        {
            // The exception's own text may name the URL; the kind of error is enough. Service discovery throws InvalidOperationException.
            var kind = (e as HttpRequestException)?.HttpRequestError ?? HttpRequestError.Unknown;
            return Answer.Lost($"The connection to Meta failed ({kind}).", content);
        }
    }

    /// <summary>One call: its span, its duration, its end.</summary>
    private sealed class Call(TimeProvider clock, string operation) : IDisposable
    {
        private readonly System.Diagnostics.Activity? _activity = GraphTelemetry.Start(operation);
        private readonly long _start = clock.GetTimestamp();

        public GraphError? Ends(GraphError? error)
        {
            Ends(error is null ? "accepted" : "refused", error);
            return error;
        }

        public void Ends(string outcome, GraphError? error) => GraphTelemetry.Record(_activity, operation, outcome, error, clock.GetElapsedTime(_start));

        public void Dispose() => _activity?.Dispose();
    }

    /// <summary>What came back, or why nothing did.</summary>
    private sealed record Answer(HttpStatusCode Status, byte[] Body, GraphError? Error, TimeSpan? RetryAfter, GraphError? Failure, bool Left)
    {
        public bool IsSuccess => (int)Status is >= 200 and < 300;

        public static Answer Of(HttpResponseMessage response, byte[] body, string accessToken, DateTimeOffset now)
        {
            var error = GraphErrors.Parse(response.StatusCode, body, response.Headers, now);

            // Meta quotes a malformed token in its message ("Malformed access token EAAG…").
            if (error is not null)
                error = error with { Message = Without(accessToken, error.Message), Details = error.Details is { } details ? Without(accessToken, details) : null };
            return new Answer(response.StatusCode, body, error, GraphErrors.RetryAfter(response.Headers, now), null, Left: true);
        }

        public static Answer NotSent(GraphError error) => new(default, [], null, null, error, Left: false);

        public static Answer Lost(string reason, HttpContent? content) => new(default, [], null, null, GraphErrors.NotSent(reason), content is DepartingContent { Departed: true });

        private static string Without(string secret, string text) => text.Replace(secret, "[token]", StringComparison.Ordinal);
    }

    /// <summary>A body that knows whether any of it was handed to the connection: before that, nothing can have been sent.</summary>
    private sealed class DepartingContent : HttpContent
    {
        private readonly byte[] _json;

        public DepartingContent(byte[] json)
        {
            _json = json;
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        public bool Departed { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            Departed = true;
            return stream.WriteAsync(_json, cancellationToken).AsTask();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _json.Length;
            return true;
        }
    }
}
