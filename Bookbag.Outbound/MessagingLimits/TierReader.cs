using System.Collections.Concurrent;
using System.Security.Cryptography;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Outbound.MessagingLimits;

/// <summary>Keeps the tier that a channel remembers fresh: Graph is asked again after some minutes, and what was known holds while it does not answer.</summary>
public sealed class TierReader(GraphClient graph, SecretProtector secrets, NpgsqlDataSource dataSource, IOptions<GraphOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Guid, Attempt> _attempts = [];

    /// <summary>Asks Graph where it is time to, and lets the channel keep the answer.</summary>
    /// <returns>Why Graph did not tell, in words; null where it did, or need not be asked.</returns>
    public async Task<string?> RefreshAsync(Channel channel, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (channel.Tier is not null && now - channel.CheckedAt < FreshFor)
            return null;

        // Where Graph fails, not every look at the page waits for it to fail again.
        if (_attempts.TryGetValue(channel.Id, out var last) && now - last.At < BetweenAttempts)
            return last.Problem;

        _attempts[channel.Id] = new Attempt(now, "WhatsApp is being asked for the tier right now.");
        var problem = await AskAsync(channel, cancellationToken);
        if (problem is null)
            _attempts.TryRemove(channel.Id, out _);
        else
            _attempts[channel.Id] = new Attempt(clock.GetUtcNow(), problem);
        return problem;
    }

    /// <summary>Gives the tier that a channel was told to all numbers of its portfolio: they share it. Campaigns that wait for places look again where it changed.</summary>
    public async Task SpreadAsync(Channel channel, CancellationToken cancellationToken)
    {
        if (channel.Tier is null)
            return;
        await using var command = dataSource.CreateCommand(LedgerSql.SpreadTier);
        command.Parameters.AddWithValue("channel", channel.Id);
        command.Parameters.AddWithValue("tier", channel.Tier);
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<string?> AskAsync(Channel channel, CancellationToken cancellationToken)
    {
        if (!SendUrl.TryParse(channel.SendUrl, options.Value, out var url, out var malformed))
            return malformed;
        if (Unprotect(channel.AccessTokenCipher) is not { } token)
            return "The access token cannot be decrypted any more. Enter it again on the channel's card.";
        var answer = await graph.GetPhoneNumberAsync(url, token, cancellationToken);
        if (answer.Value is not { } number)
            return answer.Error?.Advice ?? "WhatsApp did not tell the number's details.";

        // A tier that nobody knows says nothing about the limit: the last one that was understood goes on to hold.
        var tier = MessagingLimitTiers.Parse(number.MessagingLimitTier);
        channel.Describe(
            number.DisplayPhoneNumber, number.VerifiedName, number.QualityRating, tier.IsKnown || channel.Tier is null ? tier.Name : null,
            number.Throughput, number.PortfolioId, clock.GetUtcNow());
        return null;
    }

    private string? Unprotect(string cipher)
    {
        try
        {
            return secrets.Unprotect(cipher);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private sealed record Attempt(DateTimeOffset At, string Problem);
}
