using System.ComponentModel.DataAnnotations;

namespace Bookbag.Outbound.Sandbox;

/// <summary>What goes wrong, and how often. Shares are between 0 and 1.</summary>
public sealed record FaultSettings
{
    /// <summary>Starts the random draws anew, so that two runs are the same; null leaves them where they are.</summary>
    public int? Seed { get; init; }

    /// <summary>How long Graph takes to answer; null for at once.</summary>
    public Latency? Latency { get; init; }

    /// <summary>What happens to the next sends, one each, before shares are drawn.</summary>
    [MaxLength(10_000)]
    public IReadOnlyList<SendFault> Next { get; init; } = [];

    /// <summary>Share of calls refused with HTTP 429 and error 130429.</summary>
    [Range(0, 1)]
    public double Throttled { get; init; }

    /// <summary>Share of calls answered 500 with Graph's body.</summary>
    [Range(0, 1)]
    public double ServerErrors { get; init; }

    /// <summary>Share of calls answered 502 with a page of HTML.</summary>
    [Range(0, 1)]
    public double BadGateways { get; init; }

    /// <summary>Share of calls whose connection is cut before anything happened.</summary>
    [Range(0, 1)]
    public double LostRequests { get; init; }

    /// <summary>Share of sends that are accepted, and whose connection is cut instead of an answer.</summary>
    [Range(0, 1)]
    public double LostAnswers { get; init; }

    /// <summary>Share of sends that are accepted and answered after <see cref="LateBy"/>.</summary>
    [Range(0, 1)]
    public double LateAnswers { get; init; }

    /// <summary>How late a late answer is; longer than any client waits.</summary>
    public TimeSpan LateBy { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether the access token counts as expired.</summary>
    public bool ExpiredToken { get; init; }

    /// <summary>Share of messages that are accepted and then fail by status webhook.</summary>
    [Range(0, 1)]
    public double Failures { get; init; }

    /// <summary>The error with which they fail.</summary>
    public int FailureCode { get; init; } = 131026;

    /// <summary>Share of webhook updates that come twice.</summary>
    [Range(0, 1)]
    public double Duplicates { get; init; }

    /// <summary>Webhook updates are put off by a random time up to this, so that they come in any order.</summary>
    public TimeSpan ShuffleWithin { get; init; }

    /// <summary>Webhook updates are put off by this.</summary>
    public TimeSpan DelayWebhooks { get; init; }

    /// <summary>How many updates share one POST at most; Meta goes up to 1,000.</summary>
    [Range(1, 1_000)]
    public int BatchUpTo { get; init; } = 1;

    /// <summary>How long updates are gathered for a batch.</summary>
    public TimeSpan BatchWithin { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Whether webhooks are held back until this is lifted.</summary>
    public bool WithholdWebhooks { get; init; }
}

/// <summary>How long Graph takes. With <see cref="P50"/> alone every call takes just that.</summary>
public sealed record Latency
{
    /// <summary>Half of the calls are faster.</summary>
    public TimeSpan P50 { get; init; }

    /// <summary>95 of 100 calls are faster.</summary>
    public TimeSpan? P95 { get; init; }

    /// <summary>99 of 100 calls are faster; none is slower.</summary>
    public TimeSpan? P99 { get; init; }

    /// <summary>The latency at a point of the distribution: straight lines between the percentiles, from half the median up.</summary>
    public TimeSpan At(double share)
    {
        if (P95 is null && P99 is null)
            return P50;
        var (p95, p99) = (P95 ?? P99!.Value, P99 ?? P95!.Value);
        return share switch
        {
            < 0.5 => Between(P50 / 2, P50, share / 0.5),
            < 0.95 => Between(P50, p95, (share - 0.5) / 0.45),
            < 0.99 => Between(p95, p99, (share - 0.95) / 0.04),
            _ => p99,
        };
    }

    private static TimeSpan Between(TimeSpan from, TimeSpan to, double share) => from + (to - from) * share;
}

/// <summary>What may happen to one call.</summary>
public enum SendFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>HTTP 429 with error 130429.</summary>
    Throttled,

    /// <summary>HTTP 500 with Graph's body.</summary>
    ServerError,

    /// <summary>HTTP 502 with a page of HTML.</summary>
    BadGateway,

    /// <summary>The connection is cut and nothing was accepted.</summary>
    LostRequest,

    /// <summary>The message is accepted and the connection cut.</summary>
    LostAnswer,

    /// <summary>The message is accepted and the answer comes too late.</summary>
    LateAnswer,
}

/// <summary>Draws faults: of a number where it has settings of its own, else the general ones. Seeded, so that runs repeat.</summary>
internal sealed class Faults(int seed)
{
    private static readonly FaultSettings NoFaults = new();

