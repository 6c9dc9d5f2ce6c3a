using Bookbag.Inbound.Webhooks;

namespace Bookbag.Tests.Rules;

public sealed class OptWordsTests
{
    [Theory]
    [InlineData("STOP", OptWish.Out)]
    [InlineData("  Stop.  ", OptWish.Out)]
    [InlineData("\"stop\"", OptWish.Out)]
    [InlineData("Opt-Out", OptWish.Out)]
    [InlineData("ＳＴＯＰ", OptWish.Out)]
    [InlineData("désabonner", OptWish.Out)]
    [InlineData("Desabonner", OptWish.Out)]
    [InlineData("Стоп!!!", OptWish.Out)]
    [InlineData("إلغاء الاشتراك", OptWish.Out)]
    [InlineData("बंद करें", OptWish.Out)]
    [InlineData("配信停止", OptWish.Out)]
    [InlineData("Start", OptWish.In)]
    [InlineData("S’abonner", OptWish.In)]
    [InlineData("stop sending me the wrong size", OptWish.None)]
    [InlineData("Where is the bus stop?", OptWish.None)]
    [InlineData("cancel", OptWish.None)]
    [InlineData("?!", OptWish.None)]
    [InlineData("", OptWish.None)]
    [InlineData(null, OptWish.None)]
    public void Only_a_whole_message_is_a_wish(string? text, OptWish wish) => Assert.Equal(wish, OptWords.WishOf(text));
}
