extern alias outbound;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Bookbag.Tests.Benchmarks;
using Bookbag.Tests.Support;
using outbound::Bookbag.Outbound.Campaigns;
using outbound::Bookbag.Outbound.Sandbox;
using outbound::Bookbag.Outbound.Sending;

namespace Bookbag.Tests.Chaos;

/// <summary>How hard the storm blows.</summary>
/// <param name="Recipients">In each of the three campaigns.</param>
/// <param name="Kills">How often a replica of Outbound is killed with signal 9.</param>
/// <param name="PostgresKills">How often Postgres is; it starts again by itself.</param>
/// <param name="RedisFlushes">How often Redis is emptied.</param>
/// <param name="RedisKills">How often Redis is killed.</param>
/// <param name="RedisHangs">How often Redis stops to answer for some seconds.</param>
/// <param name="Throttles">How often Graph answers everything with 429 for some seconds.</param>
/// <param name="Seed">Makes the order of what happens, and the faults of Graph, the same again.</param>
internal sealed record StormPlan(int Recipients, int Kills, int PostgresKills, int RedisFlushes, int RedisKills, int RedisHangs, int Throttles, int Seed)
{
    /// <summary>Everything that happens, in an order that the seed gives.</summary>
    public IReadOnlyList<StormEvent> Events()
    {
        StormEvent[] all =
        [
            .. Enumerable.Repeat(StormEvent.KillOutbound, Kills), .. Enumerable.Repeat(StormEvent.KillPostgres, PostgresKills), .. Enumerable.Repeat(StormEvent.FlushRedis, RedisFlushes),
            .. Enumerable.Repeat(StormEvent.KillRedis, RedisKills), .. Enumerable.Repeat(StormEvent.HangRedis, RedisHangs), .. Enumerable.Repeat(StormEvent.Throttle, Throttles),
        ];
        new Random(Seed).Shuffle(all);
        return all;
    }
}

