using System.Buffers;
using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>Reads the answer to a message that Meta took.</summary>
internal static class SendResponse
{
    // {"messaging_product":"whatsapp","contacts":[{"input":"+1650…","wa_id":"1650…","user_id":"US.…"}],"messages":[{"id":"wamid.…","message_status":"accepted"}]}
    public static SendOutcome.Accepted? Read(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(JsonRepair.Apply(body));
            JsonElement? root = document.RootElement;
            JsonElement? message = root.List("messages").FirstOrDefault();
            JsonElement? contact = root.List("contacts").FirstOrDefault();
            return message.Text("id") is { } wamid
                ? new SendOutcome.Accepted(
                    wamid, CustomerAddress.NormalizePhone(contact.Text("wa_id")), contact.Text("user_id"),
                    Held: message.Text("message_status") is "held_for_quality_assessment" or "paused")
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Writes a read receipt.</summary>
internal static class ReadReceipt
{
    // {"messaging_product":"whatsapp","status":"read","message_id":"wamid.…","typing_indicator":{"type":"text"}}
    public static byte[] ToJson(string wamid, bool typing)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("messaging_product", "whatsapp");
            json.WriteString("status", "read");
            json.WriteString("message_id", wamid);
            if (typing)
            {
                json.WriteStartObject("typing_indicator");
                json.WriteString("type", "text");
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}

/// <summary>Reads what Graph tells of a number.</summary>
internal static class PhoneNumberReader
{
    // {"id":"…","display_phone_number":"+1 555-010-0001","verified_name":"…","quality_rating":"GREEN","status":"CONNECTED","throughput":{"level":"STANDARD"},
    //  "platform_type":"CLOUD_API","is_on_biz_app":false,
    //  "whatsapp_business_manager_messaging_limit":"TIER_2K","health_status":{"can_send_message":"LIMITED","entities":[
    //    {"entity_type":"WABA","id":"…","can_send_message":"BLOCKED","errors":[{"error_code":141006,"error_description":"…","possible_solution":"…"}]},
    //    {"entity_type":"PHONE_NUMBER","id":"…","additional_info":["…"]},{"entity_type":"BUSINESS","id":"…"}]}}
    public static PhoneNumberDetails? Read(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(JsonRepair.Apply(body));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return null;
            JsonElement? number = document.RootElement;
            var health = number.Get("health_status");
            return new PhoneNumberDetails(
                number.Text("id"), number.Text("display_phone_number"), number.Text("verified_name"), number.Text("quality_rating"), number.Text("status"),
                IsOnPhone(number) ? PhoneNumberDetails.OnPhone : number.Get("throughput").Text("level") ?? number.Text("throughput"),
                number.Text("whatsapp_business_manager_messaging_limit") ?? number.Text("messaging_limit_tier"),
                IdOf(health, "WABA"), IdOf(health, "BUSINESS"))
            { AppId = IdOf(health, "APP"), Problems = [.. health.List("entities").SelectMany(entity => ProblemsOf(entity))] };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Says of Meta's "no such field" what it means here: the id in the send URL is of something that is no number.</summary>
    public static GraphError Explain(GraphError error) =>
        error.Code == 100 && error.Message.Contains("nonexisting field", StringComparison.OrdinalIgnoreCase)
            ? error with
            {
                Action = GraphAction.BreakChannel,
                Advice = "The id in the send URL is not the id of a phone number. Meta's API Setup page shows that one as \"Phone number ID\", beside the WhatsApp Business Account ID.",
            }
            : error;

    /// <summary>Whether the number is used in the WhatsApp Business app and through the API at once.</summary>
    private static bool IsOnPhone(JsonElement? number) => number.Flag("is_on_biz_app") && number.Text("platform_type") == "CLOUD_API";

    private static string? IdOf(JsonElement? health, string type) =>
        health.List("entities").Where(entity => LenientJson.Text(entity, "entity_type") == type).Select(entity => LenientJson.Text(entity, "id")).FirstOrDefault();

    private static IEnumerable<string> ProblemsOf(JsonElement? entity)
    {
        foreach (JsonElement? error in entity.List("errors"))
        {
            var parts = new[] { error.Text("error_description"), error.Text("possible_solution") };
            if (parts.Any(part => part is not null))
                yield return string.Join(' ', parts.Where(part => part is not null));
        }

        foreach (var info in entity.List("additional_info"))
        {
            if (info.AsText() is { } text)
                yield return text;
        }
    }
}
