namespace Bookbag.Outbound.MessagingLimits;

/// <summary>Meta's messaging limit tiers: how many unique customers a portfolio may open a conversation with in a moving 24 hours.</summary>
public static class MessagingLimitTier
{
    /// <summary>The window that the limit moves over.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>The tier under which there is no limit.</summary>
    public const string Unlimited = "TIER_UNLIMITED";

    /// <summary>What a tier means. Meta adds tiers: one nobody knew before is <see cref="Tier.Unknown"/>, kept by name and never taken for unlimited.</summary>
    public static Tier Parse(string? tier) => tier switch
    {
        "TIER_50" => new Tier.Limited(50),
        "TIER_250" => new Tier.Limited(250),
        "TIER_1K" => new Tier.Limited(1_000),
        "TIER_2K" => new Tier.Limited(2_000),
        "TIER_10K" => new Tier.Limited(10_000),
        "TIER_100K" => new Tier.Limited(100_000),
        Unlimited => new Tier.Unlimited(),
        _ => new Tier.Unknown(),
    };
}

/// <summary>The meaning of a tier.</summary>
public abstract record Tier
{
    private Tier() { }

    /// <summary>So many customers, no more.</summary>
    public sealed record Limited(int Customers) : Tier;

    /// <summary>As many as one likes.</summary>
    public sealed record Unlimited : Tier;

    /// <summary>Not told, or a value nobody knew before.</summary>
    public sealed record Unknown : Tier;
}
