using System.Diagnostics.Metrics;

namespace Bookbag.Outbound.Sending;

/// <summary>How sending goes, for dashboards and alerts.</summary>
internal sealed class SendingMetrics
{
    private readonly Counter<long> _claimed;
    private readonly Counter<long> _settled;
    private readonly Counter<long> _unresolved;
    private readonly Counter<long> _statuses;
    private double _eventLag;

    public SendingMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Bookbag.Outbound");
        _claimed = meter.CreateCounter<long>("bookbag.sending.begun", "{message}", "Messages committed as sending");
        _settled = meter.CreateCounter<long>("bookbag.sending.settled", "{message}", "Calls of Graph, by outcome; refusals by Meta's code");
        _unresolved = meter.CreateCounter<long>("bookbag.sending.unresolved", "{message}", "Messages of unknown outcome, by what became of them");
        _statuses = meter.CreateCounter<long>("bookbag.delivery.events", "{event}", "Delivery events applied, by kind");
        meter.CreateObservableGauge("bookbag.delivery.lag", () => Volatile.Read(ref _eventLag), "s", "How old the oldest event of the last batch was: how far funnels are behind");
    }

    public void Begun(int count) => _claimed.Add(count);

    public void Settled(int sent, int unknown, IReadOnlyList<FailedRecipient> refused)
    {
        _settled.Add(sent, KeyValuePair.Create<string, object?>("outcome", "sent"));
        _settled.Add(unknown, KeyValuePair.Create<string, object?>("outcome", "unknown"));
        foreach (var code in refused.CountBy(f => f.Error.Code))
            _settled.Add(code.Value, KeyValuePair.Create<string, object?>("outcome", "refused"), KeyValuePair.Create<string, object?>("code", code.Key));
    }

    public void Unresolved(string what, int count)
    {
        if (count > 0)
            _unresolved.Add(count, KeyValuePair.Create<string, object?>("outcome", what));
    }

    public void Applied(string kind, int count) => _statuses.Add(count, KeyValuePair.Create<string, object?>("kind", kind));

    public void Lag(TimeSpan lag) => Volatile.Write(ref _eventLag, lag.TotalSeconds);
}
