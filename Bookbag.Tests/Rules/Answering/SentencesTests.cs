using Bookbag.Inbound.Answering;
using FsCheck.Xunit;

namespace Bookbag.Tests.Rules.Answering;

public sealed class SentencesTests
{
    [Theory]
    [InlineData("One. Two! Three? Four", "One.|Two!|Three?|Four")]
    [InlineData("It costs 3.90 or approx. 4 euros. Ask Mr. Smith, e.g. by mail.", "It costs 3.90 or approx. 4 euros.|Ask Mr. Smith, e.g. by mail.")]
    [InlineData("He said \"Yes.\" (Really?) Fine...", "He said \"Yes.\"|(Really?)|Fine...")]
    [InlineData("First line\nSecond line\n\nThird", "First line|Second line|Third")]
    [InlineData("配送需要三天。可以退货吗？可以！", "配送需要三天。|可以退货吗？|可以！")]
    [InlineData("तीन दिन। ठीक है।", "तीन दिन।|ठीक है।")]
    [InlineData("Visit example.com. Then call.", "Visit example.com.|Then call.")]
    [InlineData(" \n ", "")]
    public void A_text_has_sentences(string text, string sentences) => Assert.Equal(sentences, string.Join('|', Sentences.Of(text).Select(range => text[range])));

    [Property]
    public bool Nothing_is_left_out_and_nothing_stands_twice(string? text)
    {
        text ??= "";
        var joined = string.Concat(Sentences.Of(text).Select(range => text[range]));
        return string.Concat(joined.Where(c => !char.IsWhiteSpace(c))) == string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
    }
}
