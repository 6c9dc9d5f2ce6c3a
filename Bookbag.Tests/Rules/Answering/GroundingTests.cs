using Bookbag.Inbound.Answering;

namespace Bookbag.Tests.Rules.Answering;

public sealed class GroundingTests
{
    private static readonly Guid Source = Guid.Parse("0190c0de-0000-7000-8000-000000000001");

    [Fact]
    public void Rare_words_say_more_than_common_ones_and_unknown_ones_most()
    {
        var vocabulary = new Vocabulary(100, ["common", "rare", "unknown"], [new("common", "common", 100), new("rare", "rare", 1)]);
        Assert.Equal(0.25, vocabulary.Weight("common"));
        Assert.InRange(vocabulary.Weight("rare"), 0.8, 0.9);
        Assert.Equal(1, vocabulary.Weight("unknown"));
    }

    [Fact]
    public void A_word_that_the_sources_know_is_no_slip()
    {
        var vocabulary = new Vocabulary(10, ["letter"], [new("letter", "letter", 2), new("letter", "litter", 3)]);
        Assert.Equal(["letter"], vocabulary.Forms("letter"));
        var unknown = new Vocabulary(10, ["lettre"], [new("lettre", "letter", 2), new("lettre", "litter", 3)]);
        Assert.Equal(["letter"], unknown.Forms("lettre"));
    }

    [Fact]
    public void Words_scattered_over_the_sources_add_up_to_nothing()
    {
        var asked = new Asked([["open", "bank", "account"]], []);
        var vocabulary = Know(asked, 3);
        var scattered = Grounding.Score(asked, vocabulary, [Text("We open at nine."), Text("The bank is next door."), Text("An account is free.")]);
        Assert.Equal(1.0 / 3, scattered.Score, 2);
        Assert.Equal(1, Grounding.Score(asked, vocabulary, [Text("Open a bank account here.")]).Score, 2);
    }

    [Fact]
    public void Two_questions_may_be_answered_by_two_passages()
    {
        var asked = new Asked([["opening"], ["shipping"]], []);
        var found = Grounding.Score(asked, Know(asked, 2), [Text("Opening at nine."), Text("Shipping is free.")]);
        Assert.Equal(1, found.Score);
        Assert.Equal(["Opening at nine.", "Shipping is free."], found.Parts.Select(part => part.Passage.Text));
    }

    [Fact]
    public void A_question_beside_the_sources_lowers_the_score_by_its_weight()
    {
        var asked = new Asked([["shipping"], ["python", "script"]], []);
        var vocabulary = new Vocabulary(10, asked.Words, [new("shipping", "shipping", 4)]);
        Assert.InRange(Grounding.Score(asked, vocabulary, [Text("Shipping is free.")]).Score, 0.1, 0.3);
    }

    [Fact]
    public void A_pair_that_asks_the_same_is_found_and_one_that_asks_more_or_less_is_not()
    {
        var asked = new Asked([["deliver", "spain"]], []);
        var vocabulary = Know(asked, 4);
        Assert.Equal("Yes.", Grounding.Score(asked, vocabulary, [Pair("Do you deliver to Spain?", "Yes.")]).Pair?.Passage.Text);
        Assert.Null(Grounding.Score(asked, vocabulary, [Pair("Do you deliver?", "Yes.")]).Pair);
        Assert.Null(Grounding.Score(asked, vocabulary, [Pair("Do you deliver frozen fish to Spain on Sundays by tram?", "No.")]).Pair);
    }

    [Fact]
    public void Of_two_questions_none_is_answered_word_for_word()
    {
        var asked = new Asked([["deliver"], ["open"]], []);
        Assert.Null(Grounding.Score(asked, Know(asked, 2), [Pair("Do you deliver?", "Yes.")]).Pair);
    }

    [Fact]
    public void What_was_said_before_decides_between_equals_and_never_counts()
    {
        var asked = new Asked([["cost"]], ["workshop"]);
        var vocabulary = Know(asked, 4);
        var found = Grounding.Score(asked, vocabulary, [Text("The cost of shipping is 3."), Text("The workshop has a cost of 55."), Text("Cost varies.")]);
        Assert.Equal("The workshop has a cost of 55.", found.Parts[0].Passage.Text);
        Assert.Equal(0, Grounding.Score(asked, vocabulary, [Text("A workshop for everybody.")]).Score);
    }

    [Fact]
    public void Nothing_asked_or_nothing_found_is_nothing()
    {
        var asked = new Asked([["cost"]], []);
        Assert.Equal(Grounded.Nothing, Grounding.Score(asked, Know(asked, 1), []));
        Assert.Equal(Grounded.Nothing, Grounding.Score(new Asked([], []), new Vocabulary(1, [], []), [Text("Cost.")]));
    }

    private static Vocabulary Know(Asked asked, int chunks) => new(chunks, asked.Words, asked.Words.Select(word => new KnownWord(word, word, 1)));

    private static Passage Text(string text) => new(Source, "A text", false, "", text, Words.Content(text).ToHashSet());

    private static Passage Pair(string question, string answer) => new(Source, question, true, question, answer, Words.Content($"{question} {answer}").ToHashSet());
}
