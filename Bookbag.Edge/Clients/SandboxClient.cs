using System.Globalization;
using System.Security.Cryptography;
using Bookbag.Edge.Gateway;

namespace Bookbag.Edge.Clients;

/// <summary>The built-in double of Meta's Cloud API, where it runs: numbers to connect without a Meta account, and customers whose phones one holds.</summary>
public sealed class SandboxClient(ApiClient api, IConfiguration configuration, IHostEnvironment environment)
{
    // What the sandbox answers to; see Outbound's Sandbox.
    private const string AccessToken = "sandbox-access-token", AppSecret = "sandbox-app-secret";
    private const string Base = "http://sandbox/";

    /// <summary>Whether there is one; the gateway has a door to it then.</summary>
    public bool Exists { get; } = environment.IsDevelopment() && configuration.HasService(Services.Sandbox);

    /// <summary>Whether a send URL leads to it.</summary>
    public static bool IsSandbox(string sendUrl) => sendUrl.StartsWith(Base, StringComparison.OrdinalIgnoreCase);

    /// <summary>Credentials of a sandbox number that nobody has used yet: it exists from when it is first addressed.</summary>
    public static ChannelCredentials NewNumber() =>
        new(AccessToken, string.Create(CultureInfo.InvariantCulture, $"{Base}v25.0/{RandomNumberGenerator.GetInt32(100_000_000, int.MaxValue)}00000/messages"), AppSecret);

    /// <summary>Does the handshake that Meta does when the callback URL and the verify token are entered there.</summary>
    public Task SubscribeAsync(string phoneNumberId, string verifyToken, CancellationToken cancellationToken) =>
        api.PostAsync($"/sandbox/numbers/{phoneNumberId}/subscribe", new { verifyToken }, cancellationToken);

    /// <summary>Writes to a number as a customer.</summary>
    public Task WriteAsync(string phoneNumberId, string phone, string text, CancellationToken cancellationToken) =>
        api.PostAsync($"/sandbox/customers/{phone}/messages", new { phoneNumberId, text, name = "Sandbox customer" }, cancellationToken);

    /// <summary>What a customer's phone shows; null before the first message.</summary>
    public Task<SandboxPhone?> FindPhoneAsync(string phoneNumberId, string phone, CancellationToken cancellationToken) =>
        api.FindAsync<SandboxPhone>(ApiClient.Query($"/sandbox/customers/{phone}/messages", ("phoneNumberId", phoneNumberId)), cancellationToken);
}

/// <summary>A simulated customer's phone.</summary>
/// <param name="Typing">Whether it shows that the business is typing.</param>
/// <param name="Items">Messages and marks, in order.</param>
public sealed record SandboxPhone(bool Typing, IReadOnlyList<SandboxPhoneItem> Items);

/// <summary>A message on a simulated phone, or a mark of the business: types <c>read</c> and <c>typing</c>.</summary>
/// <param name="From"><c>customer</c> or <c>business</c>.</param>
public sealed record SandboxPhoneItem(string From, string Type, string? Text, DateTimeOffset At);
