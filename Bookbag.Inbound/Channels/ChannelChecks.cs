using System.Globalization;
using Bookbag.ServiceDefaults.Platform;

namespace Bookbag.Inbound.Channels;

/// <summary>One part of a connection, looked at.</summary>
/// <param name="Hop">Which: <c>token</c>, <c>number</c>, <c>handshake</c>, <c>webhooks</c>, <c>subscription</c>, <c>processing</c>, <c>clock</c>, <c>report</c>.</param>
/// <param name="Ok">Whether it works.</param>
/// <param name="Text">What was found, in words, and what to do about it.</param>
public sealed record ChannelCheck(string Hop, bool Ok, string Text);

/// <summary>What is known of a connection without asking anybody.</summary>
public static class ChannelChecks
{
    /// <summary>The access token at Graph.</summary>
    public const string Token = "token";

    /// <summary>The number, as Graph describes it.</summary>
    public const string Number = "number";

    /// <summary>Meta's handshake.</summary>
    public const string Handshake = "handshake";

    /// <summary>Signed webhooks.</summary>
    public const string Webhooks = "webhooks";

    /// <summary>The state of each part.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="failed">What a test just found broken.</param>
    public static IReadOnlyList<ChannelCheck> Of(Channel channel, ChannelCheck? failed = null) =>
    [
        failed?.Hop == Token ? failed : OfToken(channel, failed is null),
        failed?.Hop == Number ? failed : OfNumber(channel),
        OfHandshake(channel),
        OfWebhooks(channel),
    ];

    private static ChannelCheck OfToken(Channel channel, bool hasTheProblem) => channel switch
    {
        { Problem: { } problem } when hasTheProblem => new(Token, false, problem),
        { CheckedAt: { } at } => new(Token, true, $"The access token worked on {Day(at)}."),
        _ => new(Token, false, "The access token has not been tried yet. Press Test."),
    };

    private static ChannelCheck OfNumber(Channel channel) => channel.DisplayPhoneNumber is { } number
        ? new(Number, true, $"Number {number}, quality {channel.QualityRating ?? "unknown"}, tier {channel.Tier ?? "unknown"}, throughput {channel.Throughput ?? "unknown"}.")
        : new(Number, false, "Meta has not told the number yet. Press Test.");

    private static ChannelCheck OfHandshake(Channel channel) => channel switch
    {
        { VerifiedAt: { } at } => new(Handshake, true, $"Meta verified the callback URL on {Day(at)}."),
        { LastWebhookAt: not null } => new(Handshake, true, "Webhooks come, though Meta has not verified the callback URL with this verify token."),
        _ => new(Handshake, false, "Meta has not verified the callback URL yet. Enter the callback URL and the verify token in the app's WhatsApp configuration at Meta."),
    };

    private static ChannelCheck OfWebhooks(Channel channel) => channel.LastWebhookAt is { } at
        ? new(Webhooks, true, $"The last webhook came on {Day(at)}.")
        : new(Webhooks, false, "No webhook yet: subscribe the app to the field \"messages\", then write to the number. If the webhook was refused, the app secret is wrong.");

    internal static string Day(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
