using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Bookbag.ServiceDefaults.Platform;

/// <summary>All channels in memory, secrets decrypted, for the paths where every webhook and every message needs one.</summary>
/// <remarks>
/// A lookup is a hit in an immutable snapshot. The snapshot is replaced when someone signals <see cref="Topic"/> and every few seconds besides;
/// a miss reads again too. What Meta or whoever pretends to be Meta names is not looked for more often than <see cref="MissInterval"/>, so that webhooks
/// for unknown numbers cannot burden the database; a channel's own id comes from our rows, and is never missed because it was connected a moment ago.
/// </remarks>
public sealed partial class ChannelDirectory(
    NpgsqlDataSource dataSource, SecretProtector secrets, WakeUps wakeUps, TimeProvider clock, ILogger<ChannelDirectory> logger) : BackgroundService
{
    /// <summary>The wake-up topic to signal after a channel was connected, changed or removed.</summary>
    public const string Topic = "channels";

    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MissInterval = TimeSpan.FromSeconds(1);

    private const string All = """
        SELECT id, workspace_id, agent_id, phone_number_id, business_account_id, display_phone_number, send_url, access_token_cipher, app_secret_cipher
        FROM platform.channels
        """;

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private volatile Snapshot _snapshot = Snapshot.Empty;
    private int _readings; // begun

    /// <summary>The channel of a phone number, by Meta's id of it.</summary>
    public ValueTask<ChannelRoute?> FindByPhoneNumberIdAsync(string phoneNumberId, CancellationToken cancellationToken) =>
        FindAsync(static (snapshot, id) => snapshot.ByPhoneNumberId.GetValueOrDefault(id), phoneNumberId, cancellationToken);

    /// <summary>The channels of a WhatsApp Business Account. All of them: which is meant, and whether it is said in truth, the signature tells.</summary>
    public async ValueTask<IReadOnlyList<ChannelRoute>> FindByBusinessAccountIdAsync(string businessAccountId, CancellationToken cancellationToken) =>
        await FindAsync(static (snapshot, id) => snapshot.ByBusinessAccountId.GetValueOrDefault(id), businessAccountId, cancellationToken) ?? [];

    /// <summary>The channel of that id; null where there is none, or its secrets cannot be read.</summary>
    public async ValueTask<ChannelRoute?> FindByIdAsync(Guid channelId, CancellationToken cancellationToken)
    {
        if (_snapshot.ById.GetValueOrDefault(channelId) is { } known)
            return known.Route;
        var before = Volatile.Read(ref _readings);
        await ReadUnlessAsync(() => _snapshot.Reading > before, cancellationToken);
        return _snapshot.ById.GetValueOrDefault(channelId)?.Route;
    }

    /// <summary>Reads all channels again; what did not change is not decrypted again.</summary>
    public Task RefreshAsync(CancellationToken cancellationToken) => ReadUnlessAsync(() => false, cancellationToken);

    /// <inheritdoc />
    public override void Dispose()
    {
        _oneAtATime.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RefreshAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RefreshFailed(logger, e.Message);
            }
            await wakeUps.WaitAsync(Topic, RefreshInterval, stoppingToken);
        }
    }

    private ValueTask<TFound?> FindAsync<TKey, TFound>(Func<Snapshot, TKey, TFound?> find, TKey key, CancellationToken cancellationToken) where TFound : class =>
        find(_snapshot, key) is { } found ? ValueTask.FromResult<TFound?>(found) : FindAgainAsync(find, key, cancellationToken);

    private async ValueTask<TFound?> FindAgainAsync<TKey, TFound>(Func<Snapshot, TKey, TFound?> find, TKey key, CancellationToken cancellationToken) where TFound : class
    {
        // Looked up again: the reading that makes it fresh may have come after the first look.
        if (!IsFresh())
            await ReadUnlessAsync(IsFresh, cancellationToken);
        return find(_snapshot, key);
    }

    private bool IsFresh() => clock.GetUtcNow() - _snapshot.ReadAt < MissInterval;

    /// <summary>Reads, one at a time. Whoever waited for another's reading that is as good uses it.</summary>
    private async Task ReadUnlessAsync(Func<bool> isRead, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (!isRead())
                await ReadAsync(cancellationToken);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        // Both taken before the read: what is connected while it runs counts as not read.
        var (reading, readAt) = (Interlocked.Increment(ref _readings), clock.GetUtcNow());
        var known = _snapshot.ById;
        var entries = new List<Entry>(known.Count);
        await using (var command = dataSource.CreateCommand(All))
        await using (var row = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await row.ReadAsync(cancellationToken))
            {
                if (Read(row, known) is { } entry)
                    entries.Add(entry);
            }
        }
        _snapshot = new Snapshot(reading, readAt, entries);
    }

    private Entry? Read(NpgsqlDataReader row, FrozenDictionary<Guid, Entry> known)
    {
        var id = row.GetGuid(0);
        var (tokenCipher, appSecretCipher) = (row.GetString(7), row.GetString(8));
        var before = known.GetValueOrDefault(id);
        try
        {
            return new Entry(tokenCipher, appSecretCipher, new ChannelRoute
            {
                ChannelId = id,
                WorkspaceId = row.GetGuid(1),
                AgentId = row.GetGuid(2),
                PhoneNumberId = row.GetString(3),
                BusinessAccountId = row.IsDBNull(4) ? null : row.GetString(4),
                DisplayPhoneNumber = row.IsDBNull(5) ? null : row.GetString(5),
                SendUrl = new Uri(row.GetString(6)),
                AccessToken = before?.TokenCipher == tokenCipher ? before.Route.AccessToken : secrets.Unprotect(tokenCipher),
                AppSecret = before?.AppSecretCipher == appSecretCipher ? before.Route.AppSecret : Encoding.UTF8.GetBytes(secrets.Unprotect(appSecretCipher)),
            });
        }
        catch (CryptographicException e)
        {
            // The key ring that encrypted it is gone. The other channels must go on.
            Log.SecretUnreadable(logger, id, e.Message);
            return null;
        }
    }

    private sealed record Entry(string TokenCipher, string AppSecretCipher, ChannelRoute Route);

    private sealed class Snapshot(int reading, DateTimeOffset readAt, IReadOnlyCollection<Entry> entries)
    {
        public static readonly Snapshot Empty = new(0, DateTimeOffset.MinValue, []);

        public int Reading { get; } = reading;

        public DateTimeOffset ReadAt { get; } = readAt;

        public FrozenDictionary<Guid, Entry> ById { get; } = entries.ToFrozenDictionary(e => e.Route.ChannelId);

        public FrozenDictionary<string, ChannelRoute> ByPhoneNumberId { get; } = entries.ToFrozenDictionary(e => e.Route.PhoneNumberId, e => e.Route, StringComparer.Ordinal);

        public FrozenDictionary<string, ChannelRoute[]> ByBusinessAccountId { get; } = entries.Where(e => e.Route.BusinessAccountId is not null)
            .GroupBy(e => e.Route.BusinessAccountId!, e => e.Route, StringComparer.Ordinal).ToFrozenDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The channels could not be read again ({Reason}); the last reading serves on")]
        public static partial void RefreshFailed(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Error, "The secrets of channel {ChannelId} cannot be decrypted ({Reason}): it is out of service until its credentials are entered again")]
        public static partial void SecretUnreadable(ILogger logger, Guid channelId, string reason);
    }
}
