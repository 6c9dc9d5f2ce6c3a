using System.Text;

namespace Bookbag.Outbound.Sandbox;

/// <summary>A business phone number of the sandbox, with the conversations on it. Guarded by the gate of <see cref="SandboxState"/>.</summary>
internal sealed class SandboxNumber
{
    private readonly Dictionary<string, Conversation> _byPhone = [];
    private readonly Dictionary<string, Conversation> _byUserId = [];
    private readonly string _defaultSecret;
    private readonly Uri? _defaultCallback;

    public SandboxNumber(string id, SandboxAccount account, SandboxOptions options, DateTimeOffset now)
    {
        (Id, Account, _defaultSecret, _defaultCallback) = (id, account, options.AppSecret, options.CallbackUrl);
        var local = (long.Parse(id.AsSpan(Math.Max(0, id.Length - 7))) + 100_000) % 10_000_000;
        DisplayPhoneNumber = $"+1 555 {local / 10_000:000} {local % 10_000:0000}";
        VerifiedName = id == options.PhoneNumberId ? "Bookbag Sandbox" : $"Bookbag Sandbox {id[^4..]}";
        MessagesPerSecond = options.MessagesPerSecond;
        Bucket = new ThroughputBucket(MessagesPerSecond, now);
        (SentAfter, DeliveredAfter, ReadAfter, Reads) = (options.SentAfter, options.DeliveredAfter, options.ReadAfter, options.Reads);
        (PairLimit, ForeignWebhooks) = (options.PairLimit, options.ForeignWebhooks);
        (Habits, MarketingPerCustomer) = (options.Habits, options.MarketingPerCustomer);
        Target = ResolveTarget();
    }

    public string Id { get; }
    public SandboxAccount Account { get; private set; }
    public string DisplayPhoneNumber { get; private set; }
    public string VerifiedName { get; private set; }
    public string QualityRating { get; private set; } = "GREEN";
    public string Status { get; private set; } = "CONNECTED";
    public string Throughput { get; private set; } = "STANDARD";

    /// <summary>Whether the number is used in the WhatsApp Business app as well.</summary>
    public bool IsOnPhone => Throughput == "NOT_APPLICABLE";

    public int MessagesPerSecond { get; private set; }
    public bool PairLimit { get; private set; }
    public bool ForeignWebhooks { get; private set; }
    public WindowRefusal WindowRefusal { get; private set; }
    public TimeSpan SentAfter { get; private set; }
    public TimeSpan DeliveredAfter { get; private set; }
    public TimeSpan ReadAfter { get; private set; }
    public bool Reads { get; private set; }
    public CustomerHabits Habits { get; private set; }
    public int? MarketingPerCustomer { get; private set; }
    public string? AppSecret { get; private set; }
    public Uri? CallbackUrl { get; private set; }

    public ThroughputBucket Bucket { get; private set; }

    /// <summary>Where this number's webhooks go and what signs them; null while there is nowhere.</summary>
    public WebhookTarget? Target { get; private set; }

    public string Digits => string.Concat(DisplayPhoneNumber.Where(char.IsAsciiDigit));

    public IReadOnlyCollection<Conversation> Conversations => _byPhone.Values;

    public Conversation? Find(string phoneOrUserId) => _byPhone.GetValueOrDefault(phoneOrUserId) ?? _byUserId.GetValueOrDefault(phoneOrUserId);

    public void Add(Conversation conversation)
    {
        _byPhone.Add(conversation.Phone, conversation);
        _byUserId[conversation.UserId] = conversation;
    }

    /// <summary>Gives a customer of this number another business-scoped user id.</summary>
    public void Identify(Conversation conversation, string userId)
    {
        _byUserId.Remove(conversation.UserId);
        conversation.UserId = userId;
        _byUserId[userId] = conversation;
    }

    public void Remove(Conversation conversation)
    {
        _byPhone.Remove(conversation.Phone);
        _byUserId.Remove(conversation.UserId);
    }