/// <summary>
/// The whole product with two replicas of Outbound; three campaigns of two numbers that share one messaging limit, to customers who overlap; and a Meta that loses answers,
/// throttles, and raises the limit as it is used. What Meta's double counted is held against what the product says at every look.
/// </summary>
internal sealed class CampaignStorm : IAsyncDisposable
{
    private const string Account = ConnectedAgent.BusinessAccountId;
    private static readonly string[] Numbers = ["100000000000561", "100000000000562"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private readonly StormPlan _plan;
    private readonly Product _product;
    private readonly Havoc _havoc;
    private readonly SandboxHost _meta;
    private readonly DurableData _data;
    private readonly ConcurrentDictionary<Guid, ConcurrentBag<BusinessMessage>> _taken = [];
    private readonly List<(string Path, Guid Id)> _campaigns = [];
    private readonly Dictionary<StormEvent, int> _happened = [];
    private readonly List<string> _problems = [];
    private int _looks;

    private CampaignStorm(StormPlan plan, Product product, SandboxHost meta, DurableData data)
    {
        (_plan, _product, _havoc, _meta, _data) = (plan, product, new Havoc(product), meta, data);
        _meta.Control.Accepted += message =>
        {
            if (CallbackId.Parse(message.Opaque) is { } id && message.Type == "template")
                _taken.GetOrAdd(id.RecipientId, _ => []).Add(message);
        };
    }

    /// <summary>Runs one, start to end.</summary>
    public static async Task<StormReport> RunAsync(StormPlan plan)
    {
        await using var storm = await StartAsync(plan);
        var started = Stopwatch.GetTimestamp();
        await storm.LaunchAsync();
        await storm.BlowAsync();
        await storm.CalmAsync();
        await storm.JudgeAsync();
        return storm.Report(Stopwatch.GetElapsedTime(started));
    }

    private static async Task<CampaignStorm> StartAsync(StormPlan plan)
    {
        // Killing Postgres must lose nothing that was committed: its data are as safe as a user's.
        var data = new DurableData();
        var product = await Product.StartAsync(builder =>
        {
            builder.Service("outbound").WithReplicas(2);
            CampaignBenchParts.AtFullSpeed(builder);
            builder.Set("outbound", "Sending__StandardPerSecond", "70");
            // What a dead replica leaves is found soon; and a call that Graph does not answer is over before that.
            builder.Set("outbound", "Sending__Claim", "00:00:10");
            builder.Set("outbound", "Sending__SettleAfter", "00:00:12");
            builder.Set("outbound", "Graph__SendTimeout", "00:00:05");
        }, data);
        var meta = await SandboxHost.StartAsync(new SandboxOptions
        {
            CallbackUrl = new Uri(product.App.GetEndpoint("edge", "http"), ConnectedAgent.WebhookPath),
            Tier = "TIER_250",
            UpgradeAfter = TimeSpan.FromSeconds(4),
            MessagesPerSecond = 100,
            ReadAfter = TimeSpan.FromMilliseconds(300),
            Habits = new CustomerHabits { Reads = 0.8, Stops = 0.005, ActsAfter = TimeSpan.FromMilliseconds(200) },
            Seed = plan.Seed,
        });
        var storm = new CampaignStorm(plan, product, meta, data);
        storm.SetFaults();
        await storm.PrepareAsync();
        return storm;
    }

    public async ValueTask DisposeAsync()
    {
        await _product.DisposeAsync();
        await _meta.DisposeAsync();
        _data.Dispose();
    }

    private void SetFaults(double throttled = 0) => _meta.Control.SetFaults(new FaultSettings
    {
        Latency = new Latency { P50 = TimeSpan.FromMilliseconds(60), P95 = TimeSpan.FromMilliseconds(250), P99 = TimeSpan.FromSeconds(1) },
        Throttled = throttled,
        ServerErrors = 0.01,
        BadGateways = 0.01,
        LostRequests = 0.01,
        LostAnswers = 0.02,
        LateAnswers = 0.005,
        LateBy = TimeSpan.FromSeconds(8),
        Failures = 0.02,
        Duplicates = 0.05,
        ShuffleWithin = TimeSpan.FromMilliseconds(500),
        BatchUpTo = 50,
        BatchWithin = TimeSpan.FromMilliseconds(100),
    });

    /// <summary>Two numbers of one portfolio; the second one's contacts are half of the first one's and as many others.</summary>
    private async Task PrepareAsync()
    {
        for (var i = 0; i < Numbers.Length; i++)
        {
            _meta.Control.Change(Numbers[i], new NumberSettings { BusinessAccountId = Account, PortfolioId = "300000000000077" });
            var (path, first) = await CampaignBenchParts.PrepareAsync(_product, _meta, Numbers[i], _plan.Recipients, from: i * _plan.Recipients / 2, category: "MARKETING");
            _campaigns.Add((path, first));
        }

        _campaigns.Add((_campaigns[0].Path, await CampaignBenchParts.DraftAsync(_product, _campaigns[0].Path)));
    }

    private async Task LaunchAsync()
    {
        foreach (var (path, id) in _campaigns)
            await _product.PostAsync($"{path}/{id}/launch", new { });
    }

    /// <summary>Lets everything happen, at random moments, and looks in between.</summary>
    private async Task BlowAsync()
    {
        var random = new Random(_plan.Seed);
        foreach (var what in _plan.Events())
        {
            await LookForAsync(TimeSpan.FromSeconds(0.5 + 3 * random.NextDouble()));
            _happened[what] = _happened.GetValueOrDefault(what) + 1;
            await LetHappenAsync(what, random);
        }
    }

    private async Task LetHappenAsync(StormEvent what, Random random)
    {
        switch (what)
        {
            case StormEvent.KillOutbound:
                await _havoc.KillAsync("outbound", random.Next(2));
                break;
            case StormEvent.KillPostgres:
                await _havoc.KillAsync("postgres", 0);
                break;
            case StormEvent.KillRedis:
                await _havoc.KillAsync("redis", 0);
                break;
            case StormEvent.FlushRedis:
                await _havoc.FlushRedisAsync();
                break;
            case StormEvent.HangRedis:
                await _havoc.HangRedisAsync(() => LookForAsync(TimeSpan.FromSeconds(3)));
                break;
            case StormEvent.Throttle:
                SetFaults(throttled: 0.95);
                await LookForAsync(TimeSpan.FromSeconds(1.5));
                SetFaults();
                break;
        }
    }

    private async Task LookForAsync(TimeSpan time)
    {
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < time;)
        {
            await LookAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }
    }

    /// <summary>Whether every funnel adds up now, and all campaigns are over. What cannot be asked just now says nothing.</summary>
    private async Task<bool> LookAsync()
    {
        try
        {
            var over = true;
            foreach (var (path, id) in _campaigns)
            {
                var funnel = await _product.Edge.GetFromJsonAsync<JsonElement>($"{path}/{id}/funnel");
                int Of(string bucket) => funnel.GetProperty(bucket).GetInt32();
                string[] buckets = ["pending", "sending", "sent", "delivered", "read", "replied", "skipped", "limited", "failed", "unresolved"];
                if (Of("audience") != buckets.Sum(Of))
                    _problems.Add($"A funnel did not add up: {funnel}");
                over &= funnel.GetProperty("state").GetString() == "completed" && Of("pending") + Of("sending") + Of("unresolved") == 0;
            }

            await foreach (var problem in _product.Database.ReadAsync(FunnelSql.Contradictions, row => $"{row.GetString(0)} ({row.GetGuid(1)})"))
                _problems.Add($"The tables contradict themselves: {problem}");
            _looks++;
            return over;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or Npgsql.NpgsqlException or System.Net.Sockets.SocketException or IOException)
        {
            return false;
        }
    }

