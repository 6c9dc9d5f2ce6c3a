using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Tests.WhatsApp;

public sealed class CustomerAddressTests
{
    [Theory]
    [InlineData("4915550100", "4915550100")]
    [InlineData("+49 155 501-00", "4915550100")]
    [InlineData("+1 (555) 010.0001", "15550100001")]
    [InlineData("48600100200 ", "48600100200")]
    [InlineData("1\u20115\u00a05", "155")]
    [InlineData("", null)]
    [InlineData("  ", null)]
    [InlineData("+", "+")]
    [InlineData("--", null)]
    [InlineData("WHATSAPP_ID", "WHATSAPP_ID")]
    public void A_phone_number_is_its_digits(string text, string? digits) => Assert.Equal(digits, CustomerAddress.NormalizePhone(text));

    [Theory]
    [InlineData("US.13491208655302741918")]
    [InlineData("US.ENT.11815799212886844830")]
    [InlineData("DE.a1B2")]
    public void A_user_id_is_left_as_it_is(string text) => Assert.Equal(new CustomerAddress(null, text), CustomerAddress.Parse(text));

    [Theory]
    [InlineData("1.2")]
    [InlineData("USA.1")]
    [InlineData("us.1")]
    [InlineData("US.")]
    [InlineData("US.1 2")]
    public void What_only_looks_like_a_user_id_is_none(string text) => Assert.False(CustomerAddress.IsUserId(text));

    [Fact]
    public void Nobody_has_no_address() => Assert.True(CustomerAddress.Parse(" ").IsEmpty);
}
