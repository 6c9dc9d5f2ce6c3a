using System.ComponentModel.DataAnnotations;

namespace Bookbag.Outbound.Sandbox;

/// <summary>What to change of a number; what is left out stays as it is.</summary>
public sealed record NumberSettings
{
    /// <summary>The portfolio's messaging limit, such as <c>TIER_250</c>; all numbers of the portfolio share it.</summary>
    [RegularExpression("^[A-Z0-9_]{1,40}$")]
    public string? Tier { get; init; }

    /// <summary>GREEN, YELLOW, RED, NA.</summary>
    [RegularExpression("^[A-Z_]{1,40}$")]
    public string? QualityRating { get; init; }

    /// <summary>Only a CONNECTED number can send.</summary>
    [RegularExpression("^[A-Z_]{1,40}$")]
    public string? Status { get; init; }

    /// <summary>STANDARD (80 messages a second), HIGH (1,000), or NOT_APPLICABLE: a number that is used on a phone as well (20).</summary>
    [RegularExpression("^(STANDARD|HIGH|NOT_APPLICABLE)$")]
    public string? Throughput { get; init; }

    /// <summary>Another rate than the level's.</summary>
    [Range(1, 1_000_000)]
    public int? MessagesPerSecond { get; init; }

    /// <summary>Whether the limit on messages to one customer applies.</summary>
    public bool? PairLimit { get; init; }

    /// <summary>Whether customers' webhooks come from elsewhere: windows and their message ids are then not checked.</summary>
    public bool? ForeignWebhooks { get; init; }

    /// <summary>How a free-form message outside the window is refused.</summary>
    public WindowRefusal? WindowRefusal { get; init; }

    /// <summary>From acceptance to <c>sent</c>.</summary>
    public TimeSpan? SentAfter { get; init; }

    /// <summary>From <c>sent</c> to <c>delivered</c>.</summary>
    public TimeSpan? DeliveredAfter { get; init; }

    /// <summary>From <c>delivered</c> to <c>read</c>.</summary>
    public TimeSpan? ReadAfter { get; init; }

    /// <summary>Whether customers read what they get.</summary>
    public bool? Reads { get; init; }

    /// <summary>What customers do about templates.</summary>
    public CustomerHabits? Habits { get; init; }

    /// <summary>How many marketing templates a customer gets in the moving 24 hours, windows apart; what is beyond fails with 131049. 0 for no such limit.</summary>
    [Range(0, 1_000)]
    public int? MarketingPerCustomer { get; init; }

    /// <summary>How long after half of the messaging limit was used the portfolio gets the next one; Meta takes up to six hours. Negative: never.</summary>
    public TimeSpan? UpgradeAfter { get; init; }

    /// <summary>What signs this number's webhooks.</summary>
    [MinLength(1)]
    public string? AppSecret { get; init; }

    /// <summary>Where this number's webhooks go: loopback or a service of the app model.</summary>
    public Uri? CallbackUrl { get; init; }

    /// <summary>The WhatsApp Business Account it belongs to.</summary>
    [RegularExpression("^[0-9]{5,25}$")]
    public string? BusinessAccountId { get; init; }

    /// <summary>The business portfolio its account belongs to.</summary>
    [RegularExpression("^[0-9]{5,25}$")]
    public string? PortfolioId { get; init; }

    /// <summary>The number as people see it.</summary>
    [RegularExpression("^\\+[0-9 ()-]{5,25}$")]
    public string? DisplayPhoneNumber { get; init; }

    /// <summary>The name that customers see.</summary>
    [StringLength(100, MinimumLength = 1)]
    public string? VerifiedName { get; init; }
}

/// <summary>A number of the sandbox. Its app secret is not shown.</summary>
public sealed record NumberView(
    string Id, string DisplayPhoneNumber, string VerifiedName, string BusinessAccountId, string PortfolioId, string Tier, int Opened,
    string QualityRating, string Status, string Throughput, int MessagesPerSecond, bool PairLimit, bool ForeignWebhooks, WindowRefusal WindowRefusal,
    TimeSpan SentAfter, TimeSpan DeliveredAfter, TimeSpan ReadAfter, bool Reads, CustomerHabits Habits, int? MarketingPerCustomer, TimeSpan? UpgradeAfter,
    Uri? CallbackUrl, int Customers)
{
    internal static NumberView Of(SandboxNumber number, int opened) => new(
        number.Id, number.DisplayPhoneNumber, number.VerifiedName, number.Account.Id, number.Account.Portfolio.Id, number.Account.Portfolio.Tier, opened,
        number.QualityRating, number.Status, number.Throughput, number.MessagesPerSecond, number.PairLimit, number.ForeignWebhooks, number.WindowRefusal,
        number.SentAfter, number.DeliveredAfter, number.ReadAfter, number.Reads, number.Habits, number.MarketingPerCustomer,
        number.Account.Portfolio.UpgradeAfter, number.Target?.Url, number.Conversations.Count);
}
