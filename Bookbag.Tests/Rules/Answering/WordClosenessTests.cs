using Bookbag.Inbound.Answering;

namespace Bookbag.Tests.Rules.Answering;

public sealed class WordClosenessTests
{
    [Theory]
    [InlineData("return", "returns")]
    [InlineData("returning", "returned")]
    [InlineData("ship", "shipping")]
    [InlineData("open", "opening")]
    [InlineData("delivery", "deliveries")]
    [InlineData("pay", "payment")]
    [InlineData("liefern", "lieferung")]
    [InlineData("envio", "envios")]
    [InlineData("livraison", "livrer")]
    [InlineData("доставка", "доставки")]
    [InlineData("versand", "versandkosten")]
    [InlineData("доставка", "доставляете")]
    public void Another_form_of_the_word(string asked, string found) => Assert.InRange(WordCloseness.OfForms(asked, found), 0.6, 0.99);

    [Theory]
    [InlineData("card", "cardigan")]
    [InlineData("cost", "costume")]
    [InlineData("price", "prince")]
    [InlineData("order", "border")]
    [InlineData("car", "care")]
    [InlineData("pen", "pension")]
    [InlineData("hours", "house")]
    public void Another_word(string asked, string found) => Assert.Equal(0, WordCloseness.OfForms(asked, found));

    [Theory]
    [InlineData("delivry", "delivery", 0.85)]
    [InlineData("retrun", "return", 0.85)]
    [InlineData("elivery", "delivery", 0.85)]
    [InlineData("acommodation", "accommodation", 0.85)]
    [InlineData("acomodation", "accommodation", 0.75)]
    [InlineData("weather", "leather", 0)]
    [InlineData("gold", "old", 0)]
    [InlineData("france", "grace", 0)]
    [InlineData("delivry", "salary", 0)]
    public void A_slip_of_the_finger(string asked, string found, double closeness) => Assert.Equal(closeness, WordCloseness.OfSlips(asked, found));

    [Fact]
    public void The_longest_words_fit()
    {
        var longest = new string('a', Words.MaxLength);
        Assert.Equal(0.85, WordCloseness.OfSlips(longest[1..] + "b", longest));
        Assert.Equal(1, WordCloseness.OfSlips(longest, longest));
    }
}
