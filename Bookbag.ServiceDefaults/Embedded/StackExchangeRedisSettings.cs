namespace Aspire.StackExchange.Redis;

/// <summary>What can be set about the Redis wiring; the members of Aspire's settings that this product uses.</summary>
public sealed class StackExchangeRedisSettings
{
    /// <summary>Where Redis is; by default the connection string of the connection's name.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Leaves out the health check.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Connects at the first use rather than when the service starts.</summary>
    public bool DisableAutoActivation { get; set; }
}
