extern alias outbound;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Bookbag.Tests.Benchmarks;
using Bookbag.Tests.Inbound.Models;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Http;
using outbound::Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Chaos;

/// <summary>How hard the storm blows.</summary>
/// <param name="PerSecond">Bursts a second that customers write.</param>
/// <param name="AtLeast">How long. Everything that can happen happens once in any case, and then again in another order.</param>
/// <param name="Seed">Makes the order of what happens, what is written, and the faults of Graph and model the same again.</param>
internal sealed record CustomerStormPlan(double PerSecond, TimeSpan AtLeast, int Seed)
{
    private static readonly StormEvent[] Everything =
    [
        StormEvent.KillInbound, StormEvent.KillInbound, StormEvent.KillInbound, StormEvent.KillPostgres, StormEvent.FlushRedis, StormEvent.KillRedis, StormEvent.HangRedis,
        StormEvent.Throttle, StormEvent.GraphFails, StormEvent.GraphIsLate, StormEvent.ModelFails, StormEvent.ModelHangs, StormEvent.ModelIsLate,
    ];

    /// <summary>Everything that can happen, in an order of its own.</summary>
    public static StormEvent[] Draw(Random random)
    {
        StormEvent[] drawn = [.. Everything];
        random.Shuffle(drawn);
        return drawn;
    }
}

/// <summary>
/// Customers who write in bursts to the whole product with two replicas of Inbound, while everything that can die or lie does so. What every message came to, the database itself
/// writes down; and that is held against what Meta's double handed to every customer.
/// </summary>
internal sealed class CustomerStorm : IAsyncDisposable
{
    private const string PhoneNumberId = "100000000000556";
    private const string ModelQuestion = "How long is parking in the yard free?";
    private const string Parking = "Parking in the yard behind the shop is free for two hours.";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly CustomerStormPlan _plan;
    private readonly Product _product;
    private readonly Havoc _havoc;
    private readonly SandboxHost _meta;
    private readonly MoodyModel _model;
    private readonly DurableData _data;
    private readonly ConcurrentDictionary<string, string> _written = [];
    private readonly ConcurrentQueue<BusinessMessage> _taken = [];
    private readonly Dictionary<StormEvent, int> _happened = [];

    private CustomerStorm(CustomerStormPlan plan, Product product, SandboxHost meta, MoodyModel model, DurableData data)
    {
        (_plan, _product, _havoc, _meta, _model, _data) = (plan, product, new Havoc(product), meta, model, data);
        _meta.Control.Accepted += _taken.Enqueue;
    }

    /// <summary>Runs one, start to end.</summary>
    public static async Task<CustomerStormReport> RunAsync(CustomerStormPlan plan)
    {
        await using var storm = await StartAsync(plan);
        var started = Stopwatch.GetTimestamp();
        using var over = new CancellationTokenSource();
        var writing = storm.WriteAsync(over.Token);
        await storm.BlowAsync();
        await over.CancelAsync();
        await writing;
        var unrest = await storm.CalmAsync();

        var trial = new CustomerTrial(storm._product.Database, storm._written, [.. storm._taken]);
        await trial.JudgeAsync();
        return new CustomerStormReport(plan, storm._happened, Stopwatch.GetElapsedTime(started), storm._meta.Control.Stats(), storm._model.Asked, trial.Outcomes, [.. unrest, .. trial.Problems]);
    }

    private static async Task<CustomerStorm> StartAsync(CustomerStormPlan plan)
    {
        // Killing Postgres must lose nothing that was committed: its data are as safe as a user's.
        var data = new DurableData();
        var model = await MoodyModel.StartAsync(plan.Seed, Parking + " [1]");
        var product = await Product.StartAsync(builder =>
        {
            builder.Service("inbound").WithReplicas(2);
            builder.SetDebounce(TimeSpan.FromMilliseconds(300));
            // What a dead replica leaves is found soon, and nobody is waited for as long as people are.
            (string Variable, string Value)[] settings =
            [
                ("Turns__Lease", "00:00:05"), ("Turns__SettleAfter", "00:00:30"), ("Turns__MaxAnswerAttempts", "2"), ("Media__Lease", "00:00:10"), ("Graph__SendTimeout", "00:00:05"),
                ("Model__Endpoint", model.Endpoint), ("Model__Name", "small-model"), ("Model__Retries", "0"), ("Model__RestFor", "00:00:02"),
                ("Model__IdleTimeout", "00:00:01"), ("Model__AttemptTimeout", "00:00:02"), ("Model__TotalTimeout", "00:00:03"),
            ];
            foreach (var (variable, value) in settings)
                builder.Set("inbound", variable, value);
        }, data);
        var meta = await SandboxHost.StartAsync(new SandboxOptions
        {
            CallbackUrl = new Uri(product.App.GetEndpoint("edge", "http"), ConnectedAgent.WebhookPath),
            LongestRepeat = TimeSpan.FromSeconds(2),
            WebhookTimeout = TimeSpan.FromSeconds(10),
            ReadAfter = TimeSpan.FromMilliseconds(300),
            Seed = plan.Seed,
        });
        var agent = await product.ConnectAgentAsync(PhoneNumberId, meta.SendUrl(PhoneNumberId).ToString());
        await product.PostAsync($"/api/agents/{agent.AgentId}/sources", new { type = "text", name = "Parking", text = Parking });
        await product.Database.ExecuteAsync(CustomerTrial.Watch);
        var storm = new CustomerStorm(plan, product, meta, model, data);
        storm.SetFaults(Usual);
        return storm;
    }

