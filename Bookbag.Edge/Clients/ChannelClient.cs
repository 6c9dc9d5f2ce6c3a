namespace Bookbag.Edge.Clients;

/// <summary>An agent's WhatsApp connection.</summary>
public sealed class ChannelClient(ApiClient api)
{
    /// <summary>The card; null where no number is connected.</summary>
    public Task<ChannelCard?> FindAsync(Guid agentId, CancellationToken cancellationToken) => api.FindAsync<ChannelCard>(Path(agentId), cancellationToken);

    public Task<ChannelCard> ConnectAsync(Guid agentId, ChannelCredentials credentials, CancellationToken cancellationToken) =>
        api.PutAsync<ChannelCard>(Path(agentId), credentials, cancellationToken);

    public Task DisconnectAsync(Guid agentId, CancellationToken cancellationToken) => api.DeleteAsync(Path(agentId), cancellationToken);

    public Task<ChannelTest> TestAsync(Guid agentId, CancellationToken cancellationToken) => api.PostAsync<ChannelTest>($"{Path(agentId)}/test", new { }, cancellationToken);

    private static string Path(Guid agentId) => $"/api/agents/{agentId}/channels/whatsapp";
}

/// <summary>What the card takes. What is left out stays as it is.</summary>
public sealed record ChannelCredentials(string? AccessToken, string? SendUrl, string? AppSecret, string? VerifyToken = null, string? BusinessAccountId = null);

/// <summary>The WhatsApp card; the API says what each part means.</summary>
/// <param name="Status"><c>connected</c>, <c>verified</c> or <c>broken</c>.</param>
public sealed record ChannelCard(
    Guid Id, string PhoneNumberId, string SendUrl, string WebhookUrl, string? VerifyToken, string Status, string? Problem, IReadOnlyList<string> Health,
    string? DisplayPhoneNumber, string? VerifiedName, string? QualityRating, string? Tier, string? Throughput, string? BusinessAccountId,
    string AccessTokenLast4, string AppSecretLast4, DateTimeOffset? VerifiedAt, DateTimeOffset? LastWebhookAt, DateTimeOffset? CheckedAt)
{
    /// <summary>Whether the number is the sandbox's.</summary>
    public bool IsSandbox => SandboxClient.IsSandbox(SendUrl);
}

/// <summary>What a test of the connection found.</summary>
public sealed record ChannelTest(bool Ok, string? Failed, IReadOnlyList<ChannelCheck> Checks, ChannelCard Channel);

/// <summary>One hop of the connection.</summary>
public sealed record ChannelCheck(string Hop, bool Ok, string Text);
