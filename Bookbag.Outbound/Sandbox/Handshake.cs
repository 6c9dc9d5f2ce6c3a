using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Meta's GET verification of a callback, as the App Dashboard does it.</summary>
internal sealed class Handshake(IHttpClientFactory clients, SandboxOptions options)
{
    /// <summary>Whether webhooks may go there: the sandbox reaches loopback and the services of the app model, nothing else.</summary>
    public static bool IsAllowed(Uri callback) =>
        callback.IsAbsoluteUri && callback.Scheme is "http" or "https"
        && (callback.IsLoopback || (callback.HostNameType == UriHostNameType.Dns && !callback.Host.Contains('.', StringComparison.Ordinal)));

    /// <summary>Asks a callback for the challenge.</summary>
    public async Task<HandshakeOutcome> VerifyAsync(Uri callback, string verifyToken, CancellationToken cancellationToken)
    {
        if (!IsAllowed(callback))
            return new HandshakeOutcome(false, null, "Only loopback and the services of the app model can be called back.");
        var challenge = RandomNumberGenerator.GetInt32(100_000_000, int.MaxValue).ToString(CultureInfo.InvariantCulture);
        var query = $"hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={Uri.EscapeDataString(verifyToken)}";
        using var client = clients.CreateClient(WebhookSender.Client);
        client.Timeout = options.WebhookTimeout;
        try
        {
            using var response = await client.GetAsync(new UriBuilder(callback) { Query = query }.Uri, cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            var verified = response.StatusCode == HttpStatusCode.OK && body == challenge;
            return new HandshakeOutcome(verified, (int)response.StatusCode, verified ? "The callback answered with the challenge."
                : response.StatusCode == HttpStatusCode.OK ? "The callback answered 200, but with something else than the challenge."
                : $"The callback answered {(int)response.StatusCode}.");
        }
        catch (HttpRequestException exception)
        {
            return new HandshakeOutcome(false, null, $"The callback was not reached: {exception.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HandshakeOutcome(false, null, "The callback did not answer in time.");
        }
    }
}

/// <summary>What became of a verification.</summary>
/// <param name="Verified">Whether the callback answered as Meta asks.</param>
/// <param name="Status">The HTTP status; null where there was no answer.</param>
/// <param name="Detail">What happened, in words.</param>
public sealed record HandshakeOutcome(bool Verified, int? Status, string Detail);
