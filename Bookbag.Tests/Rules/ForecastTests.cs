using Bookbag.Outbound.MessagingLimits;

namespace Bookbag.Tests.Rules;

public sealed class ForecastTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly Func<DateTimeOffset, DateTimeOffset> Always = at => at;

    [Fact]
    public void Within_the_limit_the_pace_decides()
    {
        var forecast = Forecast.Of(600, Start, 2_000, [], 60, Always, TimeZoneInfo.Utc);
        Assert.Equal(Start.AddSeconds(10), forecast.EndsAt);
        Assert.Equal([new ForecastDay(new DateOnly(2026, 11, 2), 600)], forecast.Days);
    }

    [Fact]
    public void Over_the_limit_it_goes_on_as_places_free_up()
    {
        var forecast = Forecast.Of(5_000, Start, 2_000, [], 100, Always, TimeZoneInfo.Utc);
        Assert.Equal([2_000, 2_000, 1_000], forecast.Days.Select(day => day.Messages));
        // Two windows, and on each of the three days the time that sending takes, of the last day half.
        Assert.InRange(forecast.EndsAt!.Value - Start, 2 * Ledger.Window, 2 * Ledger.Window + TimeSpan.FromMinutes(4));
    }

    [Fact]
    public void Places_that_are_taken_come_back_one_by_one()
    {
        var frees = Enumerable.Range(0, 10).Select(i => Start.AddHours(i + 1)).ToArray();
        Assert.Equal(frees[4], Forecast.Of(5, Start, 10, frees, 1_000_000, Always, TimeZoneInfo.Utc).EndsAt!.Value, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Without_a_limit_there_are_no_days_to_wait()
    {
        var forecast = Forecast.Of(1_000_000, Start, null, [], 1_000, Always, TimeZoneInfo.Utc);
        Assert.Equal(Start.AddSeconds(1_000), forecast.EndsAt!.Value, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Quiet_hours_are_waited_for()
    {
        var morning = Start.AddHours(22);
        DateTimeOffset Rest(DateTimeOffset at) => at > Start.AddMinutes(5) && at < morning ? morning : at;
        Assert.True(Forecast.Of(600, Start, null, [], 1, Rest, TimeZoneInfo.Utc).EndsAt > morning);
    }

    [Fact]
    public void Where_there_is_no_place_there_is_no_end() => Assert.Null(Forecast.Of(1, Start, 0, [], 10, Always, TimeZoneInfo.Utc).EndsAt);

    [Fact]
    public void Nothing_ends_at_once() => Assert.Equal(Start, Forecast.Of(0, Start, 10, [], 10, Always, TimeZoneInfo.Utc).EndsAt);
}