    public async ValueTask DisposeAsync()
    {
        await _product.DisposeAsync();
        await _meta.DisposeAsync();
        await _model.DisposeAsync();
        _data.Dispose();
    }

    // All the time.
    private static FaultSettings Usual => new()
    {
        Latency = new Latency { P50 = TimeSpan.FromMilliseconds(40), P95 = TimeSpan.FromMilliseconds(200), P99 = TimeSpan.FromMilliseconds(800) },
        ServerErrors = 0.01,
        BadGateways = 0.005,
        LostRequests = 0.005,
        LostAnswers = 0.02,
        Failures = 0.01,
        Duplicates = 0.05,
        ShuffleWithin = TimeSpan.FromMilliseconds(300),
        BatchUpTo = 20,
        LateBy = TimeSpan.FromSeconds(8), // later than is waited for
    };

    private void SetFaults(FaultSettings faults) => _meta.Control.SetFaults(faults);

    /// <summary>Customers write, each one to three messages in a row, and come back a few times.</summary>
    private async Task WriteAsync(CancellationToken over)
    {
        var random = new Random(_plan.Seed);
        for (var burst = 0; !over.IsCancellationRequested; burst++)
        {
            var customer = Math.Max(0, (burst / 3) - random.Next(20));
            for (var messages = random.Next(1, 4); messages > 0; messages--)
                Write((49_171_000_0000 + customer).ToString(CultureInfo.InvariantCulture), random.NextDouble());
            await Task.Delay(TimeSpan.FromSeconds(1 / _plan.PerSecond), Clock, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Write(string customer, double draw)
    {
        var text = draw switch
        {
            < 0.35 => ConnectedAgent.Question,
            < 0.70 => ModelQuestion,
            < 0.85 => "Do you sell violins?",
            < 0.90 => "Can I talk to a person?",
            < 0.95 => CustomerTrial.Stop,
            _ => null,
        };
        var wamid = _meta.Control.Write(customer, new CustomerWrites { PhoneNumberId = PhoneNumberId, Type = text is null ? "image" : "text", Text = text });
        _written[wamid] = text ?? "";
    }

    /// <summary>Lets everything happen, at random moments.</summary>
    private async Task BlowAsync()
    {
        var random = new Random(_plan.Seed);
        var started = Stopwatch.GetTimestamp();
        do
        {
            foreach (var what in CustomerStormPlan.Draw(random))
            {
                await Task.Delay(TimeSpan.FromSeconds(0.3 + (1.5 * random.NextDouble())), Clock);
                _happened[what] = _happened.GetValueOrDefault(what) + 1;
                await LetHappenAsync(what, random);
            }
        }
        while (Stopwatch.GetElapsedTime(started) < _plan.AtLeast);
    }

    private Task LetHappenAsync(StormEvent what, Random random) => what switch
    {
        StormEvent.KillInbound => _havoc.KillAsync("inbound", random.Next(2)),
        StormEvent.KillPostgres => _havoc.KillAsync("postgres", 0),
        StormEvent.KillRedis => _havoc.KillAsync("redis", 0),
        StormEvent.FlushRedis => _havoc.FlushRedisAsync(),
        StormEvent.HangRedis => _havoc.HangRedisAsync(() => Task.Delay(TimeSpan.FromSeconds(3), Clock)),
        StormEvent.Throttle => WithGraphAsync(Usual with { Throttled = 0.95 }),
        StormEvent.GraphFails => WithGraphAsync(Usual with { ServerErrors = 0.4, BadGateways = 0.2, LostRequests = 0.1, LostAnswers = 0.2 }),
        StormEvent.GraphIsLate => WithGraphAsync(Usual with { LateAnswers = 0.7 }),
        StormEvent.ModelFails => WithModelAsync(ModelDouble.Fail(500)),
        StormEvent.ModelHangs => WithModelAsync(ModelDouble.Hang),
        StormEvent.ModelIsLate => WithModelAsync(MoodyModel.After(TimeSpan.FromSeconds(2.5), ModelDouble.Say(Parking + " [1]"))),
        _ => throw new ArgumentOutOfRangeException(nameof(what), what, "This storm does not do that."),
    };

    private async Task WithGraphAsync(FaultSettings faults)
    {
        SetFaults(faults);
        await Task.Delay(TimeSpan.FromSeconds(2), Clock);
        SetFaults(Usual);
    }

    private async Task WithModelAsync(Func<HttpContext, Task> mood)
    {
        _model.Mood = mood;
        await Task.Delay(TimeSpan.FromSeconds(3), Clock);
        _model.Mood = null;
    }

    /// <summary>The storm is over: waits until everything has come to rest by itself; what has not is returned.</summary>
    private async Task<IReadOnlyList<string>> CalmAsync()
    {
        _meta.Control.ClearFaults();
        _model.IsWell = true;
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var unrest = await CustomerTrial.UnrestAsync(_product.Database);
            if (_meta.Control.Stats() is { Webhooks.Waiting: > 0 and var waiting })
                unrest.Add($"{waiting} webhooks that Meta still repeats");
            if (unrest.Count == 0 || Stopwatch.GetElapsedTime(started) > Patience)
                return unrest;
            await Task.Delay(TimeSpan.FromMilliseconds(500), Clock);
        }
    }
}

/// <summary>A model that says what it is asked to, most of the time.</summary>
internal sealed class MoodyModel : IAsyncDisposable
{
    private readonly ModelDouble _model;
    private readonly Random _random;
    private readonly Func<HttpContext, Task> _answer;

    private MoodyModel(ModelDouble model, int seed, string answer)
    {
        (_model, _random, _answer) = (model, new Random(seed), ModelDouble.Say(answer));
        _model.Behave = context => (Mood ?? Draw(answer))(context);
    }

    public static async Task<MoodyModel> StartAsync(int seed, string answer) => new(await ModelDouble.StartAsync(), seed, answer);

    public string Endpoint => _model.Endpoint;

    /// <summary>How often it was asked.</summary>
    public int Asked => _model.Requests.Count;

    /// <summary>What it does for a while; null for what it usually does.</summary>
    public Func<HttpContext, Task>? Mood { get; set; }

    /// <summary>Whether it only answers from now on.</summary>
    public bool IsWell { get; set; }

    /// <summary>Does something a while later.</summary>
    public static Func<HttpContext, Task> After(TimeSpan delay, Func<HttpContext, Task> then) => async context =>
    {
        await Task.Delay(delay, TimeProvider.System, context.RequestAborted);
        await then(context);
    };

    public ValueTask DisposeAsync() => _model.DisposeAsync();

    private Func<HttpContext, Task> Draw(string answer)
    {
        double draw;
        lock (_random)
            draw = _random.NextDouble();
        return IsWell ? _answer : draw switch
        {
            < 0.02 => ModelDouble.Fail(500),
            < 0.03 => ModelDouble.Fail(429),
            < 0.05 => ModelDouble.BreakAfter(answer[..20]),
            < 0.07 => ModelDouble.EndAfter(answer[..20]),
            < 0.08 => ModelDouble.HangAfter(answer[..20]),
            < 0.15 => After(TimeSpan.FromMilliseconds(700), _answer),
            _ => _answer,
        };
    }
}

/// <summary>What a storm showed.</summary>
internal sealed record CustomerStormReport(
    CustomerStormPlan Plan, IReadOnlyDictionary<StormEvent, int> Happened, TimeSpan Took, StatsView Meta, int ModelAsked, IReadOnlyDictionary<string, int> Outcomes, IReadOnlyList<string> Problems)
{
    public override string ToString()
    {
        var table = new Table("what", "how many");
        foreach (var (what, count) in Happened.OrderBy(h => h.Key))
            table.Row(what.ToString(), count);
        foreach (var (fault, count) in Meta.Faults.OrderBy(f => f.Key))
            table.Row($"Graph: {fault}", count);
        foreach (var (code, count) in Meta.Refused.OrderBy(r => r.Key))
            table.Row($"Graph refused with {code}", count);
        table.Row("webhooks not answered 200, and repeated", Meta.Webhooks.Failed);
        table.Row("calls of the model", ModelAsked);
        table.Row("customers", Meta.Customers);
        table.Row("messages of customers", Meta.CustomerMessages);
        foreach (var (outcome, count) in Outcomes.OrderBy(o => o.Key, StringComparer.Ordinal))
            table.Row($"… {outcome}", count);
        table.Row("messages that Meta took", Meta.Accepted);
        table.Row("sent twice", Meta.Duplicates);
        table.Row("seconds", Took.TotalSeconds);
        table.Row("problems", Problems.Count);
        return string.Join(Environment.NewLine, [string.Create(CultureInfo.InvariantCulture, $"seed {Plan.Seed}"), table.ToString(), .. Problems.Take(20)]);
    }
}
