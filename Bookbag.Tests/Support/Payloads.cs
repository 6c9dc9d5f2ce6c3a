using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bookbag.Tests.Support;

/// <summary>Webhook bodies as Meta shapes them, and their signature made without the product's own code.</summary>
public static class Payloads
{
    /// <summary>A customer's text message.</summary>
    public static byte[] Text(string phoneNumberId, string from, string wamid, string text, DateTimeOffset at) =>
        Messages(phoneNumberId, [TextItem(from, wamid, text, at)], [from]);

    /// <summary>One item of <c>messages</c>.</summary>
    public static object TextItem(string from, string wamid, string text, DateTimeOffset at) =>
        new { from, id = wamid, timestamp = Timestamp(at), type = "text", text = new { body = text } };

    /// <summary>A POST with several messages for one number.</summary>
    public static byte[] Messages(string phoneNumberId, IReadOnlyList<object> messages, IEnumerable<string> customers) =>
        Envelope(new
        {
            messaging_product = "whatsapp",
            metadata = new { display_phone_number = "15550100001", phone_number_id = phoneNumberId },
            contacts = customers.Select(c => new { profile = new { name = $"Customer {c[^4..]}" }, wa_id = c }),
            messages,
        });

    /// <summary>A POST with one change of field <c>messages</c>.</summary>
    public static byte[] Envelope(object value) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        @object = "whatsapp_business_account",
        entry = new[] { new { id = ConnectedAgent.BusinessAccountId, changes = new[] { new { field = "messages", value } } } },
    });

    /// <summary>The value of <c>X-Hub-Signature-256</c>.</summary>
    public static string Sign(byte[] body, string appSecret) =>
        $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(appSecret), body))}";

    /// <summary>A signed POST of a body.</summary>
    public static HttpRequestMessage Post(byte[] body, string appSecret = ConnectedAgent.AppSecret) => new(HttpMethod.Post, ConnectedAgent.WebhookPath)
    {
        Content = new ByteArrayContent(body) { Headers = { { "Content-Type", "application/json" } } },
        Headers = { { "X-Hub-Signature-256", Sign(body, appSecret) } },
    };

    private static string Timestamp(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
