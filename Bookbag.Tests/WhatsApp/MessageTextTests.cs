using Bookbag.ServiceDefaults.WhatsApp;
using FsCheck;
using FsCheck.Xunit;

namespace Bookbag.Tests.WhatsApp;

public sealed class MessageTextTests
{
    [Theory]
    [InlineData("", 10)]
    [InlineData("  \n ", 10)]
    public void Nothing_has_no_pieces(string text, int max) => Assert.Empty(MessageText.Split(text, max));

    [Theory]
    [InlineData("short", 10, "short")]
    [InlineData("  0123456789 ", 10, "0123456789")]
    [InlineData("one two three", 8, "one two|three")]
    [InlineData("Yes. It is so.", 10, "Yes. It is|so.")]
    [InlineData("It is. So be it.", 10, "It is.|So be it.")]
    [InlineData("First line\n\nSecond one", 16, "First line|Second one")]
    [InlineData("a. b c d e f g", 12, "a. b c d e f|g")]
    [InlineData("abcdefghij", 4, "abcd|efgh|ij")]
    [InlineData("👍👍👍", 3, "👍|👍|👍")]
    [InlineData("👨‍👩‍👧x👨‍👩‍👧", 9, "👨‍👩‍👧x|👨‍👩‍👧")]
    public void Is_cut_where_a_reader_would_pause(string text, int max, string pieces) => Assert.Equal(pieces.Split('|'), MessageText.Split(text, max));

    [Property(MaxTest = 500)]
    public void Nothing_is_lost_and_no_piece_is_too_long(NonNull<string> text, PositiveInt max)
    {
        var pieces = MessageText.Split(text.Get, max.Get);
        Assert.All(pieces, piece => Assert.InRange(piece.Length, 1, max.Get));
        Assert.Equal(Letters(text.Get), Letters(string.Concat(pieces)));
    }

    [Fact]
    public void A_long_answer_is_split_in_pieces_that_may_be_sent()
    {
        var pieces = MessageText.Split(string.Join(' ', Enumerable.Repeat("Sneakers are back in stock.", 1_000)));
        Assert.All(pieces, piece => Assert.EndsWith("stock.", OutgoingMessage.Text(new CustomerAddress("1", null), piece) is null ? "" : piece, StringComparison.Ordinal));
        Assert.Equal(7, pieces.Count);
    }

    private static string Letters(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}
