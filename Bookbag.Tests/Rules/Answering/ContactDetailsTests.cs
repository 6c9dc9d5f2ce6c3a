using Bookbag.Inbound.Answering;

namespace Bookbag.Tests.Rules.Answering;

public sealed class ContactDetailsTests
{
    [Theory]
    [InlineData("Maria, maria.lopez@example.com", true)]
    [InlineData("call me: +49 (0)151 / 123-45 67", true)]
    [InlineData("5511987654321", true)]
    [InlineData("order 4711", false)]
    [InlineData("It costs 2.50 or 3.00", false)]
    [InlineData("me @ home", false)]
    public void Sees_addresses_and_numbers(string text, bool expected) => Assert.Equal(expected, ContactDetails.In(text));
}
