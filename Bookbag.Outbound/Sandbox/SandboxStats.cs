using System.Collections.Concurrent;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Counts what happens in the sandbox. Safe for threads.</summary>
internal sealed class SandboxStats
{
    private readonly ConcurrentDictionary<int, int> _refusals = [];
    private readonly ConcurrentDictionary<SendFault, int> _faults = [];
    private int _requests, _accepted, _readMarks, _typing, _customerMessages, _sent, _delivered, _read, _failed;
    private int _promised, _acknowledged, _updates, _failedPosts, _retried, _dropped;

    public int Requests => _requests;
    public int Accepted => _accepted;

    public void RequestReceived() => Interlocked.Increment(ref _requests);
    public void MessageAccepted() => Interlocked.Increment(ref _accepted);
    public void Refused(int code) => _refusals.AddOrUpdate(code, 1, (_, count) => count + 1);
    public void Fault(SendFault fault) => _faults.AddOrUpdate(fault, 1, (_, count) => count + 1);
    public void CustomerWrote() => Interlocked.Increment(ref _customerMessages);

    public void MarkedAsRead(bool typing)
    {
        Interlocked.Increment(ref _readMarks);
        if (typing)
            Interlocked.Increment(ref _typing);
    }

    public void StatusReached(DeliveryStatus status)
    {
        switch (status)
        {
            case DeliveryStatus.Sent: Interlocked.Increment(ref _sent); break;
            case DeliveryStatus.Delivered: Interlocked.Increment(ref _delivered); break;
            case DeliveryStatus.Read: Interlocked.Increment(ref _read); break;
            default: Interlocked.Increment(ref _failed); break;
        }
    }

    public void WebhookAcknowledged(int updates)
    {
        Interlocked.Increment(ref _acknowledged);
        Interlocked.Add(ref _updates, updates);
    }

    public void WebhookPromised() => Interlocked.Increment(ref _promised);
    public void WebhookFailed() => Interlocked.Increment(ref _failedPosts);
    public void WebhookRetried() => Interlocked.Increment(ref _retried);
    public void WebhooksDropped(int updates) => Interlocked.Add(ref _dropped, updates);

    public void Clear()
    {
        _refusals.Clear();
        _faults.Clear();
        _requests = _accepted = _readMarks = _typing = _customerMessages = _sent = _delivered = _read = _failed = 0;
        _promised = _acknowledged = _updates = _failedPosts = _retried = _dropped = 0;
    }

    /// <summary>The counts, together with what only the state knows.</summary>
    public StatsView View(int numbers, int customers, int duplicates, int pending, int withheld, int planned) => new()
    {
        Numbers = numbers,
        Customers = customers,
        Requests = _requests,
        Accepted = _accepted,
        Duplicates = duplicates,
        Refused = _refusals.ToDictionary(r => r.Key, r => r.Value),
        Faults = _faults.ToDictionary(f => f.Key, f => f.Value),
        ReadMarks = _readMarks,
        TypingIndicators = _typing,
        CustomerMessages = _customerMessages,
        Statuses = new StatsView.StatusCounts(_sent, _delivered, _read, _failed),
        Webhooks = new StatsView.WebhookCounts(_acknowledged, _updates, _failedPosts, _retried, _dropped, pending, withheld, _promised - _updates - _dropped),
        Planned = planned,
    };
}

/// <summary>What has happened in the sandbox since it began or was reset.</summary>
public sealed record StatsView
{
    /// <summary>Phone numbers known.</summary>
    public required int Numbers { get; init; }

    /// <summary>Customers, counted per number.</summary>
    public required int Customers { get; init; }

    /// <summary>Bodies received by <c>/messages</c>, refused ones and read marks included.</summary>
    public required int Requests { get; init; }

    /// <summary>Messages accepted.</summary>
    public required int Accepted { get; init; }

    /// <summary>Accepted messages, of those that are kept, whose <c>biz_opaque_callback_data</c> an earlier one had already: sent twice.</summary>
    public required int Duplicates { get; init; }

    /// <summary>Refusals by Meta's error code.</summary>
    public required IReadOnlyDictionary<int, int> Refused { get; init; }

    /// <summary>Faults that were asked for and happened.</summary>
    public required IReadOnlyDictionary<SendFault, int> Faults { get; init; }

    /// <summary>Read marks of the business.</summary>
    public required int ReadMarks { get; init; }

    /// <summary>Read marks that showed typing as well.</summary>
    public required int TypingIndicators { get; init; }

    /// <summary>Messages that customers wrote.</summary>
    public required int CustomerMessages { get; init; }

    /// <summary>Statuses reached.</summary>
    public required StatusCounts Statuses { get; init; }

    /// <summary>Webhooks posted.</summary>
    public required WebhookCounts Webhooks { get; init; }

    /// <summary>What is still to happen by itself: statuses, what customers do, reviews, upgrades, retries.</summary>
    public required int Planned { get; init; }

    /// <summary>How many messages reached a status.</summary>
    public sealed record StatusCounts(int Sent, int Delivered, int Read, int Failed);

    /// <summary>
    /// POSTs answered 200 and the updates in them, POSTs that failed, retries planned, updates given up, deliveries waiting to be posted, updates withheld, and all
    /// updates that the callback has not acknowledged yet, wherever they are.
    /// </summary>
    public sealed record WebhookCounts(int Acknowledged, int Updates, int Failed, int Retried, int Dropped, int Pending, int Withheld, int Waiting);
}
