using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.WhatsApp;
using FsCheck.Xunit;

namespace Bookbag.Tests.Rules;

public sealed class SendRetryTests
{
    [Theory]
    [InlineData(GraphAction.Retry, 1, 2)]
    [InlineData(GraphAction.Retry, 4, 16)]
    [InlineData(GraphAction.Retry, 11, 300)]
    [InlineData(GraphAction.SlowDown, 1, 15)]
    [InlineData(GraphAction.RetryRecipientLater, 1, 1)]
    [InlineData(GraphAction.RetryRecipientLater, 2, 4)]
    [InlineData(GraphAction.RetryRecipientLater, 3, 16)]
    [InlineData(GraphAction.BreakChannel, 1, 60)]
    [InlineData(GraphAction.BreakChannel, 500, 600)]
    public void Waits_longer_each_time(GraphAction action, int attempt, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), SendRetry.DelayAfter(Error(action), attempt, 12, jitter: 0));

    [Theory]
    [InlineData(GraphAction.FailMessage)]
    [InlineData(GraphAction.FixRequest)]
    [InlineData(GraphAction.SuppressMarketing)]
    [InlineData(GraphAction.StopTemplate)]
    [InlineData(GraphAction.Ignore)]
    public void Never_tries_again_what_would_fail_again(GraphAction action) =>
        Assert.Null(SendRetry.DelayAfter(Error(action), 1, 12, jitter: 0));

    [Fact]
    public void Ends_after_as_many_tries_as_were_allowed()
    {
        Assert.NotNull(SendRetry.DelayAfter(Error(GraphAction.Retry), 11, 12, jitter: 0));
        Assert.Null(SendRetry.DelayAfter(Error(GraphAction.Retry), 12, 12, jitter: 0));
    }

    [Fact]
    public void Ends_sooner_where_Metas_table_says_so()
    {
        var error = Error(GraphAction.Retry) with { MaxRetries = 2 };
        Assert.NotNull(SendRetry.DelayAfter(error, 2, 12, jitter: 0));
        Assert.Null(SendRetry.DelayAfter(error, 3, 12, jitter: 0));
    }

    [Fact]
    public void Waits_at_least_as_long_as_Meta_asks() =>
        Assert.Equal(TimeSpan.FromMinutes(7), SendRetry.DelayAfter(Error(GraphAction.Retry) with { RetryAfter = TimeSpan.FromMinutes(7) }, 1, 12, jitter: 1));

    [Property]
    public bool Jitter_only_adds_up_to_a_quarter(byte attempt, byte jitter)
    {
        var exact = SendRetry.DelayAfter(Error(GraphAction.BreakChannel), attempt, 12, 0)!.Value;
        var jittered = SendRetry.DelayAfter(Error(GraphAction.BreakChannel), attempt, 12, jitter / 255.0)!.Value;
        return jittered >= exact && jittered <= exact * 1.25;
    }

    private static GraphError Error(GraphAction action) => new(131016, null, "", null, action, "");
}
