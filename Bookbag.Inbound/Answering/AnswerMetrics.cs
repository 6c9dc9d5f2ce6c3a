using System.Diagnostics.Metrics;
using System.Text.Json;

namespace Bookbag.Inbound.Answering;

/// <summary>What is measured of answers. The model's calls are measured by <see cref="Models.ModelMetrics"/>.</summary>
public sealed class AnswerMetrics(IMeterFactory meters)
{
    /// <summary>The name of the service's meter and activity source.</summary>
    public const string Meter = "Bookbag.Inbound";

    private readonly Histogram<double> _duration = meters.Create(Meter)
        .CreateHistogram<double>("bookbag.answer.duration", "s", "How long answering a question took, by outcome");

    private readonly Histogram<double> _grounding = meters.Create(Meter)
        .CreateHistogram<double>("bookbag.answer.grounding", "1", "Grounding score of questions, by outcome");

    private readonly Counter<long> _withheld = meters.Create(Meter)
        .CreateCounter<long>("bookbag.answer.withheld", "{answer}", "Answers of the model that say what no source says, and were not sent");

    /// <summary>The model's answer was not sent, because the sources do not bear it out.</summary>
    public void Withheld() => _withheld.Add(1);

    /// <summary>A question got its answer.</summary>
    public void Answered(Answer answer, TimeSpan took)
    {
        var outcome = KeyValuePair.Create<string, object?>("outcome", JsonNamingPolicy.SnakeCaseLower.ConvertName(answer.Outcome.ToString()));
        _duration.Record(took.TotalSeconds, outcome);
        _grounding.Record(answer.Score, outcome);
    }

    /// <summary>A question got none, because the model failed.</summary>
    public void ModelFailed(TimeSpan took) => _duration.Record(took.TotalSeconds, KeyValuePair.Create<string, object?>("outcome", "model_unavailable"));
}
