using System.Text;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Tests.WhatsApp;

/// <summary>Bodies of webhooks as Meta shapes them, with invented people.</summary>
internal static class WebhookBody
{
    public const string Account = "200000000000001";
    public const string Number = "100000000000001";
    public const string Phone = "4915550100";
    public const string UserId = "DE.7734920015";

    /// <summary>One change.</summary>
    public static byte[] Of(string value, string field = "messages") => Encoding.UTF8.GetBytes(
        $$"""{"object":"whatsapp_business_account","entry":[{"id":"{{Account}}","changes":[{"field":"{{field}}","value":{{value}}}]}]}""");

    /// <summary>One change of a number's messages, with what stands beside the metadata.</summary>
    public static byte[] OfNumber(string rest, string field = "messages") => Of(
        $$"""{"messaging_product":"whatsapp","metadata":{"display_phone_number":"+49 155 5010-99","phone_number_id":"{{Number}}"},{{rest}}}""", field);

    /// <summary>One customer's message.</summary>
    public static byte[] OfMessage(string rest, string from = $"\"from\":\"{Phone}\",") => OfNumber(
        $$$"""
        "contacts":[{"profile":{"name":"Ada Brook","username":"@adab"},"wa_id":"{{{Phone}}}","user_id":"{{{UserId}}}"}],
        "messages":[{{{{from}}}"id":"wamid.in1","timestamp":"1790000000",{{{rest.Trim()}}}}]
        """);

    /// <summary>A message, read.</summary>
    public static InboundMessage ReadMessage(string rest, string from = $"\"from\":\"{Phone}\",") => Single<InboundMessage>(OfMessage(rest, from));

    /// <summary>The only item of a body, without any rejection.</summary>
    public static T Single<T>(byte[] body)
        where T : WebhookItem
    {
        var notification = WebhookReader.Read(body);
        Assert.Empty(notification.Rejections);
        return Assert.IsType<T>(Assert.Single(Assert.Single(notification.Changes).Items));
    }
}
