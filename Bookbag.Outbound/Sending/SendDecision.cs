using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Outbound.Sending;

/// <summary>What a refusal means beyond the message that met it.</summary>
public enum SendEffect
{
    /// <summary>Nothing: others go on.</summary>
    None,

    /// <summary>The number sends more slowly.</summary>
    SlowDown,

    /// <summary>All that the number sends first rests for a while.</summary>
    Rest,

    /// <summary>The campaign is paused: its template cannot be sent.</summary>
    StopTemplate,

    /// <summary>The channel is broken; its campaigns wait until it is repaired.</summary>
    BreakChannel,

    /// <summary>The customer gets no marketing any more.</summary>
    SuppressMarketing,
}

/// <summary>What to do about a message that Meta refused, or reported as failed. The same for both: any code may come either way.</summary>
/// <param name="DueAt">When it is tried again; null when it has failed for good.</param>
/// <param name="Counts">Whether the attempt counts against the message: not where the reason is not its own.</param>
/// <param name="Effect">What it means for others.</param>
/// <param name="Until">Until when <see cref="SendEffect.Rest"/> and <see cref="SendEffect.BreakChannel"/> last at least.</param>
public readonly record struct SendDecision(DateTimeOffset? DueAt, bool Counts, SendEffect Effect, DateTimeOffset? Until = null)
{
    /// <summary>Meta's code for a message that it held back because the customer gets too much marketing.</summary>
    public const int HeldBackCode = 131049;

    private const int PairCode = 131056;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>How long a broken channel's campaigns wait until one of their messages tries whether it works again.</summary>
    public static readonly TimeSpan ProbeBroken = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan DefaultRest = TimeSpan.FromHours(1);
    private static readonly TimeSpan OutageRest = TimeSpan.FromMinutes(1);

    /// <summary>Decides.</summary>
    /// <param name="error">Meta's error.</param>
    /// <param name="attempts">How often the message was tried, this time included.</param>
    /// <param name="now">The time.</param>
    /// <param name="maxAttempts">How often it is tried at most.</param>
    /// <param name="retryUntil">Until when what Meta held back may be tried again; null for not at all.</param>
    /// <param name="jitter">0 to 1, so that what failed together does not come back together.</param>
    public static SendDecision For(GraphError error, int attempts, DateTimeOffset now, int maxAttempts, DateTimeOffset? retryUntil, double jitter)
    {
        var mayTryAgain = attempts < maxAttempts && attempts <= (error.MaxRetries ?? int.MaxValue);
        switch (error.Action)
        {
            case GraphAction.Retry when error.Code == 0:
                // It never left the house: not the message's fault, and the next one would not leave either.
                var until = now + OutageRest;
                return new(until, false, SendEffect.Rest, until);

            case GraphAction.Retry:
                return mayTryAgain ? new(now + BackOff(2, attempts, error.RetryAfter, jitter), true, SendEffect.None) : Failed(SendEffect.None);

            case GraphAction.RetryRecipientLater when error.Code == HeldBackCode:
                // No sooner than a day later: more often within a day makes it worse for everybody.
                var again = now + (error.RetryAfter ?? TimeSpan.FromHours(24)) + TimeSpan.FromMinutes(30 * jitter);
                return mayTryAgain && again <= retryUntil ? new(again, true, SendEffect.None) : Failed(SendEffect.None);

            case GraphAction.RetryRecipientLater:
                // 4^X seconds, X from 0, as Meta says of the pair rate limit.
                return mayTryAgain ? new(now + BackOff(4, attempts - 1, null, jitter), true, SendEffect.None) : Failed(SendEffect.None);

            case GraphAction.SlowDown:
                var wait = error.RetryAfter is { } asked ? asked * (1 + 0.2 * jitter) : TimeSpan.FromSeconds(1 + 4 * jitter);
                return new(now + wait, false, SendEffect.SlowDown);

            case GraphAction.PauseSending:
                var rest = now + (error.RetryAfter ?? DefaultRest);
                return new(rest, false, SendEffect.Rest, rest);

            case GraphAction.StopTemplate:
                // Where it comes again after a person let the campaign go on, it is this message's own values.
                return attempts < 2 ? new(now, true, SendEffect.StopTemplate) : Failed(SendEffect.StopTemplate);

            case GraphAction.BreakChannel:
                return new(now, false, SendEffect.BreakChannel, now + ProbeBroken);

            case GraphAction.SuppressMarketing:
                return Failed(SendEffect.SuppressMarketing);

            default:
                return Failed(SendEffect.None);
        }
    }

    private static SendDecision Failed(SendEffect effect) => new(null, true, effect);

    private static TimeSpan BackOff(int root, int exponent, TimeSpan? atLeast, double jitter)
    {
        var seconds = Math.Min(Longest.TotalSeconds, Math.Pow(root, Math.Clamp(exponent, 0, 20)));
        var wait = TimeSpan.FromSeconds(seconds * (1 + 0.5 * jitter));
        return atLeast > wait ? atLeast.Value * (1 + 0.2 * jitter) : wait;
    }
}
