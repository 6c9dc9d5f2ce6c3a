using System.Text;
using Bookbag.Inbound.OutgoingWebhooks;

namespace Bookbag.Tests.Rules.OutgoingWebhooks;

public sealed class CourierRulesTests
{
    [Theory]
    [InlineData("https://example.com/hooks?a=1")]
    [InlineData("https://8.8.8.8:8443/")]
    public void An_https_address_of_the_internet_is_fine(string url) => Assert.Null(CourierRules.Problem(url, allowLoopback: false));

    [Theory]
    [InlineData("")]
    [InlineData("example.com")]
    [InlineData("ftp://example.com")]
    [InlineData("http://example.com")]
    [InlineData("https://user:word@example.com")]
    [InlineData("https://example.com/#here")]
    [InlineData("https://localhost/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://10.0.0.1/")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://[::ffff:10.0.0.1]/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://0x7f.1/")]
    public void Other_addresses_are_refused(string url) => Assert.NotNull(CourierRules.Problem(url, allowLoopback: false));

    [Fact]
    public void On_the_developers_own_machine_plain_http_will_do()
    {
        Assert.Null(CourierRules.Problem("http://localhost:5000/hook", allowLoopback: true));
        Assert.NotNull(CourierRules.Problem("http://192.168.1.4/hook", allowLoopback: true));
    }

    // The value of RFC 4231, test case 2.
    [Fact]
    public void The_signature_is_the_HMAC_of_the_raw_body() => Assert.Equal(
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        CourierRules.Sign("Jefe", Encoding.UTF8.GetBytes("what do ya want for nothing?")));

    [Fact]
    public void Tries_go_on_for_a_day_with_growing_waits()
    {
        var waited = TimeSpan.Zero;
        var tries = 1;
        for (; waited < TimeSpan.FromDays(1); tries++)
        {
            var wait = CourierRules.DelayAfter(tries, jitter: 0);
            Assert.True(wait >= CourierRules.DelayAfter(tries - 1, jitter: 0));
            Assert.True(CourierRules.DelayAfter(tries, jitter: 1) <= wait * 1.25);
            waited += wait;
        }

        Assert.InRange(tries, 10, 20);
        Assert.Equal(TimeSpan.FromSeconds(5), CourierRules.DelayAfter(1, 0));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 8)]
    [InlineData(1_000, 300)]
    public void A_webhook_that_is_down_is_left_alone_for_a_while(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), CourierRules.PauseAfter(failures));

    [Theory]
    [InlineData("*", true)]
    [InlineData("ticket.*", true)]
    [InlineData("ticket.closed", true)]
    [InlineData("conversation.replied", true)]
    [InlineData("campaign.sent", true)]
    [InlineData("ticket.exploded", false)]
    [InlineData("webhook.test", false)]
    [InlineData("campaign.", false)]
    [InlineData("", false)]
    public void Only_events_that_there_are_can_be_asked_for(string pattern, bool expected) => Assert.Equal(expected, OutgoingEvents.CanBeAskedFor(pattern));
}
