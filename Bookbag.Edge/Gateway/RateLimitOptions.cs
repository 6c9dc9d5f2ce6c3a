using System.ComponentModel.DataAnnotations;

namespace Bookbag.Edge.Gateway;

/// <summary>How much one client may ask of the Edge. Who asks for more is answered 429 with <c>Retry-After</c>.</summary>
public sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>Webhooks a second from one address. Meta's own load lies far below; a flood from elsewhere does not.</summary>
    [Range(1, 1_000_000)]
    public int WebhooksPerSecond { get; init; } = 20_000;

    /// <summary>Webhooks that may be under way at once, from anywhere: what bounds memory and connections when Inbound turns slow.</summary>
    [Range(1, 100_000)]
    public int WebhooksInFlight { get; init; } = 4_096;

    /// <summary>How many of these may be one address's: a client that sends its bodies drop by drop cannot take every place.</summary>
    [Range(1, 100_000)]
    public int WebhooksInFlightOfAddress { get; init; } = 2_048;

    /// <summary>API requests a second of one key or member, sustained.</summary>
    [Range(1, 100_000)]
    public int ApiPerSecond { get; init; } = 200;

    /// <summary>API requests that one key or member may make at once after a pause.</summary>
    [Range(1, 1_000_000)]
    public int ApiBurst { get; init; } = 1_000;

    /// <summary>Sign-in attempts a minute from one address on one account.</summary>
    [Range(1, 10_000)]
    public int SignInsPerMinute { get; init; } = 10;

    /// <summary>Sign-in attempts a minute from one address, whatever the account: an office behind one address stays under it.</summary>
    [Range(1, 10_000)]
    public int SignInsPerMinuteOfAddress { get; init; } = 60;
}
