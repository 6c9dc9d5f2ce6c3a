using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Knowledge;
using FsCheck.Xunit;

namespace Bookbag.Tests.Rules.Knowledge;

public sealed class ChunkerTests
{
    [Fact]
    public void Headings_begin_chunks_and_are_carried()
    {
        const string Text = "Welcome!\n\n# Returns\nYou have 30 days.\n\nKeep the box.\n\nOpening hours\n\nMonday to Friday.\n## Sundays\nClosed.";
        Assert.Equal(
        [
            new Chunk("", "Welcome!"),
            new Chunk("Returns", "You have 30 days.\n\nKeep the box."),
            new Chunk("Opening hours", "Monday to Friday."),
            new Chunk("Sundays", "Closed."),
        ], Chunker.Cut(Text));
    }

    [Fact]
    public void Paragraphs_are_gathered_to_the_target_and_the_last_sentence_is_repeated()
    {
        var paragraphs = Enumerable.Range(1, 12).Select(i => $"Paragraph {i} begins here. {string.Join(' ', Enumerable.Repeat("word", 40))}. It ends with sentence {i}.");
        var chunks = Chunker.Cut(string.Join("\n\n", paragraphs));
        Assert.All(chunks.SkipLast(1), chunk => Assert.InRange(chunk.Text.Length, Chunker.Target, Chunker.Most));
        for (var i = 1; i < chunks.Count; i++)
        {
            var last = chunks[i - 1].Text[Sentences.Of(chunks[i - 1].Text)[^1]];
            Assert.StartsWith(last, chunks[i].Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_long_paragraph_is_cut_between_sentences()
    {
        var chunks = Chunker.Cut(string.Join(' ', Enumerable.Range(1, 200).Select(i => $"This is sentence number {i}.")));
        Assert.All(chunks, chunk => Assert.EndsWith(".", chunk.Text, StringComparison.Ordinal));
        Assert.All(chunks.SkipLast(1), chunk => Assert.InRange(chunk.Text.Length, Chunker.Target, Chunker.Most));
    }

    [Fact]
    public void Headings_in_a_row_are_one_and_a_list_of_short_lines_is_text()
    {
        Assert.Equal([new Chunk("Returns: Within 30 days", "Keep the box.")], Chunker.Cut("# Returns\n## Within 30 days\nKeep the box."));
        Assert.Equal([new Chunk("", "Monday\n\nTuesday\n\nWednesday")], Chunker.Cut("Monday\n\nTuesday\n\nWednesday"));
        Assert.Equal([new Chunk("", "Only a heading")], Chunker.Cut("# Only a heading"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n\n \t")]
    public void What_says_nothing_has_no_chunk(string text) => Assert.Empty(Chunker.Cut(text));

    [Fact]
    public void A_text_without_any_break_is_cut_all_the_same()
    {
        var chunks = Chunker.Cut(string.Concat(Enumerable.Repeat("配送😀", 3_000)));
        Assert.All(chunks, chunk => Assert.InRange(chunk.Text.Length, 1, Chunker.Most));
        Assert.DoesNotContain(chunks, chunk => char.IsLowSurrogate(chunk.Text[0]) || char.IsHighSurrogate(chunk.Text[^1]));
    }

    [Property]
    public bool No_word_is_lost_and_no_chunk_is_too_long(string[] pieces, int seed)
    {
        var text = string.Join((seed % 3) switch { 0 => "\n\n", 1 => ". ", _ => " " }, pieces.Where(piece => piece is not null).SelectMany(piece => Enumerable.Repeat(piece, 7)));
        var chunks = Chunker.Cut(text);
        var kept = chunks.SelectMany(chunk => Words.Of(chunk.Heading).Concat(Words.Of(chunk.Text))).ToHashSet();
        return chunks.All(chunk => chunk.Text.Length is > 0 and <= Chunker.Most) && Words.Of(text).All(kept.Contains);
    }
}
