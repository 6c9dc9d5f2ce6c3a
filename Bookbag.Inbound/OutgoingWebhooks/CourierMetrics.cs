using System.Diagnostics.Metrics;
using Bookbag.ServiceDefaults.Postgres;

namespace Bookbag.Inbound.OutgoingWebhooks;

/// <summary>How outgoing webhooks go.</summary>
public sealed class CourierMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _tries = meters.Create(InboundTelemetry.Name)
        .CreateCounter<long>("bookbag.outgoing_webhooks.tries", "{try}", "Tries to deliver an event, by what became of it");

    /// <summary>An event was tried.</summary>
    public void Tried(OutgoingDeliveryStatus status, CourierOutcome outcome) => _tries.Add(1,
        KeyValuePair.Create<string, object?>("status", EnumWords.Of(status)), KeyValuePair.Create<string, object?>("answered", outcome.Status is not null));
}
