using System.Security.Cryptography;
using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.Webhooks;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Inbound.Channels;

/// <summary>Tests a connection hop by hop: token and number at Graph, the app's subscription, handshake, webhooks, what applies them, clock.</summary>
public static class CheckChannel
{
    private static readonly TimeSpan MostBehind = TimeSpan.FromMinutes(1);

    /// <summary>What the test found.</summary>
    /// <param name="Ok">Whether every hop works.</param>
    /// <param name="Failed">The first hop that does not; null when all do.</param>
    /// <param name="Checks">Every hop.</param>
    /// <param name="Channel">The card after the test.</param>
    public sealed record Response(bool Ok, string? Failed, IReadOnlyList<ChannelCheck> Checks, ChannelCard Channel);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> Handle(
        Guid agentId, HttpRequest http, Caller caller, PlatformDb db, GraphClient graph, SecretProtector secrets, ChannelCards cards, ChannelReports reports, NpgsqlDataSource dataSource,
        WakeUps wakeUps, WaitingReplies waiting, IOptions<GraphOptions> graphOptions, IOptions<ChannelOptions> options, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await db.Channels.SingleOrDefaultAsync(c => c.AgentId == agentId, cancellationToken) is not { } channel)
            return ChannelEndpoints.NotConnected();

        var failed = await AskGraphAsync(channel, graph, secrets, graphOptions.Value, clock, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        wakeUps.Signal(ChannelDirectory.Topic);
        if (channel.Problem is null)
            await waiting.RetryAsync(channel.Id, cancellationToken);

        ChannelCheck[] checks =
        [
            .. ChannelChecks.Of(channel, failed),
            await SubscriptionAsync(channel, graph, secrets, graphOptions.Value, cards.WebhookUrl(http), cancellationToken),
            await ProcessingAsync(dataSource, clock, cancellationToken),
            await ClockAsync(dataSource, clock, options.Value.MaxClockSkew, cancellationToken),
            .. await reports.ReadAsync(channel.Id, cancellationToken),
        ];
        var first = checks.FirstOrDefault(c => !c.Ok)?.Hop;
        return TypedResults.Ok(new Response(first is null, first, checks, await cards.DrawAsync(channel, caller, http, cancellationToken)));
    }

    /// <summary>Keeps what Graph says of a number; what keeps it from sending is the channel's problem.</summary>
    internal static void Describe(Channel channel, PhoneNumberDetails details, DateTimeOffset now)
    {
        channel.Describe(details.DisplayPhoneNumber, details.VerifiedName, details.QualityRating, details.MessagingLimitTier, details.Throughput, details.PortfolioId, now);
        channel.Works();
        if (details.Status is { } status && !status.Equals("CONNECTED", StringComparison.OrdinalIgnoreCase))
            channel.Break($"Meta says that the number is {status}; it must be CONNECTED to send and receive. {string.Join(' ', details.Problems)}".TrimEnd());
    }

    /// <summary>Asks Graph for the number, and keeps what it says. Returns the hop that failed.</summary>
    private static async Task<ChannelCheck?> AskGraphAsync(
        Channel channel, GraphClient graph, SecretProtector secrets, GraphOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!SendUrl.TryParse(channel.SendUrl, options, out var url, out var problem))
            return Break(ChannelChecks.Number, problem);

        string accessToken;
        try
        {
            accessToken = secrets.Unprotect(channel.AccessTokenCipher);
        }
        catch (CryptographicException)
        {
            return Break(ChannelChecks.Token, "The access token cannot be decrypted any more: the key ring has changed. Enter the access token and the app secret again.");
        }

        var number = await graph.GetPhoneNumberAsync(url, accessToken, cancellationToken);
        if (number.Error is not { } error)
        {
            Describe(channel, number.Value!, clock.GetUtcNow());
            return channel.Problem is { } state ? new(ChannelChecks.Number, false, state) : null;
        }

        var words = $"{error.Advice} Meta says: {error.Message}";
        // That Meta cannot be reached for a moment says nothing about the channel.
        if (error.Fault() == GraphFault.Unreachable)
            return new(ChannelChecks.Token, false, $"Meta could not be asked: {error.Message}");
        return Break(error.Fault() == GraphFault.Number ? ChannelChecks.Number : ChannelChecks.Token, words);

        ChannelCheck Break(string hop, string what)
        {
            channel.Break(what);
            return new(hop, false, what);
        }
    }

    /// <summary>Whether Meta sends the account's webhooks at all. What the token may not ask is no failure: messages need no such permission.</summary>
    private static async Task<ChannelCheck> SubscriptionAsync(
        Channel channel, GraphClient graph, SecretProtector secrets, GraphOptions options, string webhookUrl, CancellationToken cancellationToken)
    {
        const string Hop = "subscription";
        if (channel.Problem is not null || channel.BusinessAccountId is not { } account || !SendUrl.TryParse(channel.SendUrl, options, out var url, out _))
            return new(Hop, true, "Whether the app is subscribed to the account could not be asked: the account or the token is not known.");
        var asked = await graph.GetSubscriptionAsync(url, account, secrets.Unprotect(channel.AccessTokenCipher), cancellationToken);
        return asked switch
        {
            { Error: { } error } => new(Hop, true, $"Whether the app is subscribed to the account could not be asked. Meta says: {error.Message}"),
            { Value.Apps.Count: 0 } => new(Hop, false, $"No app is subscribed to the WhatsApp Business Account {account}, so Meta sends no webhooks. Subscribe yours: POST {account}/subscribed_apps with the access token."),
            { Value.Overrides: [var other, ..] } when !other.EndsWith(WebhookEndpoints.Path, StringComparison.Ordinal) =>
                new(Hop, false, $"The account's webhooks go to another address: {other}. Take the override away, or set it to {webhookUrl}."),
            _ => new(Hop, true, $"The account's webhooks go to the app {string.Join(", ", asked.Value!.Apps)}."),
        };
    }

    /// <summary>Whether what came is applied: a door that answers 200 says nothing of that.</summary>
    private static async Task<ChannelCheck> ProcessingAsync(NpgsqlDataSource dataSource, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT min(received_at) FROM inbound.webhook_stretches WHERE NOT replay");
        var behind = await command.ExecuteScalarAsync(cancellationToken) is DateTime oldest ? clock.GetUtcNow() - oldest : TimeSpan.Zero;
        return behind < MostBehind
            ? new("processing", true, "What came is applied.")
            : new("processing", false, $"Webhooks came {behind.TotalMinutes:0} minutes ago and are not applied yet. Look at the log of the Inbound service and at the database.");
    }

    // The window of 24 hours and the debounce are counted by this clock, rows are compared with what other replicas wrote by theirs.
    private static async Task<ChannelCheck> ClockAsync(NpgsqlDataSource dataSource, TimeProvider clock, TimeSpan tolerance, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT clock_timestamp()");
        var theirs = new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellationToken))!);
        var skew = (clock.GetUtcNow() - theirs).Duration();
        return skew <= tolerance
            ? new("clock", true, "The clocks of this service and of the database agree.")
            : new("clock", false, $"The clocks of this service and of the database are {skew.TotalSeconds:0} seconds apart. Set them by NTP: the customer service window is counted by them.");
    }
}
