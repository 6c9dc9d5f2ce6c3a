using System.Collections.Concurrent;
using System.Threading.Channels;
using Bookbag.Inbound.Webhooks;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Tests.Inbound.Webhooks;

public sealed class IntakeBatcherTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    private IntakeBatcher Batcher => Parts.Services.GetRequiredService<IntakeBatcher>();

    private IntakeOptions Options => Parts.Services.GetRequiredService<IOptions<IntakeOptions>>().Value;

    private WebhookArrival Arrival(int size = 100) => new(Noon, [Channel.Id], "sha256=0", "{}", null, new byte[size]);

    private Task<long> StoredAsync() => Parts.Database.ScalarAsync<long>($"SELECT count(*) FROM inbound.webhook_deliveries WHERE '{Channel.Id}' = ANY (channel_ids)");

    [Fact]
    public async Task What_was_taken_before_the_stop_is_written_before_the_end()
    {
        var answers = Enumerable.Range(0, 2_000).Select(i => Batcher.StoreAsync(Arrival(i))).ToList();
        await Batcher.StartAsync(CancellationToken.None);
        await Batcher.StopAsync(CancellationToken.None);

        Assert.All(await Task.WhenAll(answers), Assert.True);
        Assert.Equal(2_000, await StoredAsync());
        Assert.False(await Batcher.StoreAsync(Arrival()));
    }

    [Fact]
    public async Task A_crowd_shares_commits_and_a_webhook_larger_than_a_batch_goes_alone()
    {
        Options.MaxBatchBytes = 1_000;
        var answers = new[] { 400, 400, 400, 5_000, 100 }.Select(size => Batcher.StoreAsync(Arrival(size))).ToList();
        await Batcher.StartAsync(CancellationToken.None);
        Assert.All(await Task.WhenAll(answers), Assert.True);
        await Batcher.StopAsync(CancellationToken.None);

        var commits = await Parts.Database.ScalarAsync<string>($"SELECT string_agg(deliveries::text, ' ' ORDER BY id) FROM inbound.webhook_log WHERE '{Channel.Id}' = ANY (channel_ids)");
        Assert.Equal("2 1 1 1", commits);
    }

    [Fact]
    public async Task A_commit_begins_beside_another_where_enough_wait_and_what_is_left_goes_when_that_one_ends()
    {
        var log = new PatientLog(Parts.Database);
        var options = new IntakeOptions { Writers = 2, WorthACommit = 3 };
        var batcher = ActivatorUtilities.CreateInstance<IntakeBatcher>(Parts.Services, log, Microsoft.Extensions.Options.Options.Create(options));
        await batcher.StartAsync(CancellationToken.None);

        var answers = new List<Task<bool>>();
        answers.Add(batcher.StoreAsync(Arrival()));
        await log.BeganAsync(commits: 1);
        for (var i = 0; i < 3; i++)
            answers.Add(batcher.StoreAsync(Arrival()));
        await log.BeganAsync(commits: 2);
        for (var i = 0; i < 5; i++)
            answers.Add(batcher.StoreAsync(Arrival()));
        log.End(0);
        await log.BeganAsync(commits: 3);
        answers.Add(batcher.StoreAsync(Arrival()));
        log.End(1);
        log.End(2);
        await log.BeganAsync(commits: 4);
        log.End(3);

        Assert.All(await Task.WhenAll(answers), Assert.True);
        Assert.Equal([1, 3, 5, 1], log.Commits);
        await batcher.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Whoever_sent_what_could_not_be_written_is_told_so_whatever_went_wrong()
    {
        var log = new PatientLog(Parts.Database);
        var batcher = ActivatorUtilities.CreateInstance<IntakeBatcher>(Parts.Services, log);
        await batcher.StartAsync(CancellationToken.None);
        var lost = batcher.StoreAsync(Arrival());
        await log.BeganAsync(commits: 1);
        log.Fail(0, new InvalidOperationException("Nobody thought of this."));
        Assert.False(await lost);

        var stored = batcher.StoreAsync(Arrival());
        await log.BeganAsync(commits: 2);
        log.End(1);
        Assert.True(await stored);
        await batcher.StopAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData(3, 1_000_000)]
    [InlineData(1_000, 300)]
    public async Task What_waits_is_bounded_by_number_and_by_bytes(int count, int bytes)
    {
        Options.MaxWaiting = count;
        Options.MaxWaitingBytes = bytes;
        var answers = Enumerable.Range(0, 4).Select(_ => Batcher.StoreAsync(Arrival())).ToList();
        Assert.False(await answers[3]);

        await Batcher.StartAsync(CancellationToken.None);
        Assert.All(await Task.WhenAll(answers[..3]), Assert.True);
        await Batcher.StopAsync(CancellationToken.None);
    }

    /// <summary>A log whose commits end when a test says so.</summary>
    private sealed class PatientLog(NpgsqlDataSource dataSource) : WebhookLog(dataSource)
    {
        private readonly Channel<int> _began = System.Threading.Channels.Channel.CreateUnbounded<int>();
        private readonly ConcurrentDictionary<int, TaskCompletionSource> _commits = new();

        public List<int> Commits { get; } = [];

        public override Task StoreAsync(IReadOnlyCollection<WebhookArrival> arrivals, CancellationToken cancellationToken)
        {
            lock (Commits)
            {
                var commit = _commits.GetOrAdd(Commits.Count, _ => new());
                Commits.Add(arrivals.Count);
                _began.Writer.TryWrite(Commits.Count);
                return commit.Task;
            }
        }

        public async Task BeganAsync(int commits) => Assert.Equal(commits, await _began.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));

        public void End(int commit) => _commits[commit].SetResult();

        public void Fail(int commit, Exception reason) => _commits[commit].SetException(reason);
    }
}
