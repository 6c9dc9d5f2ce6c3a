using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Tests.WhatsApp;

public sealed class SendUrlTests
{
    private static readonly GraphOptions Production = new();
    private static readonly GraphOptions Development = new() { AllowLocal = true };

    [Theory]
    [InlineData("https://graph.facebook.com/v25.0/100000000000001/messages")]
    [InlineData("  https://graph.facebook.com/v25.0/100000000000001/messages/ ")]
    [InlineData("HTTPS://Graph.Facebook.com:443/v25.0/100000000000001/messages")]
    public void Is_read_and_written_in_one_way(string text)
    {
        Assert.True(SendUrl.TryParse(text, Production, out var url, out var problem), problem);
        Assert.Equal("https://graph.facebook.com/v25.0/100000000000001/messages", url.ToString());
        Assert.Equal(("v25.0", "100000000000001"), (url.Version, url.PhoneNumberId));
        Assert.Equal("https://graph.facebook.com/v25.0/100000000000001", url.PhoneNumber.AbsoluteUri);
        Assert.Equal("https://graph.facebook.com/v25.0/2/message_templates?limit=5", url.Node("2/message_templates?limit=5").AbsoluteUri);
    }

    [Theory]
    [InlineData("https://graph.facebook.com/v9/100000000000001/messages")]
    [InlineData("https://graph.facebook.com/v26.1/100000000000001/messages")]
    public void Any_version_is_taken(string text) => Assert.True(SendUrl.TryParse(text, Production, out _, out var problem), problem);