    private readonly Lock _gate = new();
    private readonly Dictionary<string, FaultSettings> _ofNumber = [];
    private readonly Queue<SendFault> _next = [];
    private readonly Dictionary<string, Queue<SendFault>> _nextOfNumber = [];
    private FaultSettings _general = NoFaults;
    private Random _random = new(seed);

    /// <summary>What is set for a number, or in general.</summary>
    public FaultSettings For(string? phoneNumberId)
    {
        lock (_gate)
            return Find(phoneNumberId);
    }

    public void Set(string? phoneNumberId, FaultSettings settings)
    {
        lock (_gate)
        {
            if (settings.Seed is { } seed)
                _random = new Random(seed);
            if (phoneNumberId is null)
                _general = settings;
            else
                _ofNumber[phoneNumberId] = settings;
            var next = Script(phoneNumberId);
            next.Clear();
            foreach (var fault in settings.Next)
                next.Enqueue(fault);
        }
    }

    /// <summary>Lifts the faults of one number, or all.</summary>
    public void Clear(string? phoneNumberId)
    {
        lock (_gate)
        {
            if (phoneNumberId is not null)
            {
                _ofNumber.Remove(phoneNumberId);
                _nextOfNumber.Remove(phoneNumberId);
                return;
            }

            _general = NoFaults;
            _ofNumber.Clear();
            _next.Clear();
            _nextOfNumber.Clear();
            _random = new Random(seed);
        }
    }

    /// <summary>What happens to a send: the scripted fault that is next, else one drawn by the shares.</summary>
    public SendFault DrawSend(string phoneNumberId)
    {
        lock (_gate)
        {
            if ((_nextOfNumber.TryGetValue(phoneNumberId, out var own) && own.TryDequeue(out var fault)) || _next.TryDequeue(out fault))
                return fault;
            return Draw(Find(phoneNumberId), sends: true);
        }
    }

    /// <summary>What happens to any other call.</summary>
    public SendFault DrawCall(string phoneNumberId)
    {
        lock (_gate)
            return Draw(Find(phoneNumberId), sends: false);
    }

    /// <summary>How long the call takes.</summary>
    public TimeSpan DrawLatency(string phoneNumberId)
    {
        lock (_gate)
            return Find(phoneNumberId).Latency is { } latency ? latency.At(_random.NextDouble()) : TimeSpan.Zero;
    }

    /// <summary>Whether something that happens to a share of all happens now.</summary>
    public bool Draw(double share)
    {
        if (share <= 0)
            return false;
        lock (_gate)
            return _random.NextDouble() < share;
    }

    /// <summary>A random time up to <paramref name="most"/>.</summary>
    public TimeSpan Within(TimeSpan most)
    {
        if (most <= TimeSpan.Zero)
            return TimeSpan.Zero;
        lock (_gate)
            return most * _random.NextDouble();
    }

    private FaultSettings Find(string? phoneNumberId) => phoneNumberId is null ? _general : _ofNumber.GetValueOrDefault(phoneNumberId, _general);

    private Queue<SendFault> Script(string? phoneNumberId)
    {
        if (phoneNumberId is null)
            return _next;
        if (!_nextOfNumber.TryGetValue(phoneNumberId, out var script))
            _nextOfNumber.Add(phoneNumberId, script = []);
        return script;
    }

    private SendFault Draw(FaultSettings settings, bool sends)
    {
        ReadOnlySpan<(double Share, SendFault Fault)> shares =
        [
            (settings.Throttled, SendFault.Throttled),
            (settings.ServerErrors, SendFault.ServerError),
            (settings.BadGateways, SendFault.BadGateway),
            (settings.LostRequests, SendFault.LostRequest),
            (sends ? settings.LostAnswers : 0, SendFault.LostAnswer),
            (sends ? settings.LateAnswers : 0, SendFault.LateAnswer),
        ];
        double total = 0;
        foreach (var (share, _) in shares)
            total += share;
        if (total <= 0)
            return SendFault.None;

        var draw = _random.NextDouble();
        foreach (var (share, fault) in shares)
        {
            if (draw < share)
                return fault;
            draw -= share;
        }

        return SendFault.None;
    }
}
