using System.Threading.Channels;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Takes webhook updates, lets the faults of their number happen to them, and hands them to the senders as deliveries.</summary>
internal sealed class WebhookOutbox(SandboxOptions options, Faults faults, Schedule schedule, SandboxStats stats, TimeProvider clock)
{
    // Meta's bodies have up to 3 MB.
    private const int MostBytes = 2_500_000;

    private readonly Lock _gate = new();
    private readonly List<WebhookUpdate> _withheld = [];
    private readonly Dictionary<WebhookTarget, List<WebhookUpdate>> _gathering = [];
    private readonly Channel<WebhookDelivery> _ready = Channel.CreateBounded<WebhookDelivery>(
        new BoundedChannelOptions(options.MaxPendingWebhooks) { FullMode = BoundedChannelFullMode.DropOldest },
        dropped => stats.WebhooksDropped(dropped.Updates.Count));

    /// <summary>What is to be posted now.</summary>
    public ChannelReader<WebhookDelivery> Ready => _ready.Reader;

    /// <summary>Takes an update.</summary>
    public void Add(WebhookUpdate update)
    {
        var settings = faults.For(update.Number.Id);
        stats.WebhookPromised();
        Put(update, settings);
        if (faults.Draw(settings.Duplicates))
        {
            stats.WebhookPromised();
            Put(update, settings);
        }
    }

    /// <summary>Puts a delivery that failed back, for a later time.</summary>
    public void Retry(WebhookDelivery failed)
    {
        if (WebhookRetry.After(failed.Attempt) is not { } wait)
        {
            stats.WebhooksDropped(failed.Updates.Count);
            return;
        }

        stats.WebhookRetried();
        schedule.At(clock.GetUtcNow() + (options.LongestRepeat < wait ? options.LongestRepeat.Value : wait), _ => _ready.Writer.TryWrite(failed with { Attempt = failed.Attempt + 1 }));
    }

    /// <summary>Lets go what was withheld from numbers that are no longer.</summary>
    public void Release()
    {
        List<WebhookUpdate> released;
        lock (_gate)
        {
            released = _withheld.FindAll(u => !faults.For(u.Number.Id).WithholdWebhooks);
            _withheld.RemoveAll(u => !faults.For(u.Number.Id).WithholdWebhooks);
        }

        foreach (var update in released)
            Put(update, faults.For(update.Number.Id));
    }

    public int Withheld
    {
        get
        {
            lock (_gate)
                return _withheld.Count;
        }
    }

    /// <summary>Forgets all that has not been posted yet.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _withheld.Clear();
            _gathering.Clear();
        }

        while (_ready.Reader.TryRead(out _)) { }
    }

    private void Put(WebhookUpdate update, FaultSettings settings)
    {
        if (settings.WithholdWebhooks)
            Withhold(update);
        else
            schedule.At(clock.GetUtcNow() + settings.DelayWebhooks + faults.Within(settings.ShuffleWithin), _ => Send(update, settings));
    }

    private void Withhold(WebhookUpdate update)
    {
        lock (_gate)
        {
            if (_withheld.Count < options.MaxPendingWebhooks)
                _withheld.Add(update);
            else
                stats.WebhooksDropped(1);
        }
    }

    private void Send(WebhookUpdate update, FaultSettings settings)
    {
        if (update.Number.Target is not { } target)
            stats.WebhooksDropped(1);
        else if (settings.BatchUpTo > 1)
            Gather(update, target, settings);
        else
            _ready.Writer.TryWrite(new WebhookDelivery([update]));
    }

    private void Gather(WebhookUpdate update, WebhookTarget target, FaultSettings settings)
    {
        lock (_gate)
        {
            if (_gathering.TryGetValue(target, out var gathered))
            {
                gathered.Add(update);
                return;
            }

            _gathering.Add(target, [update]);
        }

        schedule.At(clock.GetUtcNow() + settings.BatchWithin, _ => SendGathered(target, settings.BatchUpTo));
    }

    private void SendGathered(WebhookTarget target, int most)
    {
        List<WebhookUpdate>? gathered;
        lock (_gate)
        {
            if (!_gathering.Remove(target, out gathered))
                return;
        }

        for (var first = 0; first < gathered.Count;)
        {
            var (end, size) = (first, 0);
            while (end < gathered.Count && end - first < most && (size == 0 || size + gathered[end].Size <= MostBytes))
                size += gathered[end++].Size;
            _ready.Writer.TryWrite(new WebhookDelivery(gathered.GetRange(first, end - first)));
            first = end;
        }
    }
}

/// <summary>One POST to a callback: its updates, and how often it was tried.</summary>
internal sealed record WebhookDelivery(IReadOnlyList<WebhookUpdate> Updates, int Attempt = 1);

/// <summary>When Meta tries a webhook again that was not answered 200: immediately, then ever rarer, for up to 7 days. Pure.</summary>
internal static class WebhookRetry
{
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.Zero, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(3),
    ];

    // What the growing waits leave of 7 days, in steps of 6 hours.
    private static readonly int MostAttempts =
        Waits.Length + (int)((TimeSpan.FromDays(7) - TimeSpan.FromTicks(Waits.Sum(w => w.Ticks))) / TimeSpan.FromHours(6));

    /// <summary>How long to wait after an attempt failed; null to give up.</summary>
    public static TimeSpan? After(int attempt) =>
        attempt > MostAttempts ? null : attempt <= Waits.Length ? Waits[attempt - 1] : TimeSpan.FromHours(6);
}
