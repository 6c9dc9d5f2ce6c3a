using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Tests.WhatsApp;

public sealed class MessagingLimitTierTests
{
    [Theory]
    [InlineData("TIER_50", 50, "TIER_50")]
    [InlineData("TIER_250", 250, "TIER_250")]
    [InlineData("TIER_1K", 1_000, "TIER_1K")]
    [InlineData("TIER_2K", 2_000, "TIER_2K")]
    [InlineData("TIER_10K", 10_000, "TIER_10K")]
    [InlineData("TIER_100K", 100_000, "TIER_100K")]
    [InlineData("tier_2k", 2_000, "TIER_2K")]
    [InlineData("TIER_1M", 1_000_000, "TIER_1M")]
    [InlineData("2000", 2_000, "TIER_2K")]
    [InlineData(" 250 ", 250, "TIER_250")]
    [InlineData("TIER_5500", 5_500, "TIER_5500")]
    public void A_tier_is_a_number_of_customers(string text, int limit, string name)
    {
        var tier = MessagingLimitTiers.Parse(text);
        Assert.Equal((limit, false, true, name), (tier.Limit!.Value, tier.IsUnlimited, tier.IsKnown, tier.Name));
    }

    [Theory]
    [InlineData("TIER_UNLIMITED")]
    [InlineData("UNLIMITED")]
    [InlineData("unlimited")]
    [InlineData("-1")]
    public void Unlimited_is_no_number(string text)
    {
        var tier = MessagingLimitTiers.Parse(text);
        Assert.Equal((null, true, true, "TIER_UNLIMITED", text), (tier.Limit, tier.IsUnlimited, tier.IsKnown, tier.Name, tier.Raw));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("TIER_NOT_SET")]
    [InlineData("UNTIERED")]
    [InlineData("TIER_HUGE")]
    [InlineData("TIER_")]
    [InlineData("0")]
    [InlineData("-2")]
    [InlineData("TIER_999999999M")]
    [InlineData("99999999999999999999")]
    public void What_nobody_knew_is_kept_and_is_no_limit(string? text)
    {
        var tier = MessagingLimitTiers.Parse(text);
        Assert.Equal((null, false, false, string.IsNullOrEmpty(text) ? null : text), (tier.Limit, tier.IsUnlimited, tier.IsKnown, tier.Name));
    }
}
