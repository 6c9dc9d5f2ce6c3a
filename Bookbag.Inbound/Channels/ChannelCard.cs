using System.Security.Cryptography;
using Bookbag.Inbound.Webhooks;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Channels;

/// <summary>How a channel is doing.</summary>
public enum ChannelStatus
{
    /// <summary>The access token works; Meta's handshake has not come yet.</summary>
    Connected,

    /// <summary>Meta's handshake has come as well.</summary>
    Verified,

    /// <summary>Something is wrong; <c>problem</c> says what.</summary>
    Broken,
}

/// <summary>The WhatsApp card of an agent. Of secrets it shows the last four characters, except the verify token: that one is there to be copied.</summary>
/// <param name="Id">The channel.</param>
/// <param name="PhoneNumberId">Meta's id of the number.</param>
/// <param name="SendUrl">The Graph API messages endpoint.</param>
/// <param name="WebhookUrl">What to enter at Meta as callback URL.</param>
/// <param name="VerifyToken">What to enter at Meta as verify token; only for those who may change the channel.</param>
/// <param name="Status">How it is doing.</param>
/// <param name="Problem">What is wrong, in words; null when nothing is.</param>
/// <param name="Health">The state of each part of the connection, in words.</param>
/// <param name="DisplayPhoneNumber">The number.</param>
/// <param name="VerifiedName">The name that customers see.</param>
/// <param name="QualityRating">Meta's quality rating, as it came.</param>
/// <param name="Tier">Meta's messaging limit tier, as it came.</param>
/// <param name="Throughput">Meta's throughput level, as it came.</param>
/// <param name="BusinessAccountId">The WhatsApp Business Account.</param>
/// <param name="AccessTokenLast4">The end of the access token.</param>
/// <param name="AppSecretLast4">The end of the app secret.</param>
/// <param name="VerifiedAt">When the handshake came.</param>
/// <param name="LastWebhookAt">When the last signed webhook came; to within half a minute.</param>
/// <param name="CheckedAt">When Graph last accepted the token.</param>
/// <param name="UpdatedAt">When credentials last changed.</param>
public sealed record ChannelCard(
    Guid Id, string PhoneNumberId, string SendUrl, string WebhookUrl, string? VerifyToken, ChannelStatus Status, string? Problem, IReadOnlyList<string> Health,
    string? DisplayPhoneNumber, string? VerifiedName, string? QualityRating, string? Tier, string? Throughput, string? BusinessAccountId,
    string AccessTokenLast4, string AppSecretLast4, DateTimeOffset? VerifiedAt, DateTimeOffset? LastWebhookAt, DateTimeOffset? CheckedAt, DateTimeOffset UpdatedAt);

/// <summary>Draws the card of a channel for whoever asks.</summary>
public sealed class ChannelCards(SecretProtector secrets, ChannelReports reports, IOptions<ChannelOptions> options)
{
    public async Task<ChannelCard> DrawAsync(Channel channel, Caller caller, HttpRequest request, CancellationToken cancellationToken)
    {
        ChannelCheck[] checks = [.. ChannelChecks.Of(channel), .. await reports.ReadAsync(channel.Id, cancellationToken)];
        var status = channel.Problem is not null ? ChannelStatus.Broken : channel.VerifiedAt is not null ? ChannelStatus.Verified : ChannelStatus.Connected;
        return new(
            channel.Id, channel.PhoneNumberId, channel.SendUrl, WebhookUrl(request), caller.Role >= Role.Admin ? Reveal(channel.VerifyTokenCipher) : null,
            status, channel.Problem, [.. checks.Select(check => check.Text)],
            channel.DisplayPhoneNumber, channel.VerifiedName, channel.QualityRating, channel.Tier, channel.Throughput, channel.BusinessAccountId,
            channel.AccessTokenLast4, channel.AppSecretLast4, channel.VerifiedAt, channel.LastWebhookAt, channel.CheckedAt, channel.UpdatedAt);
    }

    /// <summary>The one callback URL, on the address that Meta reaches.</summary>
    internal string WebhookUrl(HttpRequest request)
    {
        // The Edge says under which address it was asked.
        var scheme = First(request.Headers["X-Forwarded-Proto"]) ?? request.Scheme;
        var host = First(request.Headers["X-Forwarded-Host"]) ?? request.Host.Value;
        return (options.Value.PublicUrl?.TrimEnd('/') ?? $"{scheme}://{host}") + WebhookEndpoints.Path;

        static string? First(string? header) => header?.Split(',')[0].Trim() is { Length: > 0 } first ? first : null;
    }

    private string? Reveal(string cipher)
    {
        try
        {
            return secrets.Unprotect(cipher);
        }
        catch (CryptographicException)
        {
            // The key ring that encrypted it is gone: the credentials are to be entered again.
            return null;
        }
    }
}
