using Bookbag.Inbound.Answering;

namespace Bookbag.Tests.Rules.Answering;

public sealed class ExtractTests
{
    [Fact]
    public void It_begins_with_the_sentence_that_says_it_and_stays_within_the_paragraph()
    {
        const string Text = "We love paper. It is recycled. Gift wrapping costs 2.50 per order. A card is free.\n\nWe are closed on Sundays.";
        Assert.Equal("Gift wrapping costs 2.50 per order. A card is free.", Extract.From([Part(Text, "wrapping", "costs")]));
    }

    [Fact]
    public void A_pair_is_given_whole() =>
        Assert.Equal("Yes. No. Maybe.", Extract.From([Part("Yes. No. Maybe.", isPair: true, "maybe")]));

    [Fact]
    public void Two_questions_get_two_extracts() =>
        Assert.Equal("Open at nine.\n\nShipping is free.", Extract.From([Part("Open at nine.", "open"), Part("Shipping is free.", "shipping")]));

    [Fact]
    public void A_long_sentence_is_cut_at_a_word()
    {
        var extract = Extract.From([Part(string.Join(' ', Enumerable.Repeat("paper", 400)), "paper")]);
        Assert.InRange(extract.Length, Extract.Longest - 10, Extract.Longest);
        Assert.EndsWith("paper…", extract, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_whole_sentences_where_they_fit()
    {
        var text = string.Join(' ', Enumerable.Range(1, 60).Select(i => $"Sentence number {i} is here."));
        var extract = Extract.From([Part(text, "sentence"), Part(text, "sentence"), Part(text, "sentence")]);
        Assert.InRange(extract.Length, 300, Extract.Longest);
        Assert.All(extract.Split("\n\n"), part => Assert.EndsWith("is here.", part, StringComparison.Ordinal));
    }

    private static PartAnswer Part(string text, params string[] words) => Part(text, false, words);

    private static PartAnswer Part(string text, bool isPair, params string[] words) =>
        new(new Passage(Guid.Empty, "A text", isPair, "", text, new HashSet<string>()), 1, found => words.Count(found.Contains));
}
