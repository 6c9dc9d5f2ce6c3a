using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Inbound.Webhooks;

/// <summary>What the gate says of a POST.</summary>
public enum GateVerdict
{
    /// <summary>Signed with the app secret of a channel that it names.</summary>
    Accepted,

    /// <summary>Not a notification at all.</summary>
    NotJson,

    /// <summary>Without a signature, or with one that none of the named channels made.</summary>
    BadSignature,

    /// <summary>Names no channel that is connected here.</summary>
    Unknown,
}

/// <summary>The answer of the gate.</summary>
/// <param name="Verdict">Whether it may come in.</param>
/// <param name="ChannelIds">The channels whose app secret made the signature: it counts for these alone.</param>
public readonly record struct GateAnswer(GateVerdict Verdict, Guid[] ChannelIds);

/// <summary>Decides whether a POST is Meta's: by the app secrets of the channels that it names.</summary>
/// <remarks>
/// A POST may name several channels, also of several workspaces, and is signed by one app. What it says of a channel whose secret did not
/// make the signature is not believed: that secret's owner could have written it.
/// </remarks>
public sealed class WebhookGate(ChannelDirectory channels)
{
    // One app signs a POST, so its channels share a secret but for one that was changed a moment ago. More would only be work for an attacker to give.
    private const int MaxSecrets = 8;

    public async ValueTask<GateAnswer> CheckAsync(ReadOnlyMemory<byte> body, string? signature, CancellationToken cancellationToken)
    {
        var scan = WebhookScan.Of(body.Span);
        if (!scan.IsNotification)
            return new(GateVerdict.NotJson, []);
        if (string.IsNullOrEmpty(signature))
            return new(GateVerdict.BadSignature, []);

        var named = await FindAsync(scan, cancellationToken);
        if (named.Count == 0)
            return new(GateVerdict.Unknown, []);

        var signers = Signers(named, body.Span, signature);
        return signers.Length == 0 ? new(GateVerdict.BadSignature, []) : new(GateVerdict.Accepted, signers);
    }

    /// <summary>The channels of the numbers it names, and those of the accounts: one POST may hold a message to a number and a change of its account.</summary>
    private async ValueTask<List<ChannelRoute>> FindAsync(WebhookScan scan, CancellationToken cancellationToken)
    {
        var named = new List<ChannelRoute>();
        foreach (var id in scan.PhoneNumberIds)
        {
            if (await channels.FindByPhoneNumberIdAsync(id, cancellationToken) is { } channel)
                named.Add(channel);
        }

        if (named.Count > 0 && !scan.IsAboutAccounts)
            return named;
        foreach (var id in scan.BusinessAccountIds)
            named.AddRange((await channels.FindByBusinessAccountIdAsync(id, cancellationToken)).Where(c => named.TrueForAll(n => n.ChannelId != c.ChannelId)));
        return named;
    }

    private static Guid[] Signers(List<ChannelRoute> named, ReadOnlySpan<byte> body, string signature)
    {
        if (named is [var only])
            return WebhookSignature.Verify(body, signature, only.AppSecret) ? [only.ChannelId] : [];

        foreach (var sameSecret in named.GroupBy(c => Convert.ToHexString(c.AppSecret)).Take(MaxSecrets))
        {
            if (WebhookSignature.Verify(body, signature, sameSecret.First().AppSecret))
                return [.. sameSecret.Select(c => c.ChannelId)];
        }

        return [];
    }
}
