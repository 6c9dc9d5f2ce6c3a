using Bookbag.Inbound.Webhooks;

namespace Bookbag.Tests.Rules;

public sealed class DebounceTests
{
    private static readonly DateTimeOffset First = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly DebounceOptions Options = new();

    [Theory]
    [InlineData("where is my order", 1000)]
    [InlineData("Where is my order?", 400)]
    [InlineData("It never came!", 400)]
    [InlineData("It is number 17. ", 400)]
    [InlineData("订单在哪里？", 400)]
    [InlineData("wait, there is more...", 1000)]
    [InlineData("", 1000)]
    [InlineData("   ", 1000)]
    [InlineData(null, 1000)]
    public void Waits_for_more_unless_the_message_reads_complete(string? text, int milliseconds) =>
        Assert.Equal(First.AddMilliseconds(milliseconds), Debounce.DueAt(First, First, text, Options));

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(3999, 4999)]
    [InlineData(4000, 5000)]
    [InlineData(4001, 5000)]
    [InlineData(9000, 5000)]
    public void Is_capped_from_the_first_message_without_an_answer(int arrivedAfter, int dueAfter) =>
        Assert.Equal(First.AddMilliseconds(dueAfter), Debounce.DueAt(First.AddMilliseconds(arrivedAfter), First, "and", Options));

    [Fact]
    public void May_be_switched_off()
    {
        var off = new DebounceOptions { QuietPeriod = TimeSpan.Zero, QuietPeriodWhenComplete = TimeSpan.Zero, Cap = TimeSpan.Zero };
        Assert.Equal(First, Debounce.DueAt(First, First, "hello", off));
        Assert.Empty(off.Validate(new(off)));
    }

    [Fact]
    public void Negative_times_are_refused_by_name()
    {
        var wrong = new DebounceOptions { Cap = TimeSpan.FromSeconds(-1) };
        Assert.Equal(["Cap"], wrong.Validate(new(wrong)).SelectMany(r => r.MemberNames));
    }
}
