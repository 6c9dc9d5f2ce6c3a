using System.Globalization;
using System.Text.RegularExpressions;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>
/// How many customers a business portfolio may open a conversation with in a moving 24 hours. Not to be mixed up with throughput
/// (messages a second) or the pair rate (messages to one customer).
/// </summary>
/// <param name="Raw">Meta's word, as it came.</param>
/// <param name="Limit">The number of customers; null when there is none or it is not known.</param>
/// <param name="IsUnlimited">Whether there is no limit.</param>
public sealed record MessagingLimitTier(string? Raw, int? Limit, bool IsUnlimited)
{
    /// <summary>Whether Meta's word was understood; otherwise the last known tier goes on to hold.</summary>
    public bool IsKnown => IsUnlimited || Limit is not null;

    /// <summary>The tier by Meta's present naming (<c>TIER_2K</c>), whichever shape it came in; Meta's own word where it was not understood.</summary>
    public string? Name =>
        IsUnlimited ? "TIER_UNLIMITED"
        : Limit is not { } limit ? Raw
        : limit >= 1_000_000 && limit % 1_000_000 == 0 ? $"TIER_{limit / 1_000_000}M"
        : limit >= 1_000 && limit % 1_000 == 0 ? $"TIER_{limit / 1_000}K"
        : $"TIER_{limit}";
}

/// <summary>Meta's words for messaging limits.</summary>
public static partial class MessagingLimitTiers
{
    /// <summary>
    /// Reads a tier in every shape it comes in: <c>TIER_250</c>, <c>TIER_2K</c>, <c>TIER_UNLIMITED</c>, a plain number, and -1 for
    /// unlimited. What nobody knew (<c>TIER_NOT_SET</c>, <c>UNTIERED</c> or a new word) is kept as it came.
    /// </summary>
    public static MessagingLimitTier Parse(string? text)
    {
        var raw = string.IsNullOrWhiteSpace(text) ? null : text.Trim();
        if (raw is null)
            return new MessagingLimitTier(null, null, false);
        if (raw is "-1" || raw.Equals("TIER_UNLIMITED", StringComparison.OrdinalIgnoreCase) || raw.Equals("UNLIMITED", StringComparison.OrdinalIgnoreCase))
            return new MessagingLimitTier(raw, null, true);

        var match = TierForm().Match(raw);
        if (!match.Success || !int.TryParse(match.Groups["number"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return new MessagingLimitTier(raw, null, false);
        var factor = match.Groups["unit"].ValueSpan switch { "K" or "k" => 1_000L, "M" or "m" => 1_000_000L, _ => 1L };
        return number * factor is > 0 and <= int.MaxValue and var limit
            ? new MessagingLimitTier(raw, (int)limit, false)
            : new MessagingLimitTier(raw, null, false);
    }

    [GeneratedRegex(@"^(?:TIER_)?(?<number>[0-9]{1,9})(?<unit>[KM])?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex TierForm();
}
