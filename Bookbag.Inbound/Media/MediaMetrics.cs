using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Bookbag.Inbound.Media;

/// <summary>What is measured of files.</summary>
public sealed class MediaMetrics
{
    private readonly Counter<long> _tasks;
    private readonly Histogram<double> _age;
    private readonly Counter<long> _bytes;

    public MediaMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(InboundTelemetry.Name);
        _tasks = meter.CreateCounter<long>("bookbag.media.tasks", description: "Files fetched, read and uploaded, by task and outcome.");
        _age = meter.CreateHistogram<double>("bookbag.media.age", "s", "From a file's webhook, or its upload by a person, to where it was wanted.");
        _bytes = meter.CreateCounter<long>("bookbag.media.bytes", "By", "Bytes of files that were fetched.");
    }

    public void Done(string task, TimeSpan age, long bytes)
    {
        _tasks.Add(1, new TagList { { "task", task }, { "outcome", "done" } });
        _age.Record(age.TotalSeconds, new TagList { { "task", task } });
        if (bytes > 0)
            _bytes.Add(bytes);
    }

    public void NotDone(string task, string outcome) => _tasks.Add(1, new TagList { { "task", task }, { "outcome", outcome } });
}
