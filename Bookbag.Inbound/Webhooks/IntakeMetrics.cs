using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Bookbag.Inbound.Webhooks;

/// <summary>What is measured of webhooks, from the door to their effect.</summary>
public sealed class IntakeMetrics
{
    private readonly Counter<long> _received;
    private readonly Histogram<long> _batch;
    private readonly Histogram<double> _commit;
    private readonly Histogram<long> _applyBatch;
    private readonly Histogram<double> _applyDuration;
    private readonly Histogram<double> _age;
    private readonly Counter<long> _applied;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _rejected;
    private long _depth;
    private double _lag;

    public IntakeMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(InboundTelemetry.Name);
        _received = meter.CreateCounter<long>("bookbag.webhooks.received", description: "Webhook POSTs by verdict.");
        _batch = meter.CreateHistogram<long>("bookbag.webhooks.commit.size", description: "Webhooks written by one commit.");
        _commit = meter.CreateHistogram<double>("bookbag.webhooks.commit.duration", "s", "Time of one commit.");
        _applyBatch = meter.CreateHistogram<long>("bookbag.webhooks.apply.size", description: "Webhooks applied by one transaction.");
        _applyDuration = meter.CreateHistogram<double>("bookbag.webhooks.apply.duration", "s", "Time of one such transaction.");
        _age = meter.CreateHistogram<double>("bookbag.webhooks.apply.lag", "s", "From arrival to effect, of the oldest webhook of a batch.");
        _applied = meter.CreateCounter<long>("bookbag.webhooks.applied", description: "Items of webhooks that took effect, by kind.");
        _duplicates = meter.CreateCounter<long>("bookbag.webhooks.duplicates", description: "Items that had taken effect before.");
        _rejected = meter.CreateCounter<long>("bookbag.webhooks.rejected", description: "Items that could not be applied, by reason.");
        meter.CreateObservableGauge("bookbag.webhooks.queue.depth", () => Volatile.Read(ref _depth), description: "Webhooks still to be applied.");
        meter.CreateObservableGauge("bookbag.webhooks.queue.lag", () => Volatile.Read(ref _lag), "s", "Age of the oldest webhook still to be applied.");
    }

    public void Received(string verdict) => _received.Add(1, new TagList { { "verdict", verdict } });

    public void Committed(int count, TimeSpan took)
    {
        _batch.Record(count);
        _commit.Record(took.TotalSeconds);
    }

    public void Batch(int count, TimeSpan took, TimeSpan lag)
    {
        _applyBatch.Record(count);
        _applyDuration.Record(took.TotalSeconds);
        _age.Record(lag.TotalSeconds);
    }

    public void Applied(string kind, int count) => Add(_applied, "kind", kind, count);

    public void Duplicates(int count) => _duplicates.Add(count);

    public void Rejected(string code, int count) => Add(_rejected, "code", code, count);

    public void Queue(long depth, TimeSpan lag)
    {
        Volatile.Write(ref _depth, depth);
        Volatile.Write(ref _lag, lag.TotalSeconds);
    }

    private static void Add(Counter<long> counter, string tag, string value, int count)
    {
        if (count > 0)
            counter.Add(count, new TagList { { tag, value } });
    }
}