    [Theory]
    [InlineData(null, "is missing")]
    [InlineData("   ", "is missing")]
    [InlineData("hello", "Begin with https://")]
    [InlineData("graph.facebook.com/v25.0/100000000000001/messages", "Begin with https://")]
    [InlineData("curl -i -X POST https://graph.facebook.com/v25.0/100000000000001/messages", "Paste the URL alone")]
    [InlineData("'https://graph.facebook.com/v25.0/100000000000001/messages'", "Paste the URL alone")]
    [InlineData("https://graph.facebook.com/v25.0/<PHONE_NUMBER_ID>/messages", "placeholder")]
    [InlineData("https://graph.facebook.com/v25.0/{phone-number-id}/messages", "placeholder")]
    [InlineData("https://graph.facebook.com/v25.0/FROM_PHONE_NUMBER_ID/messages", "placeholder")]
    [InlineData("https://graph.facebook.com/v25.0/YOUR_ID/messages", "placeholder")]
    [InlineData("http://graph.facebook.com/v25.0/100000000000001/messages", "https:// in the place of http://")]
    [InlineData("ftp://graph.facebook.com/v25.0/100000000000001/messages", "https:// in the place of ftp://")]
    [InlineData("https://graph.facebook.com:8443/v25.0/100000000000001/messages", "Leave out the port \":8443\"")]
    [InlineData("https://user:pass@graph.facebook.com/v25.0/100000000000001/messages", "before the \"@\"")]
    [InlineData("https://graph.facebook.com/v25.0/100000000000001/messages?access_token=EAAGsecret", "has a field of its own")]
    [InlineData("https://graph.facebook.com/v25.0/100000000000001/messages#x", "Leave out everything")]
    [InlineData("https://business.facebook.com/wa/manage/phone-numbers/?waba_id=1", "Leave out everything")]
    [InlineData("https://business.facebook.com/latest/whatsapp_manager/phone_numbers", "a page for the browser")]
    [InlineData("https://developers.facebook.com/apps/1/whatsapp-business/wa-dev-console/", "a page for the browser")]
    [InlineData("https://example.com/v25.0/100000000000001/messages", "\"example.com\" is not Meta's Graph API")]
    [InlineData("https://graph.facebook.com", "nothing after the host")]
    [InlineData("https://graph.facebook.com/v25.0//messages", "two slashes")]
    [InlineData("https://graph.facebook.com/100000000000001/messages", "Put the version before")]
    [InlineData("https://graph.facebook.com/25.0/100000000000001/messages", "version is not readable")]
    [InlineData("https://graph.facebook.com/vNN/100000000000001/messages", "version is not readable")]
    [InlineData("https://graph.facebook.com/v25.0", "/messages are missing")]
    [InlineData("https://graph.facebook.com/v25.0/100000000000001", "Add /messages at the end")]
    [InlineData("https://graph.facebook.com/v25.0/100000000000001/", "Add /messages at the end")]
    [InlineData("https://graph.facebook.com/v25.0/+15550100001/messages", "not the phone number itself")]
    [InlineData("https://graph.facebook.com/v25.0/me/messages", "digits only")]
    [InlineData("https://graph.facebook.com/v25.0/200000000000001/message_templates", "WhatsApp Business Account")]
    [InlineData("https://graph.facebook.com/v25.0/200000000000001/phone_numbers", "WhatsApp Business Account")]
    [InlineData("https://graph.facebook.com/v25.0/100000000000001/register", "must end in /messages")]
    [InlineData("https://graph.facebook.com/v25.0/100000000000001/messages/more", "must end in /messages")]
    [InlineData("https://graph.facebook.com/v25.0/100000000000001/%6dessages", "do not belong")]
    [InlineData("https://graph.facebook.com/v25.0/100000000000001\\messages", "do not belong")]
    [InlineData("https://", "not a URL")]
    public void A_problem_says_what_to_write_instead(string? text, string part)
    {
        Assert.False(SendUrl.TryParse(text, Production, out var url, out var problem));
        Assert.Null(url);
        Assert.Contains(part, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("EAAG", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://graph.facebook.com.evil.com/v25.0/100000000000001/messages")]
    [InlineData("https://evil.com/graph.facebook.com/v25.0/100000000000001/messages")]
    [InlineData("https://evilgraph.facebook.com/v25.0/100000000000001/messages")]
    [InlineData("https://facebook.com/v25.0/100000000000001/messages")]
    [InlineData("https://graph.facebook.com@evil.com/v25.0/100000000000001/messages")]
    [InlineData("https://evil.com@graph.facebook.com/v25.0/100000000000001/messages")]
    [InlineData("https://graph.facebook.com./v25.0/100000000000001/messages")]
    [InlineData("https://graph\u3002facebook\u3002com/v25.0/100000000000001/messages")]
    [InlineData("https://gr\u0430ph.facebook.com/v25.0/100000000000001/messages")]
    [InlineData("https://graph.facebook.com\\@evil.com/v25.0/100000000000001/messages")]
    [InlineData("https://graph.facebook.com%2eevil.com/v25.0/100000000000001/messages")]
    [InlineData("https://graph.facebook.com\t.evil.com/v25.0/100000000000001/messages")]
    [InlineData("https://[::1]/v25.0/100000000000001/messages")]
    [InlineData("https://127.0.0.1/v25.0/100000000000001/messages")]
    [InlineData("http://localhost:5080/v25.0/100000000000001/messages")]
    [InlineData("http://sandbox/v25.0/100000000000001/messages")]
    [InlineData("http://169.254.169.254/v25.0/100000000000001/messages")]
    [InlineData("file:///v25.0/100000000000001/messages")]
    [InlineData("//graph.facebook.com/v25.0/100000000000001/messages")]
    public void Nothing_but_Metas_host_is_taken_in_production(string text)
    {
        Assert.False(SendUrl.TryParse(text, Production, out _, out _));
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.IdnHost != GraphOptions.Host)
            Assert.False(Production.Allows(uri));
    }

    [Theory]
    [InlineData("http://sandbox/v25.0/100000000000001/messages")]
    [InlineData("http://localhost:5080/v25.0/100000000000001/messages")]
    [InlineData("http://127.0.0.1:40001/v25.0/100000000000001/messages")]
    [InlineData("http://[::1]:40001/v25.0/100000000000001/messages")]
    [InlineData("https://localhost:7001/v25.0/100000000000001/messages")]
    public void This_machine_and_the_sandbox_stand_in_for_Meta_in_development(string text)
    {
        Assert.True(SendUrl.TryParse(text, Development, out var url, out var problem), problem);
        Assert.Equal(text, url.ToString());
    }

    [Theory]
    [InlineData("http://sandbox.evil.com/v25.0/100000000000001/messages")]
    [InlineData("http://localhost.evil.com/v25.0/100000000000001/messages")]
    [InlineData("http://10.0.0.1/v25.0/100000000000001/messages")]
    [InlineData("http://graph.facebook.com/v25.0/100000000000001/messages")]
    public void Development_opens_nothing_else(string text) => Assert.False(SendUrl.TryParse(text, Development, out _, out _));

    [Fact]
    public void A_host_of_ones_own_is_taken_when_it_is_named()
    {
        var options = new GraphOptions { ExtraHosts = ["graph.proxy.example"] };
        Assert.True(SendUrl.TryParse("https://graph.proxy.example/v25.0/100000000000001/messages", options, out _, out _));
        Assert.False(SendUrl.TryParse("http://graph.proxy.example/v25.0/100000000000001/messages", options, out _, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/1")]
    [InlineData("../v1.0/1")]
    [InlineData("1//evil.com")]
    [InlineData("1\\2")]
    public void A_node_does_not_lead_out_of_the_version(string path)
    {
        Assert.True(SendUrl.TryParse("https://graph.facebook.com/v25.0/100000000000001/messages", Production, out var url, out _));
        Assert.Throws<ArgumentException>(() => url.Node(path));
    }
}
