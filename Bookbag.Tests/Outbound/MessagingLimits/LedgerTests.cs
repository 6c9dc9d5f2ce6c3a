using Bookbag.Outbound.MessagingLimits;
using Bookbag.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace Bookbag.Tests.Outbound.MessagingLimits;

/// <summary>The ledger on a real Postgres and a real Redis: whatever comes between, it never grants more than the limit in any 24 hours.</summary>
public sealed class LedgerTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static int _portfolios;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 2, 9, 0, 0, TimeSpan.Zero));
    private readonly string _portfolio = $"portfolio-{Interlocked.Increment(ref _portfolios)}";
    private ConnectionMultiplexer _redis = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync() => _redis = await ConnectionMultiplexer.ConnectAsync($"{await TestServers.RedisAsync()},allowAdmin=true,abortConnect=false");

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Fact]
    public async Task Grants_all_while_there_are_places_then_as_many_as_there_are_then_none()
    {
        var ledger = Replica();
        Assert.Equal("111", await GrantAsync(ledger, 5, Customers(0, 3)));
        Assert.Equal("110", await GrantAsync(ledger, 5, Customers(3, 3)));
        Assert.Equal("00", await GrantAsync(ledger, 5, Customers(6, 2)));
        Assert.Equal(5, await CountAsync());
    }

    [Fact]
    public async Task A_customer_counts_once_in_the_window_and_again_after_it()
    {
        var ledger = Replica();
        await GrantAsync(ledger, 2, Customers(0, 2));
        _clock.Advance(TimeSpan.FromHours(10));
        Assert.Equal("10", await GrantAsync(ledger, 2, [Customer(0), Customer(5)]));

        // Customer 1 counts no more; customer 0 was written to again ten hours later.
        _clock.Advance(Ledger.Window - TimeSpan.FromHours(10));
        Assert.Equal("10", await GrantAsync(ledger, 2, Customers(6, 2)));
    }

    [Fact]
    public async Task What_is_not_committed_takes_no_place_once_it_is_given_back()
    {
        var ledger = Replica();
        await GrantAsync(ledger, 3, Customers(0, 1));
        Assert.Equal("11", await GrantAsync(ledger, 3, Customers(1, 2), commit: false));
        Assert.Equal("11", await GrantAsync(ledger, 3, Customers(3, 2)));
        Assert.Equal(3, await CountAsync());
    }

    [Fact]
    public async Task A_failed_message_gives_its_place_back_unless_another_one_counts_the_customer()
    {
        var ledger = Replica();
        await GrantAsync(ledger, 2, Customers(0, 2));
        var first = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromHours(1));
        await GrantAsync(ledger, 2, Customers(0, 1));
        await WithdrawAsync(ledger, (Customer(0), _clock.GetUtcNow()));
        Assert.Equal("0", await GrantAsync(ledger, 2, Customers(7, 1)));
        await WithdrawAsync(ledger, (Customer(1), first));
        Assert.Equal("10", await GrantAsync(ledger, 2, Customers(7, 2)));
    }

    [Fact]
    public async Task Without_Redis_Postgres_grants_and_what_Redis_has_when_it_is_back_is_not_believed()
    {
        var ledger = Replica();
        await GrantAsync(ledger, 4, Customers(0, 2));
        Assert.Equal("1", await GrantAsync(WithoutRedis(), 4, Customers(2, 1)));
        Assert.Equal("10", await GrantAsync(ledger, 4, Customers(3, 2)));
        Assert.Equal("0", await GrantAsync(WithoutRedis(), 4, Customers(5, 1)));
        Assert.Equal(4, await CountAsync());
    }

    [Fact]
    public async Task A_Redis_that_lost_everything_in_the_middle_of_a_grant_does_not_grant_the_places_twice()
    {
        var ledger = Replica();
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var grant = await ledger.GrantAsync(Scope(3), Customers(0, 2), "campaign", _clock.GetUtcNow(), connection, default);
        Assert.Equal([true, true], grant.Granted);

        // Another replica makes the copy anew: it has to wait for what was granted under the old one.
        await FlushAsync();
        var other = GrantAsync(Replica(), 3, Customers(2, 2));
        Assert.NotSame(other, await Task.WhenAny(other, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System)));
        await transaction.CommitAsync();
        Assert.Equal("10", await other);
        Assert.Equal(3, await CountAsync());
    }

    [Fact]
    public async Task An_older_copy_is_not_granted_from_after_the_connection_to_Redis_broke()
    {
        var ledger = Replica();
        await GrantAsync(ledger, 3, Customers(0, 1));
        var database = _redis.GetDatabase();
        var (set, epoch) = ($"{{ledger:{_portfolio}}}:openings", $"{{ledger:{_portfolio}}}:epoch");
        var (copy, marker) = (await database.SortedSetRangeByRankWithScoresAsync(set), await database.StringGetAsync(epoch));
        await GrantAsync(ledger, 3, Customers(1, 2));

        // A server that came back from a backup: the marker is right, the set is old.
        await database.KeyDeleteAsync([set, epoch]);
        await database.SortedSetAddAsync(set, copy);
        await database.StringSetAsync(epoch, marker);
        await using var anew = await ConnectionMultiplexer.ConnectAsync(_redis.Configuration);
        Assert.Equal("0", await GrantAsync(Replica(anew), 3, Customers(3, 1)));
    }

    [Fact]
    public async Task A_tier_that_changes_holds_at_once()
    {
        var ledger = Replica();
        Assert.Equal("110", await GrantAsync(ledger, 2, Customers(0, 3)));
        Assert.Equal("11", await GrantAsync(ledger, Scope(null), Customers(10, 2)));
        Assert.Equal("10", await GrantAsync(ledger, 5, Customers(20, 2)));
        Assert.Equal("0", await GrantAsync(ledger, 3, Customers(30, 1)));
    }

    [Fact]
    public async Task What_was_entered_under_the_number_before_the_portfolio_was_known_counts()
    {
        var ledger = Replica();
        var number = $"number-of-{_portfolio}";
        await GrantAsync(ledger, new LedgerScope($"number:{number}", number, 3), Customers(0, 2));
        Assert.Equal("10", await GrantAsync(ledger, new LedgerScope(_portfolio, number, 3), Customers(2, 2)));
    }

    [Fact]
    public async Task Ten_replicas_at_once_grant_the_limit_and_no_more()
    {
        var grants = await Task.WhenAll(Enumerable.Range(0, 10).Select(r => Task.Run(async () =>
        {
            var ledger = r % 3 == 0 ? WithoutRedis() : Replica();
            var granted = 0;
            for (var i = 0; i < 10; i++)
                granted += (await GrantAsync(ledger, 137, Customers((r * 10 + i) * 3, 3))).Count(mark => mark == '1');
            return granted;
        })));
        Assert.Equal(137, grants.Sum());
        Assert.Equal(137, await CountAsync());
    }

    /// <summary>Anything in any order: grants committed or not, failures, time, a lost Redis, Redis away.</summary>
    [Property(MaxTest = 25)]
    public Property Never_more_than_the_limit_in_any_window()
    {
        var step = Gen.Choose(0, 11).SelectMany(kind => Gen.Choose(0, 12).SelectMany(a => Gen.Choose(1, 5).Select(b => (kind, a, b))));
        return Prop.ForAll(step.ListOf(25).ToArbitrary(), steps => PlayAsync([.. steps]).GetAwaiter().GetResult());
    }

    private async Task<bool> PlayAsync((int Kind, int A, int B)[] steps)
    {
        const int Limit = 6;
        var portfolio = $"play-{Interlocked.Increment(ref _portfolios)}";
        var scope = new LedgerScope(portfolio, $"n-{portfolio}", Limit);
        var (well, away) = (Replica(), WithoutRedis());
        var committed = new List<(string Customer, DateTimeOffset At)>();
        foreach (var (kind, a, b) in steps)
        {
            switch (kind)
            {
                case 0:
                    await FlushAsync();
                    break;
                case 1 when committed.Count > 0:
                    var failed = committed[a % committed.Count];
                    committed.RemoveAll(c => c == failed);
                    await WithdrawAsync(well, failed, scope);
                    break;
                case 2 or 3:
                    _clock.Advance(TimeSpan.FromHours(a));
                    break;
                default:
                    var customers = Customers(a, b);
                    var marks = await GrantAsync(kind == 4 ? away : well, scope, customers, commit: kind != 5);
                    if (kind != 5)
                        committed.AddRange(customers.Where((_, i) => marks[i] == '1').Select(c => (c, _clock.GetUtcNow())));
                    break;
            }

            var since = _clock.GetUtcNow() - Openings.Window;
            if (committed.Where(c => c.At > since).DistinctBy(c => c.Customer).Count() > Limit)
                return false;
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        return true;
    }

    private async Task FlushAsync()
    {
        foreach (var endpoint in _redis.GetEndPoints())
            await _redis.GetServer(endpoint).FlushAllDatabasesAsync();
    }

    private Ledger Replica(IConnectionMultiplexer? redis = null) => Of(redis ?? _redis);

    private Ledger WithoutRedis() => Of(ConnectionMultiplexer.Connect("127.0.0.1:1,abortConnect=false,connectTimeout=50,connectRetry=0"));

    private Ledger Of(IConnectionMultiplexer redis) =>
        new(database.DataSource, new ServiceCollection().AddSingleton(redis).BuildServiceProvider(), _clock, NullLogger<Ledger>.Instance);

    private LedgerScope Scope(int? limit) => new(_portfolio, $"n-{_portfolio}", limit);

    private Task<string> GrantAsync(Ledger ledger, int? limit, string[] customers, bool commit = true) => GrantAsync(ledger, Scope(limit), customers, commit);

    private async Task<string> GrantAsync(Ledger ledger, LedgerScope scope, string[] customers, bool commit = true)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var grant = await ledger.GrantAsync(scope, customers, "campaign", _clock.GetUtcNow(), connection, default);
        if (commit)
        {
            await transaction.CommitAsync();
        }
        else
        {
            await transaction.RollbackAsync();
            await ledger.VoidAsync(scope, grant);
        }

        return string.Concat(grant.Granted.Select(g => g ? '1' : '0'));
    }

    private async Task WithdrawAsync(Ledger ledger, (string Customer, DateTimeOffset At) failed, LedgerScope? scope = null)
    {
        scope ??= Scope(null);
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await ledger.FreeAsync(await ledger.WithdrawAsync(scope.Portfolio, scope.PhoneNumberId, [failed], connection, default));
    }

    private async Task<long> CountAsync() =>
        await database.DataSource.ScalarAsync<long>($"SELECT count(DISTINCT customer) FROM outbound.openings WHERE portfolio = '{_portfolio}'");

    private static string Customer(int n) => $"p:1555{n:0000000}";

    private static string[] Customers(int from, int count) => [.. Enumerable.Range(from, count).Select(Customer)];
}