    /// <summary>The storm is over: waits until the campaigns have ended by themselves, and every status that Meta had to tell was told and applied.</summary>
    private async Task CalmAsync()
    {
        // Nothing goes wrong any more; who has not been told of a status is told.
        _meta.Control.ClearFaults();
        var started = Stopwatch.GetTimestamp();
        while (!await LookAsync() || !await IsQuietAsync())
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                _problems.Add("The campaigns did not end by themselves.");
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }
    }

    private async Task<bool> IsQuietAsync() =>
        _meta.Control.Stats() is { Webhooks.Waiting: 0, Planned: 0 } && !await _product.Database.ScalarAsync<bool>("""
            SELECT EXISTS (SELECT FROM inbound.webhook_stretches) OR EXISTS (SELECT FROM delivery.events) OR EXISTS (SELECT FROM outbound.parked_statuses)
            """);

    /// <summary>Holds what Meta took against what the product says of every recipient.</summary>
    private async Task JudgeAsync()
    {
        foreach (var (id, messages) in _taken.Where(t => t.Value.Count > 1))
            _problems.Add($"Recipient {id} got {messages.Count} messages.");
        foreach (var twice in _taken.SelectMany(t => t.Value).GroupBy(m => (Campaign: CampaignOf(m), m.Conversation.Phone)).Where(g => g.Count() > 1))
            _problems.Add($"Customer {twice.Key.Phone} got {twice.Count()} messages of a campaign.");
        if (_meta.Control.Stats().Refused.GetValueOrDefault(131048) is > 0 and var over)
            _problems.Add($"{over} messages went over the messaging limit, and were refused.");

        var known = new HashSet<Guid>();
        await foreach (var (id, state, reason, code) in _product.Database.ReadAsync("SELECT id, state, reason, error_code FROM outbound.recipients", row =>
            (row.GetGuid(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.IsDBNull(3) ? 0 : row.GetInt32(3))))
        {
            known.Add(id);
            var message = _taken.GetValueOrDefault(id)?.FirstOrDefault();
            var told = (state, message?.Status) switch
            {
                ("sent", not null and not DeliveryStatus.Failed) => true,
                ("failed", DeliveryStatus.Failed) => code == message!.Failure!.Code, // a message that failed has its failure
                ("failed", null) => reason is not null,
                ("skipped", null) => reason is not null,
                _ => false,
            };
            if (!told)
                _problems.Add($"Recipient {id} is {state} ({reason} {code}), and Meta has it as {message?.Status.ToString() ?? "never taken"}.");
        }

        if (known.Count != 3 * _plan.Recipients || _taken.Keys.Except(known).Any())
            _problems.Add($"There are {known.Count} recipients, and {_taken.Keys.Except(known).Count()} messages of nobody.");
    }

    private static string CampaignOf(BusinessMessage message) => CallbackId.Parse(message.Opaque)!.Value.RecipientId.ToString()[..24];

    private StormReport Report(TimeSpan took)
    {
        var stats = _meta.Control.Stats();
        var number = _meta.Control.Change(Numbers[0], new NumberSettings());
        return new StormReport(_plan, _happened, took, _looks, stats, _taken.Count, number.Opened, number.Tier, [.. _problems.Distinct()]);
    }
}

/// <summary>What a storm showed.</summary>
internal sealed record StormReport(
    StormPlan Plan, IReadOnlyDictionary<StormEvent, int> Happened, TimeSpan Took, int Looks, StatsView Meta, int Taken, int Opened, string Tier, IReadOnlyList<string> Problems)
{
    public override string ToString()
    {
        var table = new Table("what", "how many");
        table.Row("recipients, in three campaigns of two numbers", 3 * Plan.Recipients);
        foreach (var (what, count) in Happened.OrderBy(h => h.Key))
            table.Row(what.ToString(), count);
        foreach (var (fault, count) in Meta.Faults.OrderBy(f => f.Key))
            table.Row($"Graph: {fault}", count);
        foreach (var (code, count) in Meta.Refused.OrderBy(r => r.Key))
            table.Row($"Graph refused with {code}", count);
        table.Row("messages that Meta took", Taken);
        table.Row("customers opened in 24 hours", Opened);
        table.Row("messaging limit in the end", Tier);
        table.Row("looks at which every funnel added up", Looks);
        table.Row("seconds", Took.TotalSeconds);
        table.Row("problems", Problems.Count);
        return string.Join(Environment.NewLine, [string.Create(CultureInfo.InvariantCulture, $"seed {Plan.Seed}"), table.ToString(), .. Problems.Take(20)]);
    }
}
