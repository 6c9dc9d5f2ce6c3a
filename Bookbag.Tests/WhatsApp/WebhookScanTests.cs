using System.Text;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Tests.WhatsApp;

public sealed class WebhookScanTests
{
    [Fact]
    public void Finds_every_number_and_account_once()
    {
        var scan = WebhookScan.Of("""
            {"entry":[
              {"id":"1","changes":[{"value":{"metadata":{"phone_number_id":"11"}}},{"value":{"metadata":{"phone_number_id":"12"}},"field":"messages"}]},
              {"changes":[{"field":"x","value":{"metadata":{"display_phone_number":"9","phone_number_id":"11"}}}],"id":"2"},
              {"id":"1","time":5,"changes":[]}],"object":"whatsapp_business_account"}
            """u8);
        Assert.True(scan.IsNotification);
        Assert.Equal(["11", "12"], scan.PhoneNumberIds);
        Assert.Equal(["1", "2"], scan.BusinessAccountIds);
    }

    [Fact]
    public void Takes_ids_that_are_numbers() =>
        Assert.Equal(["106"], WebhookScan.Of("""{"entry":[{"id":7,"changes":[{"value":{"metadata":{"phone_number_id":106}}}]}]}"""u8).PhoneNumberIds);

    [Fact]
    public void Takes_ids_only_from_their_place()
    {
        var scan = WebhookScan.Of("""
            {"id":"0","phone_number_id":"0","entry":[{"metadata":{"phone_number_id":"0"},"changes":[{"id":"0","value":{"id":"0","phone_number_id":"0",
             "messages":[{"id":"0","metadata":{"phone_number_id":"0"}}],"metadata":{"phone_number_id":"1","x":{"phone_number_id":"0"}}}}]}]}
            """u8);
        Assert.Equal(["1"], scan.PhoneNumberIds);
        Assert.Empty(scan.BusinessAccountIds);
    }

    [Theory]
    [InlineData("""{"entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"1"}}}]}]}""", false)]
    [InlineData("""{"entry":[{"id":"1","changes":[{"value":{"metadata":{"phone_number_id":"1"}}},{"value":{"metadata":{"phone_number_id":"1"}}}]}]}""", false)]
    [InlineData("""{"entry":[{"id":"1","changes":[{"value":{"metadata":{"phone_number_id":"1"}}},{"value":{"event":"APPROVED"}}]}]}""", true)]
    [InlineData("""{"entry":[{"id":"1","changes":[{"value":{"metadata":{"phone_number_id":""}}}]}]}""", true)]
    [InlineData("""{"entry":[{"id":"1","changes":[{"field":"security"}]}]}""", true)]
    [InlineData("""{"entry":[{"id":"1"}]}""", false)]
    public void A_change_without_a_number_is_about_the_account(string body, bool expected) =>
        Assert.Equal(expected, WebhookScan.Of(Encoding.UTF8.GetBytes(body)).IsAboutAccounts);

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"entry\"")]
    [InlineData("{}")]
    [InlineData("{\"entry\":null}")]
    [InlineData("{\"entry\":{\"id\":\"1\"}}")]
    [InlineData("{\"entry\":[]")]
    [InlineData("{\"entry\":[]} x")]
    [InlineData("{\"entry\":[]}{}")]
    [InlineData("entry=1&x=2")]
    [InlineData("<html></html>")]
    public void What_is_no_json_with_entries_is_no_notification(string body) => Assert.False(WebhookScan.Of(Encoding.UTF8.GetBytes(body)).IsNotification);

    [Theory]
    [InlineData("""{"entry":[null,1,"x",[],{"changes":null},{"changes":{}},{"id":{"a":[1]},"changes":[null,[],{"value":null},{"value":[]},{"value":{"metadata":null}},{"value":{"metadata":[]}}]}]}""")]
    [InlineData("""{"entry":[{"id":"","changes":[{"value":{"metadata":{"phone_number_id":null}}},{"value":{"metadata":{"phone_number_id":""}}},{"value":{"metadata":{"phone_number_id":["1"]}}}]}]}""")]
    public void Odd_shapes_name_nobody(string body)
    {
        var scan = WebhookScan.Of(Encoding.UTF8.GetBytes(body));
        Assert.True(scan.IsNotification);
        Assert.Empty(scan.PhoneNumberIds);
        Assert.Empty(scan.BusinessAccountIds);
    }

    [Fact]
    public void An_attack_with_endless_ids_is_cut_off()
    {
        var entries = string.Join(',', Enumerable.Range(0, 50_000).Select(i => $$"""{"id":"{{i}}"}"""));
        var scan = WebhookScan.Of(Encoding.UTF8.GetBytes($$"""{"entry":[{{entries}}]}"""));
        Assert.True(scan.IsNotification);
        Assert.Equal(WebhookScan.MaxIds, scan.BusinessAccountIds.Count);
    }

    [Fact]
    public void Ids_of_absurd_length_or_of_no_text_are_left_out()
    {
        Assert.Empty(WebhookScan.Of(Encoding.UTF8.GetBytes($$"""{"entry":[{"id":"{{new string('1', 65)}}"}]}""")).BusinessAccountIds);
        Assert.Empty(WebhookScan.Of("""{"entry":[{"id":"\ud800"}]}"""u8).BusinessAccountIds);
        Assert.Empty(WebhookScan.Of([.. "{\"entry\":[{\"id\":\""u8, 0xff, .. "\"}]}"u8]).BusinessAccountIds);
    }
}
