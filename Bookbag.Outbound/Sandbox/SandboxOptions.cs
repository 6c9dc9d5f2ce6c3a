using System.ComponentModel.DataAnnotations;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Settings of the built-in double of Meta's Cloud API; section <c>Sandbox</c>.</summary>
public sealed class SandboxOptions
{
    public const string Section = "Sandbox";

    /// <summary>Where webhooks go in the app model: the public door, found by service discovery.</summary>
    public static readonly Uri EdgeCallback = new("http://edge/channels/whatsapp/webhook");

    /// <summary>The access token that Graph calls must carry.</summary>
    [Required]
    public string AccessToken { get; set; } = "sandbox-access-token";

    /// <summary>The app secret that signs webhooks, unless a number has one of its own.</summary>
    [Required]
    public string AppSecret { get; set; } = "sandbox-app-secret";

    /// <summary>The id of the app that the token belongs to.</summary>
    [Required]
    public string AppId { get; set; } = "400000000000001";

    /// <summary>The number that simulated customers write to when they name none.</summary>
    [Required, RegularExpression("^[0-9]{5,20}$")]
    public string PhoneNumberId { get; set; } = "100000000000001";

    /// <summary>Where webhooks go, unless a number or account has a callback of its own. Null: nowhere. Loopback or a bare service name only.</summary>
    public Uri? CallbackUrl { get; set; }

    /// <summary>From acceptance to status <c>sent</c>.</summary>
    public TimeSpan SentAfter { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>From <c>sent</c> to <c>delivered</c>.</summary>
    public TimeSpan DeliveredAfter { get; set; } = TimeSpan.FromMilliseconds(150);

    /// <summary>From <c>delivered</c> to <c>read</c>.</summary>
    public TimeSpan ReadAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether customers read what they get. Read receipts can be off at Meta too: then <c>read</c> never comes.</summary>
    public bool Reads { get; set; } = true;

    /// <summary>What customers do about templates, unless a number or a customer has habits of its own.</summary>
    [Required]
    public CustomerHabits Habits { get; set; } = CustomerHabits.Quiet;

    /// <summary>How many marketing templates a customer gets in the moving 24 hours (131049); null for any number.</summary>
    [Range(1, 1_000)]
    public int? MarketingPerCustomer { get; set; }

    /// <summary>How long after half of the messaging limit was used a portfolio gets the next one; null for never.</summary>
    public TimeSpan? UpgradeAfter { get; set; }

    /// <summary>The messaging limit that a portfolio starts with.</summary>
    [Required]
    public string Tier { get; set; } = "TIER_2K";

    /// <summary>The throughput that a number starts with; inbound and outbound messages share it, as at Meta.</summary>
    [Range(1, 1_000_000)]
    public int MessagesPerSecond { get; set; } = 80;

    /// <summary>Whether Meta's limit on messages from one number to one customer (one in 6 s, bursts up to 45) applies.</summary>
    public bool PairLimit { get; set; } = true;

    /// <summary>How long Meta's reviewers take over a template.</summary>
    public TimeSpan TemplateReviewAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether customers' webhooks come from elsewhere, say from a test that signs its own. The sandbox then knows neither the
    /// customer service windows nor the customers' message ids and files, and lets them pass.
    /// </summary>
    public bool ForeignWebhooks { get; set; }

    /// <summary>How many webhooks are under way at a time.</summary>
    [Range(1, 256)]
    public int WebhookParallelism { get; set; } = 16;

    /// <summary>How long a webhook waits for its 200.</summary>
    public TimeSpan WebhookTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>The longest wait before a webhook that was not answered 200 is repeated; null for Meta's own, which grow to hours.</summary>
    public TimeSpan? LongestRepeat { get; set; }

    /// <summary>How many messages are kept over all conversations; the oldest go first, and a conversation goes with its last message.</summary>
    [Range(1, 10_000_000)]
    public int MaxMessages { get; set; } = 200_000;

    /// <summary>How long the address of a file is good; Meta's is for five minutes.</summary>
    public TimeSpan MediaLinkLives { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many bytes of files are kept; the oldest go first.</summary>
    [Range(0, 4L * 1024 * 1024 * 1024)]
    public long MaxMediaBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>How many bodies of <c>/messages</c> requests are kept.</summary>
    [Range(0, 1_000_000)]
    public int MaxRequests { get; set; } = 10_000;

    /// <summary>How many webhooks may wait; the oldest go first.</summary>
    [Range(1, 10_000_000)]
    public int MaxPendingWebhooks { get; set; } = 500_000;

    /// <summary>Makes the random faults of two runs the same.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>Whether the control API asks for an API key or a sign-in of the product. In-process hosts never ask.</summary>
    public bool RequireSignIn { get; set; } = true;
}
