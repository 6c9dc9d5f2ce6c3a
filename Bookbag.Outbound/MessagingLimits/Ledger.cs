using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using StackExchange.Redis;

namespace Bookbag.Outbound.MessagingLimits;

/// <summary>Which ledger a number's messages are counted in, and how many customers it may have.</summary>
/// <param name="Portfolio">Meta's portfolio id; <c>number:…</c> while Graph has not told it.</param>
/// <param name="PhoneNumberId">The number.</param>
/// <param name="Limit">The tier's; null for none.</param>
public sealed record LedgerScope(string Portfolio, string PhoneNumberId, int? Limit)
{
    /// <summary>The ledger of a number.</summary>
    public static string NameOf(string? portfolioId, string phoneNumberId) => portfolioId ?? $"number:{phoneNumberId}";

    /// <summary>What may be used of the limit by messages that are not to touch its last share.</summary>
    public LedgerScope Keeping(double share) => Limit is { } limit ? this with { Limit = (int)Math.Floor(limit * (1 - share)) } : this;
}

/// <summary>Places that were granted in a transaction: they are taken when it commits, and given back by <see cref="Ledger.VoidAsync"/> when it does not.</summary>
/// <param name="Granted">For each customer, in the order asked: whether there is a place.</param>
/// <param name="New">The customers that did not count before.</param>
/// <param name="Epoch">Redis' copy in which they were granted; null where Redis had no part.</param>
public sealed record Grant(bool[] Granted, IReadOnlyList<string> New, string? Epoch);

/// <summary>
/// The ledger of the messaging limit: one a portfolio, moving 24 hours, shared by all campaigns, single sends and replicas. A customer counts once.
/// </summary>
/// <remarks>
/// Redis grants, in one atomic script, from a copy of what Postgres has; Postgres decides whether that copy may be used (see the migration
/// <c>0004</c>). The copy is made anew when Redis has lost it, when a connection to Redis broke (it may have come back with an older one),
/// and every few minutes: places that a dead worker was granted and never committed are free again then. Where Redis is away, places are
/// granted in Postgres, one transaction at a time.
/// </remarks>
public sealed partial class Ledger(NpgsqlDataSource dataSource, IServiceProvider services, TimeProvider clock, ILogger<Ledger> logger)
{
    /// <summary>
    /// How long a customer counts: Meta's 24 hours, and a while more, because Meta counts from when it took a message, and that is after it was
    /// entered here: up to the call's time-out, and the clocks differ.
    /// </summary>
    public static readonly TimeSpan Window = Openings.Window + TimeSpan.FromMinutes(2);

    private static readonly TimeSpan CopyLives = TimeSpan.FromMinutes(10);
    private const int MaxTries = 5;

    private readonly ConcurrentDictionary<string, int> _trustedSince = new(StringComparer.Ordinal);
    private IConnectionMultiplexer? _redis;
    private int _breaks; // of the connection to Redis

    private IConnectionMultiplexer Redis => LazyInitializer.EnsureInitialized(ref _redis, Connect);

    /// <summary>Grants as many of the customers a place as there are, in their order, within the caller's transaction.</summary>
    public async Task<Grant> GrantAsync(
        LedgerScope scope, IReadOnlyList<string> customers, string source, DateTimeOffset now, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (scope.Limit is not { } limit)
        {
            await ExecuteAsync(connection, LedgerSql.Forget, cancellationToken, ("portfolio", scope.Portfolio));
            return await EnterAsync(scope, connection, new Grant([.. customers.Select(_ => true)], [], null), customers, source, now, cancellationToken);
        }

        var grant = await GrantInRedisAsync(scope, limit, customers, connection, now, cancellationToken)
            ?? await GrantInPostgresAsync(scope, limit, customers, connection, now, cancellationToken);
        return await EnterAsync(scope, connection, grant, customers, source, now, cancellationToken);
    }

    /// <summary>Gives places back whose transaction did not commit. Where that fails, the next copy does not have them.</summary>
    public Task VoidAsync(LedgerScope scope, Grant grant) => ReleaseInRedisAsync(scope.Portfolio, grant.Epoch, grant.New);

    /// <summary>Takes openings of messages that failed out, within the caller's transaction. What it returns goes to <see cref="FreeAsync"/> after the commit.</summary>
    public async Task<Freed> WithdrawAsync(
        string portfolio, string phoneNumberId, IReadOnlyList<(string Customer, DateTimeOffset OpenedAt)> failed, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (failed.Count == 0)
            return new Freed(portfolio, []);
        await using var command = new NpgsqlCommand(LedgerSql.Withdraw, connection);
        command.Parameters.AddWithValue("portfolios", Names(portfolio, phoneNumberId));
        command.Parameters.AddWithValue("customers", failed.Select(f => f.Customer).ToArray());
        command.Parameters.AddWithValue("opened", failed.Select(f => f.OpenedAt).ToArray());
        command.Parameters.AddWithValue("since", clock.GetUtcNow() - Window);
        var free = new List<string>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            free.Add(row.GetString(0));
        return new Freed(portfolio, free);
    }

