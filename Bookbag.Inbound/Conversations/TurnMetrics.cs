using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Bookbag.Inbound.Conversations;

/// <summary>How turns go, for dashboards and alerts.</summary>
internal sealed class TurnMetrics
{
    /// <summary>The service's source of spans.</summary>
    public static readonly ActivitySource Activities = new("Bookbag.Inbound");

    private readonly Histogram<double> _latency;
    private readonly Histogram<double> _wait;
    private readonly Counter<long> _turns;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _replies;
    private double _queueAge;

    public TurnMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Bookbag.Inbound");
        _latency = meter.CreateHistogram<double>("bookbag.turn.latency", "s", "From the first unanswered message's arrival to the answer's acceptance by Graph");
        _wait = meter.CreateHistogram<double>("bookbag.turn.wait", "s", "From the time a turn was due to its claim by a worker");
        _turns = meter.CreateCounter<long>("bookbag.turn.finished", "{turn}", "Turns, by outcome");
        _dropped = meter.CreateCounter<long>("bookbag.turn.dropped", "{answer}", "Answers that came too late and were not sent");
        _replies = meter.CreateCounter<long>("bookbag.reply.settled", "{reply}", "Hand-overs of replies to Graph, by outcome");
        meter.CreateObservableGauge("bookbag.turn.queue_age", () => Volatile.Read(ref _queueAge), "s", "How long the longest waiting turn had been due when it was claimed last");
    }

    /// <summary>Turns were claimed that had been due for so long; none, when nothing is due.</summary>
    public void Claimed(IReadOnlyList<TimeSpan> waited)
    {
        Volatile.Write(ref _queueAge, waited.Count == 0 ? 0 : waited.Max().TotalSeconds);
        foreach (var wait in waited)
            _wait.Record(wait.TotalSeconds);
    }

    /// <summary>A turn ended.</summary>
    public void TurnFinished(string outcome) => _turns.Add(1, KeyValuePair.Create<string, object?>("outcome", outcome));

    /// <summary>Graph has the answer.</summary>
    public void Answered(TimeSpan latency) => _latency.Record(latency.TotalSeconds);

    /// <summary>An answer was dropped because a person took over, a newer message came or the lease was lost.</summary>
    public void AnswerDropped() => _dropped.Add(1);

    /// <summary>A hand-over of a reply to Graph ended.</summary>
    public void ReplySettled(string outcome) => _replies.Add(1, KeyValuePair.Create<string, object?>("outcome", outcome));
}
