using Bookbag.ServiceDefaults.Postgres;
using Bookbag.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Platform;

public sealed class WakeUpsTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    // Long enough for a loaded machine; a test that passes never waits for it.
    private static readonly TimeSpan Ample = TimeSpan.FromSeconds(30);

    private WakeUps Make(TimeProvider? clock = null) => new(database.DataSource, clock ?? TimeProvider.System, NullLogger<WakeUps>.Instance);

    [Fact]
    public async Task A_signal_wakes_everybody_who_waits_for_its_topic_and_nobody_else()
    {
        using var wakeUps = Make(new FakeTimeProvider());
        var first = wakeUps.WaitAsync("turns", Ample, CancellationToken.None);
        var second = wakeUps.WaitAsync("turns", Ample, CancellationToken.None);
        var other = wakeUps.WaitAsync("deliveries", Ample, CancellationToken.None);

        wakeUps.Signal("turns");

        await Task.WhenAll(first, second).WaitAsync(Ample);
        Assert.False(other.IsCompleted);
    }

    [Fact]
    public async Task A_signal_that_came_while_nobody_waited_is_not_lost_and_counts_once()
    {
        using var wakeUps = Make(new FakeTimeProvider());
        wakeUps.Signal("turns");
        wakeUps.Signal("turns");

        await wakeUps.WaitAsync("turns", Ample, CancellationToken.None).WaitAsync(Ample);
        Assert.False(wakeUps.WaitAsync("turns", Ample, CancellationToken.None).IsCompleted);
    }

    [Fact]
    public async Task A_signal_after_a_wait_that_ended_by_itself_is_not_lost()
    {
        var clock = new FakeTimeProvider();
        using var wakeUps = Make(clock);
        var wait = wakeUps.WaitAsync("turns", TimeSpan.FromSeconds(5), CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(5));
        await wait.WaitAsync(Ample);

        wakeUps.Signal("turns");

        await wakeUps.WaitAsync("turns", TimeSpan.FromSeconds(5), CancellationToken.None).WaitAsync(Ample);
    }

    [Fact]
    public async Task A_signal_reaches_another_replica_also_after_its_connection_was_lost()
    {
        using var here = Make();
        using var there = Make();
        await here.StartAsync(CancellationToken.None);
        await there.StartAsync(CancellationToken.None);

        await HearsAsync(here, there, "before");
        await database.DataSource.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'");
        await HearsAsync(here, there, "after");

        await here.StopAsync(CancellationToken.None);
        await there.StopAsync(CancellationToken.None);
    }

    // A topic of its own for each time: both wake everything they know when they have connected again.
    private async Task HearsAsync(WakeUps here, WakeUps there, string topic)
    {
        while (await database.DataSource.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'") < 2)
            await Task.Yield();

        var heard = there.WaitAsync(topic, Timeout.InfiniteTimeSpan, CancellationToken.None);
        here.Signal(topic);
        await heard.WaitAsync(Ample);
    }
}