    /// <summary>Takes what was asked to change; null leaves as it is.</summary>
    public void Change(NumberSettings settings, SandboxAccount account, DateTimeOffset now)
    {
        Account = account;
        DisplayPhoneNumber = settings.DisplayPhoneNumber ?? DisplayPhoneNumber;
        VerifiedName = settings.VerifiedName ?? VerifiedName;
        QualityRating = settings.QualityRating ?? QualityRating;
        Status = settings.Status ?? Status;
        Throughput = settings.Throughput ?? Throughput;
        PairLimit = settings.PairLimit ?? PairLimit;
        ForeignWebhooks = settings.ForeignWebhooks ?? ForeignWebhooks;
        WindowRefusal = settings.WindowRefusal ?? WindowRefusal;
        SentAfter = settings.SentAfter ?? SentAfter;
        DeliveredAfter = settings.DeliveredAfter ?? DeliveredAfter;
        ReadAfter = settings.ReadAfter ?? ReadAfter;
        Reads = settings.Reads ?? Reads;
        Habits = settings.Habits ?? Habits;
        MarketingPerCustomer = settings.MarketingPerCustomer is { } most ? most == 0 ? null : most : MarketingPerCustomer;
        AppSecret = settings.AppSecret ?? AppSecret;
        if ((settings.MessagesPerSecond ?? DefaultRate(settings.Throughput)) is { } rate)
            Bucket = new ThroughputBucket(MessagesPerSecond = rate, now);
        if (settings.CallbackUrl is not null)
            CallbackUrl = settings.CallbackUrl;
        Target = ResolveTarget();
    }

    /// <summary>Sends this number's webhooks to another callback.</summary>
    public void Subscribe(Uri callback)
    {
        CallbackUrl = callback;
        Target = ResolveTarget();
    }

    /// <summary>To be called when the account's callback changed.</summary>
    public void Redirect() => Target = ResolveTarget();

    // A phone number's own callback wins over the account's, which wins over the app's.
    private WebhookTarget? ResolveTarget() =>
        !Account.Subscribed ? null
        : (CallbackUrl ?? Account.CallbackUrl ?? _defaultCallback) is { } url ? new WebhookTarget(url, AppSecret ?? _defaultSecret)
        : null;

    // What Meta gives at these levels.
    private static int? DefaultRate(string? throughput) => throughput switch { "STANDARD" => 80, "HIGH" => 1_000, "NOT_APPLICABLE" => 20, _ => null };
}

/// <summary>A WhatsApp Business Account. Guarded by the gate of <see cref="SandboxState"/>.</summary>
internal sealed class SandboxAccount(string id, SandboxPortfolio portfolio)
{
    public string Id { get; } = id;
    public SandboxPortfolio Portfolio { get; set; } = portfolio;

    /// <summary>Whether the app is subscribed; without that no webhook is sent.</summary>
    public bool Subscribed { get; set; } = true;

    /// <summary>The callback that overrides the app's for this account.</summary>
    public Uri? CallbackUrl { get; set; }
}

/// <summary>A business portfolio: all its numbers share one messaging limit. Guarded by the gate of <see cref="SandboxState"/>.</summary>
internal sealed class SandboxPortfolio(string id, string tier, TimeSpan? upgradeAfter)
{
    public string Id { get; } = id;
    public string Tier { get; set; } = tier;
    public OpeningLedger Openings { get; } = new();

    /// <summary>How long after half of the limit was used the next tier comes; null for never.</summary>
    public TimeSpan? UpgradeAfter { get; set; } = upgradeAfter;

    /// <summary>Whether it is under way.</summary>
    public bool IsUpgrading { get; set; }
}

/// <summary>Where webhooks go, and what signs them. Numbers of equal targets may share a POST.</summary>
internal sealed record WebhookTarget(Uri Url, string Secret)
{
    /// <summary>The key of the signature.</summary>
    public byte[] Key => Encoding.UTF8.GetBytes(Secret);
}
