using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Bookbag.ServiceDefaults.Http;

namespace Bookbag.Inbound.OutgoingWebhooks;

/// <summary>Where webhooks may lead, how they are signed, and how long to wait after a failure.</summary>
public static class CourierRules
{
    /// <summary>The longest address.</summary>
    public const int LongestUrl = 2_000;

    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(4),
    ];

    /// <summary>Why an address cannot be a webhook's; null where it can. Where its name leads is checked at every call.</summary>
    public static string? Problem(string url, bool allowLoopback)
    {
        if (url.Length > LongestUrl || !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http"))
            return $"Enter an https address of at most {LongestUrl.ToString("N0", CultureInfo.InvariantCulture)} characters.";
        var isLocal = address.IsLoopback && allowLoopback;
        if (address.Scheme == "http" && !isLocal)
            return "The address must be https: what happens in a workspace goes over the network.";
        if (address.UserInfo.Length > 0)
            return "The address has a user name or password in it: check the signature instead.";
        if (address.Fragment.Length > 0)
            return "The address has a fragment (#…), which is never sent.";
        return !isLocal && (address.IsLoopback || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && !PublicAddresses.IsPublic(ip)))
            ? "The address is not one of the public internet."
            : null;
    }

    /// <summary><c>X-Bookbag-Signature</c>: <c>sha256=</c> and the HMAC-SHA256 of the raw body in hex, its key the webhook's secret.</summary>
    public static string Sign(string secret, ReadOnlySpan<byte> body) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));

    /// <summary>The wait before an event is tried again: seconds first, hours in the end.</summary>
    /// <param name="attempts">How often it was tried.</param>
    /// <param name="jitter">0 to 1, drawn by the caller: spreads the tries of many events.</param>
    public static TimeSpan DelayAfter(int attempts, double jitter) => Delays[Math.Clamp(attempts - 1, 0, Delays.Length - 1)] * (1 + (0.25 * jitter));

    /// <summary>The wait before a webhook is tried again with whatever waits: one that is down is not asked once for every event.</summary>
    /// <param name="failures">How many tries in a row failed.</param>
    public static TimeSpan PauseAfter(int failures) => TimeSpan.FromSeconds(Math.Min(300, Math.Pow(2, Math.Clamp(failures - 1, 0, 20))));
}
