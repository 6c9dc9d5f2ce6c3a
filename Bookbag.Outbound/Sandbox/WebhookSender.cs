using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Posts webhooks to the callback, signed as Meta signs, many at once.</summary>
internal sealed partial class WebhookSender(
    WebhookOutbox outbox, IHttpClientFactory clients, SandboxStats stats, SandboxOptions options, ILogger<WebhookSender> logger) : BackgroundService
{
    /// <summary>The name of the HTTP client.</summary>
    public const string Client = "sandbox-webhooks";

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // One client for all the time that this runs: its handler keeps the connections.
        var client = clients.CreateClient(Client);
        client.Timeout = options.WebhookTimeout;
        return Task.WhenAll(Enumerable.Range(0, options.WebhookParallelism).Select(_ => SendAsync(client, stoppingToken)));
    }

    private async Task SendAsync(HttpClient client, CancellationToken stoppingToken)
    {
        using var body = new WebhookBody();
        try
        {
            await foreach (var delivery in outbox.Ready.ReadAllAsync(stoppingToken))
            {
                if (delivery.Updates[0].Number.Target is not { } target)
                    stats.WebhooksDropped(delivery.Updates.Count);
                else if (await PostAsync(client, target, body.Write(delivery.Updates), stoppingToken))
                    stats.WebhookAcknowledged(delivery.Updates.Count);
                else
                    outbox.Retry(delivery);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping: what was not posted is gone, as all of the sandbox is.
        }
    }

    private async Task<bool> PostAsync(HttpClient client, WebhookTarget target, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, target.Url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = Json;
        request.Headers.TryAddWithoutValidation("X-Hub-Signature-256", Sign(target.Key, body.Span));
        request.Headers.TryAddWithoutValidation("User-Agent", "facebookexternalua");
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
                return true;
            Log.NotAcknowledged(logger, (int)response.StatusCode);
        }
        catch (HttpRequestException exception)
        {
            Log.NotReached(logger, exception.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Log.TimedOut(logger);
        }

        stats.WebhookFailed();
        return false;
    }

    private static string Sign(byte[] key, ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, body, hash);
        return "sha256=" + Convert.ToHexStringLower(hash);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "The callback answered a webhook with {Status}; it is tried again")]
        public static partial void NotAcknowledged(ILogger logger, int status);

        [LoggerMessage(2, LogLevel.Debug, "The callback was not reached: {Reason}; the webhook is tried again")]
        public static partial void NotReached(ILogger logger, string reason);

        [LoggerMessage(3, LogLevel.Debug, "The callback did not answer a webhook in time; it is tried again")]
        public static partial void TimedOut(ILogger logger);
    }
}