    /// <summary>Frees places in Redis' copy that were withdrawn. Where that fails, the next copy does not have them.</summary>
    public async Task FreeAsync(Freed freed)
    {
        if (freed.Customers.Count == 0)
            return;
        try
        {
            var epoch = await Redis.GetDatabase().StringGetAsync(EpochKey(freed.Portfolio));
            if (epoch.HasValue)
                await ReleaseInRedisAsync(freed.Portfolio, epoch, freed.Customers);
        }
        catch (Exception e) when (IsAway(e))
        {
            Log.RedisAway(logger, e.GetType().Name);
        }
    }

    /// <summary>When the next place frees up for messages; null where none is taken.</summary>
    public async Task<DateTimeOffset?> NextFreeAtAsync(LedgerScope scope, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(LedgerSql.NextFree, connection);
        command.Parameters.AddWithValue("portfolios", Names(scope.Portfolio, scope.PhoneNumberId));
        command.Parameters.AddWithValue("since", clock.GetUtcNow() - Window);
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime at ? new DateTimeOffset(at, TimeSpan.Zero) + Window : null;
    }

    /// <summary>Forgets openings that have long stopped to count.</summary>
    public async Task PruneAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, LedgerSql.Prune, cancellationToken, ("before", clock.GetUtcNow() - TimeSpan.FromDays(3)));
    }

    private async Task<Grant?> GrantInRedisAsync(
        LedgerScope scope, int limit, IReadOnlyList<string> customers, NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            // Not waited for: who asks would wait for every batch.
            if (!Redis.IsConnected)
                return null;
            for (var tries = 0; tries < MaxTries; tries++)
            {
                var breaks = Volatile.Read(ref _breaks);
                if (_trustedSince.GetValueOrDefault(scope.Portfolio, -1) != breaks)
                {
                    await CopyAsync(scope, anew: true, cancellationToken);
                    _trustedSince[scope.Portfolio] = breaks;
                }

                if (await GrantOnceAsync(scope, limit, customers, now) is { } grant)
                {
                    // A connection that broke in between may have come back to another Redis than the one that counted.
                    if (await HoldAsync(scope, grant, connection, cancellationToken) && Volatile.Read(ref _breaks) == breaks)
                        return grant;
                    await LetGoAsync(connection, cancellationToken);
                    await VoidAsync(scope, grant);
                }

                await CopyAsync(scope, anew: false, cancellationToken);
            }
        }
        catch (Exception e) when (IsAway(e))
        {
            Log.RedisAway(logger, e.GetType().Name);
        }

        return null;
    }

    private static async Task<bool> HoldAsync(LedgerScope scope, Grant grant, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SAVEPOINT ledger"));
        var hold = new NpgsqlBatchCommand(LedgerSql.Hold);
        hold.Parameters.AddWithValue("portfolio", scope.Portfolio);
        hold.Parameters.AddWithValue("epoch", Guid.Parse(grant.Epoch!));
        hold.Parameters.AddWithValue("number", scope.PhoneNumberId);
        batch.BatchCommands.Add(hold);
        return await batch.ExecuteScalarAsync(cancellationToken) is not null;
    }

    /// <summary>A row that was waited for stays locked even where it turns out not to be the one that was looked for: whoever copies would wait for us, and we for them.</summary>
    private static Task LetGoAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, "ROLLBACK TO SAVEPOINT ledger", cancellationToken);

    private async Task<Grant?> GrantOnceAsync(LedgerScope scope, int limit, IReadOnlyList<string> customers, DateTimeOffset now)
    {
        RedisValue[] arguments = [Milliseconds(now), Milliseconds(now - Window), limit, .. customers.Select(c => (RedisValue)c)];
        var result = await Redis.GetDatabase().ScriptEvaluateAsync(LedgerScripts.Grant, [SetKey(scope.Portfolio), EpochKey(scope.Portfolio)], arguments);
        if (result.IsNull)
            return null;
        var marks = (string)result[2]!; // the script returns three parts
        return new Grant([.. marks.Select(m => m != '0')], [.. customers.Where((_, i) => marks[i] == '1')], (string?)result[0]);
    }

    private static async Task<Grant> GrantInPostgresAsync(
        LedgerScope scope, int limit, IReadOnlyList<string> customers, NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var names = await SeizeAsync(scope, null, connection, cancellationToken);
        await using var command = new NpgsqlCommand(LedgerSql.CountedOf, connection);
        command.Parameters.AddWithValue("portfolios", names);
        command.Parameters.AddWithValue("customers", customers.ToArray());
        command.Parameters.AddWithValue("since", now - Window);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var used = row.GetInt32(0);
        var counted = row.GetFieldValue<string[]>(1).ToHashSet(StringComparer.Ordinal);
        return new Grant([.. customers.Select(c => counted.Contains(c) || (used < limit && counted.Add(c) && ++used > 0))], [], null);
    }

    /// <summary>Makes Redis' copy anew under a new epoch; without <paramref name="anew"/> only where the one that is there may not be used.</summary>
    private async Task CopyAsync(LedgerScope scope, bool anew, CancellationToken cancellationToken)
    {
        var redis = Redis.GetDatabase();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var epoch = Guid.CreateVersion7(clock.GetUtcNow());
        if (!anew)
        {
            await using var lookUp = new NpgsqlCommand("SELECT epoch FROM outbound.ledgers WHERE portfolio = @portfolio AND @number = ANY (numbers) FOR UPDATE", connection);
            lookUp.Parameters.AddWithValue("portfolio", scope.Portfolio);
            lookUp.Parameters.AddWithValue("number", scope.PhoneNumberId);
            // Whoever waited here for another's copy uses it.
            if (await lookUp.ExecuteScalarAsync(cancellationToken) is Guid current && (string?)await redis.StringGetAsync(EpochKey(scope.Portfolio)) == current.ToString())
                return;
        }

        var names = await SeizeAsync(scope, epoch, connection, cancellationToken);
        await redis.KeyDeleteAsync([EpochKey(scope.Portfolio), SetKey(scope.Portfolio)]);
        await using (var command = new NpgsqlCommand(LedgerSql.Counted, connection))
        {
            command.Parameters.AddWithValue("portfolios", names);
            command.Parameters.AddWithValue("since", clock.GetUtcNow() - Window);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            var entries = new List<SortedSetEntry>(1_000);
            while (await row.ReadAsync(cancellationToken))
            {
                entries.Add(new SortedSetEntry(row.GetString(0), row.GetFieldValue<DateTimeOffset>(1).ToUnixTimeMilliseconds()));
                if (entries.Count == 1_000)
                {
                    await redis.SortedSetAddAsync(SetKey(scope.Portfolio), [.. entries]);
                    entries.Clear();
                }
            }

            if (entries.Count > 0)
                await redis.SortedSetAddAsync(SetKey(scope.Portfolio), [.. entries]);
        }

        await redis.KeyExpireAsync(SetKey(scope.Portfolio), Window);
        await redis.StringSetAsync(EpochKey(scope.Portfolio), epoch.ToString(), CopyLives);
        await transaction.CommitAsync(cancellationToken);
        Log.Copied(logger, scope.Portfolio);
    }

    /// <returns>The names under which its openings are entered.</returns>
    private static async Task<string[]> SeizeAsync(LedgerScope scope, Guid? epoch, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(LedgerSql.Seize, connection);
        command.Parameters.AddWithValue("portfolio", scope.Portfolio);
        command.Parameters.AddWithValue("epoch", epoch is { } id ? id : DBNull.Value);
        command.Parameters.AddWithValue("numbers", new[] { scope.PhoneNumberId });
        var numbers = (string[])(await command.ExecuteScalarAsync(cancellationToken))!; // the statement always returns a row
        return [scope.Portfolio, .. numbers.Select(number => LedgerScope.NameOf(null, number))];
    }

    private static async Task<Grant> EnterAsync(
        LedgerScope scope, NpgsqlConnection connection, Grant grant, IReadOnlyList<string> customers, string source, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, LedgerSql.Enter, cancellationToken, ("portfolio", scope.Portfolio),
            ("customers", customers.Where((_, i) => grant.Granted[i]).ToArray()), ("opened_at", now), ("source", source));
        return grant;
    }

    private async Task ReleaseInRedisAsync(string portfolio, string? epoch, IReadOnlyList<string> customers)
    {
        if (epoch is null || customers.Count == 0)
            return;
        try
        {
            await Redis.GetDatabase().ScriptEvaluateAsync(
                LedgerScripts.Release, [SetKey(portfolio), EpochKey(portfolio)], [epoch, .. customers.Select(c => (RedisValue)c)]);
        }
        catch (Exception e) when (IsAway(e))
        {
            Log.RedisAway(logger, e.GetType().Name);
        }
    }

    private static string[] Names(string portfolio, string phoneNumberId) =>
        [.. new[] { portfolio, LedgerScope.NameOf(null, phoneNumberId) }.Distinct(StringComparer.Ordinal)];

    private IConnectionMultiplexer Connect()
    {
        var redis = services.GetRequiredService<IConnectionMultiplexer>();
        redis.ConnectionFailed += (_, _) => Interlocked.Increment(ref _breaks);
        redis.ConnectionRestored += (_, _) => Interlocked.Increment(ref _breaks);
        return redis;
    }

    private static bool IsAway(Exception e) => e is RedisException or TimeoutException or ObjectDisposedException;

    private static RedisKey SetKey(string portfolio) => $"{{ledger:{portfolio}}}:openings";

    private static RedisKey EpochKey(string portfolio) => $"{{ledger:{portfolio}}}:epoch";

    private static string Milliseconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Customers of a portfolio who count no more because their message failed.</summary>
    public sealed record Freed(string Portfolio, IReadOnlyList<string> Customers);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Redis does not answer ({Reason}): places in the messaging limit are granted by Postgres meanwhile")]
        public static partial void RedisAway(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "The ledger of portfolio {Portfolio} was copied to Redis anew")]
        public static partial void Copied(ILogger logger, string portfolio);
    }
}
