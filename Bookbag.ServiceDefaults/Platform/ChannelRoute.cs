namespace Bookbag.ServiceDefaults.Platform;

/// <summary>A channel as hot paths need it, secrets in clear: kept in memory by <c>ChannelDirectory</c>, never logged, never serialised.</summary>
public sealed class ChannelRoute
{
    /// <summary>The channel's id.</summary>
    public required Guid ChannelId { get; init; }

    /// <summary>Its workspace.</summary>
    public required Guid WorkspaceId { get; init; }

    /// <summary>Its agent.</summary>
    public required Guid AgentId { get; init; }

    /// <summary>Meta's id of the number.</summary>
    public required string PhoneNumberId { get; init; }

    /// <summary>The WhatsApp Business Account, where it is known.</summary>
    public string? BusinessAccountId { get; init; }

    /// <summary>The number's digits, where it is known; some webhooks name the channel by it.</summary>
    public string? DisplayPhoneNumber { get; init; }

    /// <summary>The Graph API messages endpoint.</summary>
    public required Uri SendUrl { get; init; }

    /// <summary>The access token, in clear.</summary>
    public required string AccessToken { get; init; }

    /// <summary>The app secret's UTF-8 bytes, in clear: the key of the webhook signature.</summary>
    public required byte[] AppSecret { get; init; }

    /// <summary>Names the channel only: a log line that prints a route prints no secret.</summary>
    public override string ToString() => $"channel {ChannelId}";
}
