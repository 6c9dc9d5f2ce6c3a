using Npgsql;

namespace Bookbag.Outbound.Campaigns;

/// <summary>What an agent's people chose for everything it sends first.</summary>
/// <param name="Zone">The business's time zone.</param>
/// <param name="Quiet">When campaigns rest; null for never.</param>
/// <param name="Cap">How many marketing messages a contact gets at most; null for any number.</param>
/// <param name="SingleShare">The share of the messaging limit that is kept for single sends.</param>
/// <param name="MessagesPerSecond">A lower pace than Meta's; null for Meta's.</param>
public sealed record SendingRules(TimeZoneInfo Zone, QuietHours? Quiet, FrequencyCap? Cap, double SingleShare, int? MessagesPerSecond)
{
    /// <summary>Where nobody chose.</summary>
    public static SendingRules Default { get; } = new(TimeZoneInfo.Utc, null, null, 0, null);

    /// <summary>Reads time_zone, quiet_from, quiet_to, cap_messages, cap_days, single_share and messages_per_second, all null where nobody chose.</summary>
    internal static SendingRules Read(NpgsqlDataReader row, int from)
    {
        if (row.IsDBNull(from))
            return Default;
        return new SendingRules(
            TimeZoneInfo.TryFindSystemTimeZoneById(row.GetString(from), out var zone) ? zone : TimeZoneInfo.Utc,
            row.IsDBNull(from + 1) ? null : new QuietHours(row.GetFieldValue<TimeOnly>(from + 1), row.GetFieldValue<TimeOnly>(from + 2)),
            row.IsDBNull(from + 3) ? null : new FrequencyCap(row.GetInt32(from + 3), row.GetInt32(from + 4)),
            row.GetFloat(from + 5), row.IsDBNull(from + 6) ? null : row.GetInt32(from + 6));
    }

    /// <summary>The first instant from a given one on at which a campaign may send.</summary>
    public DateTimeOffset NotQuiet(DateTimeOffset at) => Quiet?.EndsAfter(at, Zone) ?? at;
}

/// <summary>How many marketing messages a contact gets at most in a number of days, over all campaigns.</summary>
public sealed record FrequencyCap(int Messages, int Days);

/// <summary>When campaigns rest, by the clock on the wall. From 21:00 to 8:00 goes over midnight; from and to the same is never.</summary>
public sealed record QuietHours(TimeOnly From, TimeOnly To)
{
    /// <summary>When the quiet hours end that an instant lies in; the instant itself where it lies in none.</summary>
    public DateTimeOffset EndsAfter(DateTimeOffset at, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone).DateTime;
        if (!IsQuiet(TimeOnly.FromDateTime(local)))
            return at;
        var date = DateOnly.FromDateTime(local);
        var end = date.ToDateTime(To);
        return LocalTime.Resolve(end > local ? end : date.AddDays(1).ToDateTime(To), zone);
    }

    private bool IsQuiet(TimeOnly time) => From <= To ? From <= time && time < To : time >= From || time < To;
}

/// <summary>What the clock on the wall means.</summary>
public static class LocalTime
{
    /// <summary>
    /// The instant of a local time. One that comes twice, when clocks go back, is the first of the two; one that is left out, when they go
    /// forward, is the first instant after the gap.
    /// </summary>
    public static DateTimeOffset Resolve(DateTime local, TimeZoneInfo zone)
    {
        var time = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(time))
            time = time.AddMinutes(1);
        var offset = zone.IsAmbiguousTime(time) ? zone.GetAmbiguousTimeOffsets(time).Max() : zone.GetUtcOffset(time);
        return new DateTimeOffset(time, offset).ToUniversalTime();
    }
}
