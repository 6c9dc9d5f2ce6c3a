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

    /// <summary>STANDARD (80 messages a second) or HIGH (1,000).</summary>
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
    TimeSpan SentAfter, TimeSpan DeliveredAfter, TimeSpan ReadAfter, bool Reads, Uri? CallbackUrl, int Customers)
{
    internal static NumberView Of(SandboxNumber number, int opened) => new(
        number.Id, number.DisplayPhoneNumber, number.VerifiedName, number.Account.Id, number.Account.Portfolio.Id, number.Account.Portfolio.Tier, opened,
        number.QualityRating, number.Status, number.Throughput, number.MessagesPerSecond, number.PairLimit, number.ForeignWebhooks, number.WindowRefusal,
        number.SentAfter, number.DeliveredAfter, number.ReadAfter, number.Reads, number.Target?.Url, number.Conversations.Count);
}
