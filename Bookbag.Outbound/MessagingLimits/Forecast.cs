namespace Bookbag.Outbound.MessagingLimits;

/// <summary>When messages will be out that need places of the messaging limit: how many on which day, and the last one when.</summary>
/// <param name="Days">Messages by day, in the business's time zone.</param>
/// <param name="EndsAt">When the last one goes out; null where it never does because there is no place at all.</param>
public sealed record Forecast(IReadOnlyList<ForecastDay> Days, DateTimeOffset? EndsAt)
{
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(1);
    private const int MaxDays = 366;

    /// <summary>Plays the sending through, a minute at a time.</summary>
    /// <param name="messages">How many messages go out; each takes a place.</param>
    /// <param name="start">When sending begins.</param>
    /// <param name="limit">The places; null for no limit.</param>
    /// <param name="frees">When each of the places that are taken frees up, in that order.</param>
    /// <param name="perSecond">The pace.</param>
    /// <param name="rest">The first instant from a given one on at which may be sent: the same, outside quiet hours.</param>
    /// <param name="zone">The business's time zone.</param>
    public static Forecast Of(
        int messages, DateTimeOffset start, int? limit, IEnumerable<DateTimeOffset> frees, double perSecond, Func<DateTimeOffset, DateTimeOffset> rest, TimeZoneInfo zone)
    {
        var taken = new Queue<(DateTimeOffset At, int Places)>(frees.Select(at => (at, 1)));
        var free = limit is { } places ? places - taken.Count : int.MaxValue;
        var days = new SortedDictionary<DateOnly, int>();
        var (at, left) = (rest(start), messages);
        while (left > 0)
        {
            while (limit is not null && taken.TryPeek(out var next) && next.At <= at)
                free += taken.Dequeue().Places;
            if (free <= 0)
            {
                if (!taken.TryPeek(out var next) || next.At > start.AddDays(MaxDays))
                    return new Forecast(List(days), null);
                at = rest(next.At);
                continue;
            }

            var count = (int)Math.Min(Math.Min(left, free), Math.Max(1, Math.Floor(perSecond * Step.TotalSeconds)));
            var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);
            days[day] = days.GetValueOrDefault(day) + count;
            at += TimeSpan.FromSeconds(count / perSecond);
            left -= count;
            if (limit is not null)
            {
                free -= count;
                taken.Enqueue((at + Ledger.Window, count));
            }

            if (left > 0)
                at = rest(at);
        }

        return new Forecast(List(days), at);
    }

    private static IReadOnlyList<ForecastDay> List(SortedDictionary<DateOnly, int> days) => [.. days.Select(day => new ForecastDay(day.Key, day.Value))];
}

/// <summary>One day of a forecast.</summary>
public sealed record ForecastDay(DateOnly Date, int Messages);
