using Bookbag.Tests.Support;

namespace Bookbag.Tests.Benchmarks;

/// <summary>Something that takes webhooks in, behind an Edge: what the `webhooks` benchmark compares, with what each part of the way used of a processor.</summary>
/// <param name="name">What it is.</param>
/// <param name="address">Its Edge's.</param>
/// <param name="edge">How long its Edge has used a processor.</param>
/// <param name="server">How long it has, behind the Edge.</param>
/// <param name="postgres">How long Postgres has.</param>
internal sealed class WebhookReceiver(string name, Uri address, Func<TimeSpan> edge, Func<TimeSpan> server, Func<TimeSpan> postgres)
{
    private readonly List<LoadResult> _rounds = [];
    private readonly TimeSpan[] _used = new TimeSpan[4];

    public string Name => name;

    public Uri Address => address;

    /// <summary>Requests a second, of the round in the middle.</summary>
    public double PerSecond => HttpLoad.Percentile([.. _rounds.Select(r => r.PerSecond).Order()], 0.5);

    /// <summary>How many times as fast as another, of the same round: what disturbs a machine for a while disturbs both. Of the round in the middle.</summary>
    public double TimesOf(WebhookReceiver other) => HttpLoad.Percentile([.. _rounds.Zip(other._rounds, (own, others) => own.PerSecond / others.PerSecond).Order()], 0.5);

    public double P50 => _rounds.Average(r => r.P50);

    public double P99 => _rounds.Average(r => r.P99);

    public int Failures => _rounds.Sum(r => r.Failures);

    /// <summary>Microseconds of a processor for each request: of the Edge, of the receiver behind it, of Postgres, of the load generator, of all of them.</summary>
    public double[] Use
    {
        get
        {
            var each = _used.Select(used => used.TotalMicroseconds / _rounds.Sum(r => r.Requests)).ToArray();
            return [.. each, each.Sum()];
        }
    }

    /// <summary>Adds a round.</summary>
    public async Task RoundAsync(Func<Task<LoadResult>> load)
    {
        TimeSpan[] before = [edge(), server(), postgres(), ProcessorTime.Own];
        _rounds.Add(await load());
        TimeSpan[] after = [ProcessorTime.Own, postgres(), server(), edge()]; // its own first: reading the others' costs
        foreach (var (part, (then, now)) in before.Zip(after.Reverse()).Index())
            _used[part] += now - then;
    }
}
