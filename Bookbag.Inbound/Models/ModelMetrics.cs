using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using Polly.CircuitBreaker;

namespace Bookbag.Inbound.Models;

/// <summary>What the model is asked for.</summary>
public enum ModelPurpose
{
    /// <summary>An answer to a customer.</summary>
    Reply,

    /// <summary>A ticket's subject and summary.</summary>
    Summary,

    /// <summary>What a picture or voice note says.</summary>
    Reading,
}

/// <summary>What calls of the model take, cost and come to.</summary>
public sealed class ModelMetrics
{
    private readonly ModelOptions _options;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _tokens;
    private readonly Counter<double> _cost;

    /// <summary>Its instruments are on the service's meter.</summary>
    public ModelMetrics(IMeterFactory meters, IOptions<ModelOptions> options)
    {
        _options = options.Value;
        var meter = meters.Create("Bookbag.Inbound");
        _duration = meter.CreateHistogram<double>("bookbag.model.duration", "s", "Calls of the model, by purpose and outcome");
        _tokens = meter.CreateCounter<long>("bookbag.model.tokens", "{token}", "Tokens that went to the model and came from it, as it counts them");
        _cost = meter.CreateCounter<double>("bookbag.model.cost", "{currency}", "What they cost, by the prices that are configured");
        meter.CreateObservableGauge("bookbag.model.resting", () => Circuit.CircuitState == CircuitState.Open ? 1 : 0, "1", "1 while a model that failed too often is left alone");
    }

    /// <summary>Tells whether the model is left alone.</summary>
    internal CircuitBreakerStateProvider Circuit { get; } = new();

    /// <summary>A call ended.</summary>
    internal void Called(ModelPurpose purpose, string outcome, TimeSpan took) =>
        _duration.Record(took.TotalSeconds, Of(purpose), new("outcome", outcome));

    /// <summary>A call used so many tokens.</summary>
    internal void Used(ModelPurpose purpose, UsageDetails? usage)
    {
        var (read, written) = (usage?.InputTokenCount ?? 0, usage?.OutputTokenCount ?? 0);
        if (read + written == 0)
            return;
        _tokens.Add(read, Of(purpose), new("direction", "input"));
        _tokens.Add(written, Of(purpose), new("direction", "output"));
        var cost = ((read * _options.InputPricePerMillion) + (written * _options.OutputPricePerMillion)) / 1_000_000;
        if (cost > 0)
            _cost.Add(cost, Of(purpose), new("currency", _options.Currency));
    }

    private static KeyValuePair<string, object?> Of(ModelPurpose purpose) => new("purpose", purpose switch
    {
        ModelPurpose.Reply => "reply",
        ModelPurpose.Summary => "summary",
        _ => "reading",
    });
}
