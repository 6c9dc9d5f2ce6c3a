using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.Sending;

namespace Bookbag.Tests.Rules.Sending;

public sealed class PaceBucketTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Over_a_minute_it_gives_the_pace_and_no_more()
    {
        var (bucket, given) = (new PaceBucket(0, Now), 0);
        for (var at = Now; at < Now.AddMinutes(1); at += TimeSpan.FromMilliseconds(50))
        {
            (bucket, var taken, _) = bucket.Take(at, 60, 100);
            given += taken;
        }

        Assert.InRange(given, 3_550, 3_600);
    }

    [Fact]
    public void After_a_rest_it_holds_half_a_second()
    {
        var (_, taken, _) = new PaceBucket(0, Now).Take(Now.AddHours(1), 60, 1_000);
        Assert.Equal(30, taken);
    }

    [Fact]
    public void Where_nothing_may_go_it_says_how_long_to_wait()
    {
        var (_, taken, wait) = new PaceBucket(0, Now).Take(Now, 10, 5);
        Assert.Equal((0, TimeSpan.FromMilliseconds(100)), (taken, wait));
    }

    [Fact]
    public void Refusals_for_throughput_halve_it_once_a_second_and_it_recovers()
    {
        var bucket = new PaceBucket(0, Now).SlowDown(Now);
        Assert.Equal(0.5, bucket.FactorAt(Now), 3);
        Assert.Equal(bucket, bucket.SlowDown(Now.AddMilliseconds(900)));
        Assert.True(bucket.SlowDown(Now.AddSeconds(2)).FactorAt(Now.AddSeconds(2)) < 0.3);
        Assert.Equal(1, bucket.FactorAt(Now.AddSeconds(50)), 3);
        for (var i = 0; i < 20; i++)
            bucket = bucket.SlowDown(Now.AddSeconds(i * 2));
        Assert.True(bucket.FactorAt(Now.AddSeconds(40)) >= PaceBucket.Slowest);
    }

    [Theory]
    [InlineData("22:00", "08:00", "2026-03-02T21:30:00Z", "2026-03-03T07:00:00Z")] // 22:30 in Berlin, until 8
    [InlineData("22:00", "08:00", "2026-03-02T05:00:00Z", "2026-03-02T07:00:00Z")]
    [InlineData("22:00", "08:00", "2026-03-02T07:00:00Z", "2026-03-02T07:00:00Z")] // 8:00 is not quiet any more
    [InlineData("13:00", "15:00", "2026-03-02T12:30:00Z", "2026-03-02T14:00:00Z")]
    [InlineData("13:00", "15:00", "2026-03-02T15:00:00Z", "2026-03-02T15:00:00Z")]
    [InlineData("09:00", "09:00", "2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z")] // never
    [InlineData("22:00", "02:30", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z")] // the clocks go forward: 2:30 is left out, 3:00 is the first instant after
    [InlineData("22:00", "08:00", "2026-10-24T22:00:00Z", "2026-10-25T07:00:00Z")] // the clocks go back
    public void Quiet_hours_are_those_of_the_clock_on_the_wall(string from, string to, string at, string ends)
    {
        var quiet = new QuietHours(TimeOnly.Parse(from, null), TimeOnly.Parse(to, null));
        Assert.Equal(DateTimeOffset.Parse(ends, null), quiet.EndsAfter(DateTimeOffset.Parse(at, null), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")));
    }

    [Fact]
    public void A_local_time_that_comes_twice_is_the_first_of_the_two() =>
        Assert.Equal(new DateTimeOffset(2026, 10, 25, 0, 30, 0, TimeSpan.Zero), LocalTime.Resolve(new DateTime(2026, 10, 25, 2, 30, 0), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")));

    [Fact]
    public void Recipients_are_numbered_in_order_under_the_id_of_their_campaign()
    {
        var campaign = Guid.CreateVersion7(Now);
        Assert.Equal($"{campaign.ToString()[..24]}0000000000ff", RecipientId.Of(campaign, 255).ToString());
        Assert.True(string.CompareOrdinal(RecipientId.Of(campaign, 99_999).ToString(), RecipientId.Of(campaign, 100_000).ToString()) < 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void What_goes_to_Meta_comes_back_the_same(short round)
    {
        var id = new CallbackId(Guid.CreateVersion7(Now), round);
        Assert.Equal(id, CallbackId.Parse(id.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("order-77")]
    [InlineData("0190a1b2-c3d4-7e5f-8a9b-000000000001.x")]
    public void What_is_somebody_elses_is_not_taken_for_ours(string? text) => Assert.Null(CallbackId.Parse(text));
}
