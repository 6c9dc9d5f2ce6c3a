using System.Diagnostics.Metrics;
using Bookbag.ServiceDefaults.Postgres;

namespace Bookbag.Inbound.Knowledge.Training;

/// <summary>How the training of sources goes.</summary>
public sealed class TrainingMetrics(IMeterFactory meters)
{
    private readonly Histogram<double> _duration = meters.Create(InboundTelemetry.Name)
        .CreateHistogram<double>("bookbag.training.duration", "s", "How long reading a source took, by type and outcome");

    /// <summary>A source was read, or could not be.</summary>
    public void Trained(SourceType type, bool succeeded, TimeSpan took) => _duration.Record(took.TotalSeconds,
        KeyValuePair.Create<string, object?>("type", EnumWords.Of(type)), KeyValuePair.Create<string, object?>("outcome", succeeded ? "trained" : "failed"));
}
