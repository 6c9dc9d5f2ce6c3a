using Bookbag.Inbound.Conversations;

namespace Bookbag.Tests.Rules;

public sealed class CustomerServiceWindowTests
{
    private static readonly DateTimeOffset Written = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);
    private static readonly CustomerServiceWindow Window = new(Written);

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(24, -1, true)]
    [InlineData(24, 0, false)]
    [InlineData(24, 1, false)]
    public void Is_open_for_24_hours_from_the_message_and_not_a_tick_longer(int hours, long ticks, bool open) =>
        Assert.Equal(open, Window.IsOpenAt(Written.AddHours(hours).AddTicks(ticks)));

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(1435, -1, true)]
    [InlineData(1435, 0, false)]
    [InlineData(1440, 0, false)]
    public void Nothing_is_sent_in_its_last_five_minutes(int minutes, long ticks, bool allowed) =>
        Assert.Equal(allowed, Window.AllowsSendingAt(Written.AddMinutes(minutes).AddTicks(ticks)));

    [Fact]
    public void Closes_24_hours_after_the_message() =>
        Assert.Equal((Written.AddHours(24), Written.AddHours(24).AddMinutes(-5)), (Window.ClosesAt, Window.SendingEndsAt));

    [Fact]
    public void Was_never_open_for_a_customer_who_never_wrote()
    {
        var window = new CustomerServiceWindow(null);
        Assert.Equal((null, null, false, false), (window.ClosesAt, window.SendingEndsAt, window.IsOpenAt(Written), window.AllowsSendingAt(Written)));
    }

    [Fact]
    public void Is_closed_by_Metas_refusal_whatever_the_time()
    {
        var window = new CustomerServiceWindow(Written, Written.AddHours(2));
        Assert.Equal((Written.AddHours(2), false, false), (window.ClosesAt, window.IsOpenAt(Written.AddHours(1)), window.AllowsSendingAt(Written.AddHours(1))));
    }
}
