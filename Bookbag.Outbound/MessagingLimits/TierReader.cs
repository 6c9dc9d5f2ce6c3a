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

    /// <summary>Asks Graph where it is time to, and keeps the answer: all numbers of the portfolio have its tier, and campaigns that wait for places look again where it changed.</summary>
    /// <returns>Why Graph did not tell, in words; null where it did, or need not be asked.</returns>
    public async Task<string?> RefreshAsync(PlatformDb platform, Channel channel, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (channel.Tier is not null && now - channel.CheckedAt < FreshFor)
            return null;

        // Where Graph fails, not every look at the page waits for it to fail again.
        if (_attempts.TryGetValue(channel.Id, out var last) && now - last.At < BetweenAttempts)
            return last.Problem;

        _attempts[channel.Id] = new Attempt(now, "WhatsApp is being asked for the tier right now.");
        var was = channel.Tier;
        var problem = await AskAsync(channel, cancellationToken);
        await platform.SaveChangesAsync(cancellationToken);
        if (channel.Tier is not null)
            await SpreadAsync(channel, was, cancellationToken);
        if (problem is null)
            _attempts.TryRemove(channel.Id, out _);
        else
            _attempts[channel.Id] = new Attempt(clock.GetUtcNow(), problem);
        return problem;
    }

    private async Task SpreadAsync(Channel channel, string? was, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(LedgerSql.SpreadTier);
        command.Parameters.AddWithValue("channel", channel.Id);
        command.Parameters.AddWithValue("tier", channel.Tier!); // Graph told it
        command.Parameters.AddWithValue("changed", channel.Tier != was);
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
