using Bookbag.Inbound.Answering;

namespace Bookbag.Tests.Rules.Answering;

public sealed class SmallTalkTests
{
    [Theory]
    [InlineData("hi")]
    [InlineData("Hello there!")]
    [InlineData("Good morning 🙂")]
    [InlineData("Hola, buenas tardes")]
    [InlineData("Bom dia!")]
    [InlineData("Guten Tag")]
    [InlineData("Здравствуйте!")]
    [InlineData("добрый день")]
    [InlineData("你好")]
    [InlineData("こんにちは")]
    [InlineData("안녕하세요")]
    [InlineData("नमस्ते")]
    [InlineData("مرحبا")]
    [InlineData("สวัสดี")]
    [InlineData("👋")]
    public void A_greeting(string text) => Assert.Equal(SmallTalk.Greeting, SmallTalks.Of(text));

    [Theory]
    [InlineData("Thanks!")]
    [InlineData("thank you so much")]
    [InlineData("ok great, bye")]
    [InlineData("muchas gracias")]
    [InlineData("Vielen lieben Dank")]
    [InlineData("merci beaucoup")]
    [InlineData("спасибо большое")]
    [InlineData("ありがとうございます")]
    [InlineData("谢谢")]
    [InlineData("👍")]
    [InlineData("🙏🏽")]
    public void Thanks(string text) => Assert.Equal(SmallTalk.Thanks, SmallTalks.Of(text));

    [Theory]
    [InlineData("")]
    [InlineData("hi, are you open today?")]
    [InlineData("thanks, and how much is shipping?")]
    [InlineData("good")]
    [InlineData("Hello World cup")]
    [InlineData("🍕")]
    [InlineData("delivery")]
    public void Something_else(string text) => Assert.Equal(SmallTalk.None, SmallTalks.Of(text));
}
