using System.Text;
using Bookbag.ServiceDefaults.WhatsApp;
using FsCheck;
using FsCheck.Xunit;
using static Bookbag.Tests.WhatsApp.WebhookBody;

namespace Bookbag.Tests.WhatsApp;

/// <summary>Whatever bytes come, reading them ends, and what is read stays inside what the scan saw.</summary>
public sealed class WebhookPropertyTests
{
    private static readonly byte[][] Bodies =
    [
        OfMessage("\"type\":\"text\",\"text\":{\"body\":\"hello \\ud83d\\udc4d\"},\"context\":{\"id\":\"wamid.q\"}"),
        OfMessage("\"type\":\"interactive\",\"interactive\":{\"type\":\"nfm_reply\",\"nfm_reply\":{\"response_json\":\"{\\\"a\\\":[1,2]}\"}}"),
        OfMessage("\"type\":\"order\",\"order\":{\"product_items\":[{\"product_retailer_id\":\"mug\",\"quantity\":2}]}"),
        OfMessage("\"type\":\"contacts\",\"contacts\":[{\"name\":{\"formatted_name\":\"B\"},\"phones\":[{\"phone\":\"1\"}]}]"),
        OfMessage("\"type\":\"edit\",\"edit\":{\"message\":{\"type\":\"text\",\"text\":{\"body\":\"x\"}}}"),
        OfMessage("\"type\":\"system\",\"system\":{\"type\":\"user_changed_number\",\"wa_id\":\"2\"}"),
        OfNumber("\"statuses\":[{\"id\":\"w\",\"status\":\"failed\",\"timestamp\":1,\"errors\":[{\"code\":131047,\"error_data\":{\"details\":\"d\"}}]}]"),
        OfNumber("\"message_echoes\":[{\"to\":\"1\",\"id\":\"w\",\"type\":\"text\",\"text\":{\"body\":\"x\"}}]", "smb_message_echoes"),
        OfNumber("\"history\":[{\"threads\":[{\"id\":\"1\",\"messages\":[{\"id\":\"w\"}]}],\"errors\":[{\"code\":1}]}]", "history"),
        OfNumber("\"user_id_update\":[{\"user_id\":{\"previous\":\"DE.1\",\"current\":\"DE.2\"}}]", "user_id_update"),
        Of("{\"event\":\"APPROVED\",\"message_template_id\":12}", "message_template_status_update"),
    ];

    // What an edit puts in the place of a value: every kind of JSON, and what is none.
    private static readonly byte[][] Values =
        [.. new[] { "null", "{}", "[]", "\"\"", "0", "-1", "1e99", "true", "\"\\ud800\"", "\"\\u0000\"", "[[]]", "{\"id\":{}}", "" }.Select(Encoding.UTF8.GetBytes)];

    [Property(MaxTest = 300)]
    public void Arbitrary_bytes_are_read_to_their_end(byte[] bytes) => Check(bytes);

    [Property(MaxTest = 1000)]
    public void A_body_with_changed_bytes_is_read_to_its_end(NonNegativeInt which, (NonNegativeInt At, byte Value)[] edits)
    {
        var body = Bodies[which.Get % Bodies.Length].ToArray();
        foreach (var (at, value) in edits)
            body[at.Get % body.Length] = value;
        Check(body);
    }

    [Property(MaxTest = 1000)]
    public void A_body_with_changed_values_is_read_to_its_end(NonNegativeInt which, (NonNegativeInt At, NonNegativeInt Value)[] edits)
    {
        var body = Bodies[which.Get % Bodies.Length];
        foreach (var (at, value) in edits)
            body = WithValue(body, at.Get, Values[value.Get % Values.Length]);
        Check(body);
    }

    [Property(MaxTest = 300)]
    public void A_body_that_ends_too_early_is_read_to_its_end(NonNegativeInt which, NonNegativeInt length)
    {
        var body = Bodies[which.Get % Bodies.Length];
        Check(body[..(length.Get % body.Length)]);
    }

    private static void Check(byte[] body)
    {
        var scan = WebhookScan.Of(body);
        var notification = WebhookReader.Read(body);
        Assert.True(notification.Changes.Count > 0 || notification.Rejections.Count > 0 || scan.IsNotification);
        if (!scan.IsNotification)
            return;
        foreach (var change in notification.Changes.Where(c => !(c.PhoneNumberId + c.BusinessAccountId).Contains('\ufffd', StringComparison.Ordinal)))
        {
            Assert.NotEmpty(change.Items);
            if (change.PhoneNumberId is { Length: <= 64 } number)
                Assert.Contains(number, scan.PhoneNumberIds);
            if (change.BusinessAccountId is { Length: <= 64 } account)
                Assert.Contains(account, scan.BusinessAccountIds);
        }
    }

    /// <summary>Puts another value after one of the colons of a body, in the place of what stood there up to the next comma or bracket.</summary>
    private static byte[] WithValue(byte[] body, int which, byte[] value)
    {
        var colons = Enumerable.Range(0, body.Length).Where(i => body[i] == ':').ToList();
        if (colons.Count == 0)
            return body;
        var from = colons[which % colons.Count] + 1;
        var length = body.AsSpan(from).IndexOfAny(",}]"u8);
        return length < 0 ? body : [.. body[..from], .. value, .. body[(from + length)..]];
    }
}
