using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Inbound.Conversations;

/// <summary>How long a reply waits that Meta refused for now.</summary>
public static class SendRetry
{
    /// <summary>The wait before the next try; null when trying again would not help.</summary>
    /// <param name="error">Meta's refusal.</param>
    /// <param name="attempt">How often the reply was handed to Meta, this time included.</param>
    /// <param name="most">How often it is handed to Meta at most where Meta's table does not say.</param>
    /// <param name="jitter">0 to 1, drawn by the caller: spreads the tries of many conversations.</param>
    public static TimeSpan? DelayAfter(GraphError error, int attempt, int most, double jitter)
    {
        var seconds = error.Action switch
        {
            GraphAction.Retry => Growing(2, 2, attempt, 300),
            GraphAction.SlowDown => Growing(15, 2, attempt, 900),
            // Meta's own advice for the pair rate limit (131056): 4^X seconds, X from 0.
            GraphAction.RetryRecipientLater => Growing(1, 4, attempt, 600),
            // A person has to repair it; `WaitingReplies` brings the reply forward when one has.
            GraphAction.BreakChannel => Growing(60, 2, attempt, 600),
            GraphAction.PauseSending => 3600,
            _ => (double?)null,
        };
        // A broken channel is waited for until the window closes, however often.
        if (seconds is not { } wait || (error.Action != GraphAction.BreakChannel && attempt >= (error.MaxRetries + 1 ?? most)))
            return null;
        var delay = TimeSpan.FromSeconds(wait * (1 + (0.25 * jitter)));
        return delay < error.RetryAfter ? error.RetryAfter : delay;
    }

    private static double Growing(double first, double factor, int attempt, double most) =>
        Math.Min(most, first * Math.Pow(factor, Math.Clamp(attempt - 1, 0, 20)));
}
