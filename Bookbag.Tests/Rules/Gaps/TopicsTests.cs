using Bookbag.Inbound.Gaps;

namespace Bookbag.Tests.Rules.Gaps;

public sealed class TopicsTests
{
    private static readonly Topic Repair = new(new Guid(1, 0, 0, new byte[8]), Topics.WordsOf("Do you repair old books?"));
    private static readonly Topic Parking = new(new Guid(2, 0, 0, new byte[8]), Topics.WordsOf("Where can I park my car?"));

    [Theory]
    [InlineData("can you repair an old book")]
    [InlineData("Repairing old books?")]
    [InlineData("do you repiar old books")]
    public void The_same_in_other_words_is_the_same_topic(string question) =>
        Assert.Equal(Repair, Topics.Closest(Topics.WordsOf(question), [Parking, Repair]));

    [Theory]
    [InlineData("Do you sell old maps?")]
    [InlineData("Is there a bus stop?")]
    [InlineData("")]
    public void Something_else_begins_a_topic(string question) => Assert.Null(Topics.Closest(Topics.WordsOf(question), [Parking, Repair]));
}
