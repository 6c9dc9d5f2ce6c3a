using Bookbag.Inbound.Answering;

namespace Bookbag.Tests.Rules.Answering;

public sealed class AskedTests
{
    [Fact]
    public void Sentences_with_a_question_mark_are_asked_and_the_others_are_context()
    {
        var asked = Asked.From("Hi, I am Maria, I got a mug. Can I return it?", []);
        Assert.Equal([["return"]], asked.Parts);
        Assert.Equal(["maria", "mug"], asked.Context);
    }

    [Fact]
    public void Without_a_question_mark_everything_is_asked() =>
        Assert.Equal([["opening", "hours"], ["shipping", "costs"]], Asked.From("hello\nopening hours\nshipping costs", []).Parts);

    [Fact]
    public void Nothing_but_question_words_asks_on_about_the_message_before()
    {
        HistoryLine[] history = [new(true, "Do you offer gift wrapping?"), new(false, "We do.")];
        Assert.Equal([["offer", "gift", "wrapping"]], Asked.From("how much?", history).Parts);
        Assert.Equal([["how", "much"]], Asked.From("how much?", []).Parts);
    }

    [Fact]
    public void What_was_said_before_is_context()
    {
        HistoryLine[] history = [new(true, "gift wrapping"), new(false, "ignored")];
        var asked = Asked.From("what does it cost?", history);
        Assert.Equal([["cost"]], asked.Parts);
        Assert.Equal(["gift", "wrapping"], asked.Context);
    }

    [Theory]
    [InlineData("")]
    [InlineData("???")]
    [InlineData("😂 \0 …")]
    public void Without_words_nothing_is_asked(string text) => Assert.Empty(Asked.From(text, [new(true, "gift wrapping")]).Parts);

    [Fact]
    public void However_long_a_message_is_it_asks_a_bounded_number_of_words()
    {
        var text = string.Join(". ", Enumerable.Range(0, 5_000).Select(i => $"word{i} other{i}"));
        var asked = Asked.From(text, [new(true, text)]);
        Assert.Equal(Asked.MostWords, asked.Parts.Sum(part => part.Count));
        Assert.Equal(Asked.MostWords, asked.Context.Count);
    }
}
