using Bookbag.Outbound.Sending;
using Bookbag.ServiceDefaults.WhatsApp;
using FsCheck.Xunit;

namespace Bookbag.Tests.Rules.Sending;

public sealed class SendDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(131049, 1, 24.0, 24.5)]
    [InlineData(131048, 1, 4.0, 4.0)]
    public void Some_wait_for_hours(int code, int attempts, double atLeast, double atMost) =>
        Assert.InRange(Decide(code, attempts).DueAt!.Value - Now, TimeSpan.FromHours(atLeast), TimeSpan.FromHours(atMost));

    [Fact]
    public void What_is_held_back_is_tried_once_and_only_before_the_deadline()
    {
        Assert.Null(Decide(131049, 2).DueAt);
        Assert.Null(SendDecision.For(Error(131049), 1, Now, 8, Now.AddHours(20), 0).DueAt);
        Assert.Null(SendDecision.For(Error(131049), 1, Now, 8, null, 0).DueAt);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 4)]
    [InlineData(3, 16)]
    [InlineData(4, 64)]
    public void The_pair_limit_is_waited_for_by_powers_of_four(int attempts, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Decide(131056, attempts).DueAt!.Value - Now);

    [Theory]
    [InlineData(131000, 3, true)]
    [InlineData(131000, 4, false)]
    [InlineData(1, 2, true)]
    [InlineData(1, 3, false)]
    [InlineData(131016, 7, true)]
    [InlineData(131016, 8, false)]
    public void Trying_again_ends(int code, int attempts, bool again) => Assert.Equal(again, Decide(code, attempts).DueAt is not null);

    [Fact]
    public void Throughput_is_not_the_messages_fault()
    {
        var decision = Decide(130429, 7);
        Assert.Equal((false, SendEffect.SlowDown), (decision.Counts, decision.Effect));
        Assert.InRange(decision.DueAt!.Value - Now, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_template_that_is_refused_again_after_a_person_looked_is_the_messages_own_fault()
    {
        Assert.Equal((true, SendEffect.StopTemplate), (Decide(132012, 1).DueAt is not null, Decide(132012, 1).Effect));
        Assert.Null(Decide(132012, 2).DueAt);
    }

    /// <summary>Whatever the error, it is tried again later or has failed for good, later than now, and never endlessly where it counts.</summary>
    [Property]
    public bool Every_decision_is_later_and_ends(int code, byte attempts, byte jitter)
    {
        var error = Error(Math.Abs(code) % 140_000);
        var decision = SendDecision.For(error, attempts + 1, Now, 8, Now.AddDays(3), jitter / 255.0);
        return (decision.DueAt is null || decision.DueAt >= Now) && (decision.DueAt is null || !decision.Counts || attempts + 1 < 8);
    }

    private static SendDecision Decide(int code, int attempts) => SendDecision.For(Error(code), attempts, Now, 8, Now.AddDays(3), 0);

    private static GraphError Error(int code)
    {
        using var json = System.Text.Json.JsonDocument.Parse($$"""{"code":{{code}},"message":"no"}""");
        return GraphErrors.Read(json.RootElement);
    }
}
