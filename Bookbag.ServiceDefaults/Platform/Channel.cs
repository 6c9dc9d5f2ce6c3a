namespace Bookbag.ServiceDefaults.Platform;

/// <summary>An agent's WhatsApp connection: one phone number on Meta's Cloud API. Secrets are held encrypted (<c>Security/SecretProtector</c>).</summary>
public sealed class Channel
{
    private Channel() { }

    /// <summary>A channel for an agent that has none yet; <see cref="Connect"/> gives it its number.</summary>
    public static Channel For(Agent agent, DateTimeOffset now) =>
        new() { Id = Guid.CreateVersion7(now), WorkspaceId = agent.WorkspaceId, AgentId = agent.Id, CreatedAt = now };

    /// <summary>The channel's id.</summary>
    public Guid Id { get; private set; }

    /// <summary>The workspace it belongs to.</summary>
    public Guid WorkspaceId { get; private set; }

    /// <summary>The agent that answers on it.</summary>
    public Guid AgentId { get; private set; }

    /// <summary>Meta's id of the phone number; it is part of the send URL and names the channel in message webhooks.</summary>
    public string PhoneNumberId { get; private set; } = "";

    /// <summary>The Graph API messages endpoint, <c>https://graph.facebook.com/v&lt;N&gt;/&lt;phone-number-id&gt;/messages</c>.</summary>
    public string SendUrl { get; private set; } = "";

    /// <summary>The WhatsApp Business Account id; null until given, found through Graph or learned from a webhook.</summary>
    public string? BusinessAccountId { get; private set; }

    /// <summary>The access token, encrypted.</summary>
    public string AccessTokenCipher { get; private set; } = "";

    /// <summary>The last four characters of the access token, all that is ever shown.</summary>
    public string AccessTokenLast4 { get; private set; } = "";

    /// <summary>The Meta app secret, encrypted; it checks the signature of webhooks.</summary>
    public string AppSecretCipher { get; private set; } = "";

    /// <summary>The last four characters of the app secret.</summary>
    public string AppSecretLast4 { get; private set; } = "";

    /// <summary>The verify token, encrypted: the card shows it to members who set up the webhook at Meta.</summary>
    public string VerifyTokenCipher { get; private set; } = "";

    /// <summary>SHA-256 of the verify token, by which the handshake finds the channel.</summary>
    public byte[] VerifyTokenHash { get; private set; } = [];

    /// <summary>The number as Meta shows it.</summary>
    public string? DisplayPhoneNumber { get; private set; }

    /// <summary>The name that customers see.</summary>
    public string? VerifiedName { get; private set; }

    /// <summary>Meta's quality rating as it came: GREEN, YELLOW, RED, NA, UNKNOWN or a value nobody knew before.</summary>
    public string? QualityRating { get; private set; }

    /// <summary>Meta's messaging limit tier as it came (<c>TIER_2K</c> …); shared by all numbers of the portfolio.</summary>
    public string? Tier { get; private set; }

    /// <summary>Meta's throughput level as it came: STANDARD, HIGH, NOT_APPLICABLE; COEXISTENCE for a number that is used in the WhatsApp Business app as well.</summary>
    public string? Throughput { get; private set; }

    /// <summary>The business portfolio's id where Graph tells it; numbers of one portfolio share one messaging limit.</summary>
    public string? PortfolioId { get; private set; }

    /// <summary>When Meta's handshake succeeded; null before.</summary>
    public DateTimeOffset? VerifiedAt { get; private set; }

    /// <summary>When the last signed webhook came.</summary>
    public DateTimeOffset? LastWebhookAt { get; private set; }

    /// <summary>When the token was last accepted by Graph.</summary>
    public DateTimeOffset? CheckedAt { get; private set; }

    /// <summary>What is wrong with the connection, in words; null while nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>When credentials last changed.</summary>
    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>Takes the credentials of a number and what Graph said of it.</summary>
    public void Connect(ChannelConnection connection, DateTimeOffset now)
    {
        if (PhoneNumberId != connection.PhoneNumberId)
            (VerifiedAt, LastWebhookAt) = (null, null);
        PhoneNumberId = connection.PhoneNumberId;
        SendUrl = connection.SendUrl;
        BusinessAccountId = connection.BusinessAccountId;
        AccessTokenCipher = connection.AccessTokenCipher;
        AccessTokenLast4 = connection.AccessTokenLast4;
        AppSecretCipher = connection.AppSecretCipher;
        AppSecretLast4 = connection.AppSecretLast4;
        VerifyTokenCipher = connection.VerifyTokenCipher;
        VerifyTokenHash = connection.VerifyTokenHash;
        UpdatedAt = now;
    }

    /// <summary>Keeps what Graph says of the number. That it can be read does not mean that it can send: a problem stays until <see cref="Works"/>.</summary>
    public void Describe(string? displayPhoneNumber, string? verifiedName, string? qualityRating, string? tier, string? throughput, string? portfolioId, DateTimeOffset now)
    {
        DisplayPhoneNumber = displayPhoneNumber ?? DisplayPhoneNumber;
        VerifiedName = verifiedName ?? VerifiedName;
        QualityRating = qualityRating ?? QualityRating;
        Tier = tier ?? Tier;
        Throughput = throughput ?? Throughput;
        PortfolioId = portfolioId ?? PortfolioId;
        CheckedAt = now;
    }

    /// <summary>Nothing is wrong with the connection, as far as is known: it was checked by hand, or something was sent over it.</summary>
    public void Works() => Problem = null;

    /// <summary>Says what is wrong with the connection, in words for the card.</summary>
    public void Break(string problem) => Problem = problem;
}

/// <summary>The credentials of a number, secrets already encrypted.</summary>
public sealed record ChannelConnection(
    string PhoneNumberId, string SendUrl, string? BusinessAccountId,
    string AccessTokenCipher, string AccessTokenLast4, string AppSecretCipher, string AppSecretLast4,
    string VerifyTokenCipher, byte[] VerifyTokenHash);
