using Bookbag.Inbound.Answering;
using FsCheck.Xunit;

namespace Bookbag.Tests.Rules.Answering;

public sealed class WordsTests
{
    [Theory]
    [InlineData("How LONG does it take?", "how long does it take")]
    [InlineData("Größe, naïve, Ærø, İstanbul", "grosse naive aero istanbul")]
    [InlineData("cafe\u0301 = café", "cafe cafe")]
    [InlineData("E-mail or t-shirt, gift-wrap, 5-10 days", "email or tshirt gift wrap 5 10 days")]
    [InlineData("d'ouverture it's", "d ouverture it s")]
    [InlineData("Доставка ещё", "доставка еще")]
    [InlineData("الشحن أسعار", "شحن اسعار")]
    [InlineData("ＡＢＣ１２３", "abc123")]
    [InlineData("配送需要", "配送 送需 需要")]
    [InlineData("茶", "茶")]
    [InlineData("iPhone配送", "iphone 配送")]
    [InlineData("จัดส่ง", "จัดส ัดส่ ดส่ง")]
    [InlineData("डिलीवरी दिन", "डिलीवरी दिन")]
    [InlineData("zero\u200Bwidth sh\u00ADy", "zerowidth shy")]
    [InlineData("\0 \ud800 ?! 😂", "")]
    public void A_text_is_cut_into_plain_words(string text, string words) => Assert.Equal(words, string.Join(' ', Words.Of(text)));

    [Fact]
    public void What_is_too_long_for_a_word_is_left_out() =>
        Assert.Equal(["see"], Words.Of("see https_" + new string('x', Words.MaxLength + 1)).Except(["https"]));

    [Fact]
    public void Content_leaves_out_what_says_nothing_unless_that_is_all_there_is()
    {
        Assert.Equal(["delivery", "germany"], Words.Content("How long is the delivery to Germany, please?"));
        Assert.Equal(["who", "are", "you"], Words.Content("Who are you?"));
    }

    // They are quoted in full-text queries and joined by spaces.
    [Property]
    public bool A_word_is_never_empty_and_has_neither_white_space_nor_quotes(string? text) =>
        Words.Of(text ?? "").All(word => word.Length > 0 && !word.Any(c => char.IsWhiteSpace(c) || c is '\'' or '\\' or '|' or '&' or '!' or ':' or '\0'));

    [Property]
    public bool Words_are_plain_already(string? text) =>
        Words.Of(text ?? "").Where(word => !Words.IsPiece(word)).All(word => Words.Of(word).Count == 1);
}
