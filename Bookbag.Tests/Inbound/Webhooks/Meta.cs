using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>Webhook bodies as Meta shapes them.</summary>
internal static class Meta
{
    public const string Account = "200000000000001";

    /// <summary>A POST with several changes.</summary>
    public static byte[] Post(params JsonObject[] changes) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["object"] = "whatsapp_business_account",
        ["entry"] = new JsonArray(new JsonObject { ["id"] = Account, ["changes"] = new JsonArray([.. changes.Select(c => c.DeepClone())]) }),
    });

    /// <summary>A change of one number: items of one list.</summary>
    public static JsonObject Change(string phoneNumberId, string list, IEnumerable<JsonObject> items, string field = "messages", JsonObject? contact = null)
    {
        var value = new JsonObject
        {
            ["messaging_product"] = "whatsapp",
            ["metadata"] = new JsonObject { ["display_phone_number"] = "15550100001", ["phone_number_id"] = phoneNumberId },
            [list] = new JsonArray([.. items.Select(i => i.DeepClone())]),
        };
        if (contact is not null)
            value["contacts"] = new JsonArray(contact.DeepClone());
        return new() { ["field"] = field, ["value"] = value };
    }

    /// <summary>A change of an account: it names no number.</summary>
    public static byte[] OfAccount(string account, string field, JsonObject value, DateTimeOffset? at = null)
    {
        var entry = new JsonObject { ["id"] = account, ["changes"] = new JsonArray(new JsonObject { ["field"] = field, ["value"] = value.DeepClone() }) };
        if (at is { } time)
            entry["time"] = time.ToUnixTimeSeconds();
        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["object"] = "whatsapp_business_account", ["entry"] = new JsonArray(entry) });
    }

    public static byte[] Messages(string phoneNumberId, params JsonObject[] messages) => Post(Change(phoneNumberId, "messages", messages));

    public static byte[] Statuses(string phoneNumberId, params JsonObject[] statuses) => Post(Change(phoneNumberId, "statuses", statuses));

    public static byte[] Echoes(string phoneNumberId, params JsonObject[] echoes) => Post(Change(phoneNumberId, "message_echoes", echoes, "smb_message_echoes"));

    public static JsonObject Text(string wamid, string? from, string text, DateTimeOffset at, string? userId = null)
    {
        var message = Message(wamid, from, "text", at, new() { ["body"] = text });
        if (userId is not null)
            message["from_user_id"] = userId;
        return message;
    }

    public static JsonObject Message(string wamid, string? from, string type, DateTimeOffset at, JsonObject content)
    {
        var message = new JsonObject { ["id"] = wamid, ["timestamp"] = Timestamp(at), ["type"] = type, [type] = content };
        if (from is not null)
            message["from"] = from;
        return message;
    }

    public static JsonObject Echo(string wamid, string to, string text, DateTimeOffset at) =>
        new() { ["from"] = "15550100001", ["to"] = to, ["id"] = wamid, ["timestamp"] = Timestamp(at), ["type"] = "text", ["text"] = new JsonObject { ["body"] = text } };

    public static JsonObject Status(string wamid, string status, DateTimeOffset at, Guid? messageId = null, int? error = null)
    {
        var update = new JsonObject { ["id"] = wamid, ["status"] = status, ["timestamp"] = Timestamp(at), ["recipient_id"] = "16505550001" };
        if (messageId is { } id)
            update["biz_opaque_callback_data"] = id.ToString();
        if (error is { } code)
            update["errors"] = new JsonArray(new JsonObject { ["code"] = code, ["title"] = "It failed" });
        return update;
    }

    private static string Timestamp(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
