using System.Collections.Frozen;
using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Writes a number as Graph does: the fields that were asked for, and the id.</summary>
internal static class NumberFields
{
    private const string Node = "WhatsAppBusinessPhoneNumber";

    private static readonly FrozenDictionary<string, Action<Utf8JsonWriter, SandboxNumber>> Fields =
        new Dictionary<string, Action<Utf8JsonWriter, SandboxNumber>>
        {
            ["display_phone_number"] = (writer, number) => writer.WriteString("display_phone_number"u8, number.DisplayPhoneNumber),
            ["verified_name"] = (writer, number) => writer.WriteString("verified_name"u8, number.VerifiedName),
            ["quality_rating"] = (writer, number) => writer.WriteString("quality_rating"u8, number.QualityRating),
            ["status"] = (writer, number) => writer.WriteString("status"u8, number.Status),
            ["code_verification_status"] = (writer, _) => writer.WriteString("code_verification_status"u8, "VERIFIED"u8),
            ["name_status"] = (writer, _) => writer.WriteString("name_status"u8, "APPROVED"u8),
            ["platform_type"] = (writer, _) => writer.WriteString("platform_type"u8, "CLOUD_API"u8),
            ["is_on_biz_app"] = (writer, number) => writer.WriteBoolean("is_on_biz_app"u8, number.IsOnPhone),
            ["account_mode"] = (writer, _) => writer.WriteString("account_mode"u8, "LIVE"u8),
            ["is_official_business_account"] = (writer, _) => writer.WriteBoolean("is_official_business_account"u8, false),
            ["throughput"] = (writer, number) =>
            {
                writer.WriteStartObject("throughput"u8);
                writer.WriteString("level"u8, number.Throughput);
                writer.WriteEndObject();
            },
            ["whatsapp_business_manager_messaging_limit"] = (writer, number) =>
                writer.WriteString("whatsapp_business_manager_messaging_limit"u8, number.Account.Portfolio.Tier),
            // Deprecated; what still answers is the portfolio's value.
            ["messaging_limit_tier"] = (writer, number) => writer.WriteString("messaging_limit_tier"u8, number.Account.Portfolio.Tier),
            ["webhook_configuration"] = (writer, number) =>
            {
                writer.WriteStartObject("webhook_configuration"u8);
                if (number.Target is { } target)
                    writer.WriteString("application"u8, target.Url.ToString());
                writer.WriteEndObject();
            },
        }.ToFrozenDictionary();

    /// <summary>What Graph tells when no field is asked for.</summary>
    private static IReadOnlyList<string> Default { get; } =
        ["verified_name", "code_verification_status", "display_phone_number", "quality_rating", "platform_type", "throughput", "webhook_configuration"];

    /// <summary>The fields of <c>?fields=a,b{c,d}</c>; what is in braces is not told apart.</summary>
    public static IReadOnlyList<string> Parse(string? asked)
    {
        if (string.IsNullOrWhiteSpace(asked))
            return Default;
        var (fields, depth, start) = (new List<string>(), 0, 0);
        for (var i = 0; i <= asked.Length; i++)
        {
            if (i == asked.Length || (asked[i] == ',' && depth == 0))
            {
                var field = asked[start..i];
                var brace = field.IndexOf('{', StringComparison.Ordinal);
                fields.Add((brace < 0 ? field : field[..brace]).Trim());
                start = i + 1;
            }
            else
            {
                depth += asked[i] switch { '{' => 1, '}' => -1, _ => 0 };
            }
        }

        return fields;
    }

    /// <summary>Refuses a field that the version does not know.</summary>
    public static GraphRefusal? Unknown(IReadOnlyList<string> fields, string version)
    {
        foreach (var field in fields)
        {
            var known = field switch
            {
                "id" or "health_status" => true,
                "whatsapp_business_manager_messaging_limit" => GraphCall.Version(version) >= 24,
                _ => Fields.ContainsKey(field),
            };
            if (!known)
                return GraphRefusal.UnknownField(field, Node);
        }

        return null;
    }

    public static void Write(Utf8JsonWriter writer, SandboxNumber number, IReadOnlyList<string> fields, string appId)
    {
        foreach (var field in fields)
        {
            if (field == "health_status")
                WriteHealth(writer, number, appId);
            else if (field != "id")
                Fields[field](writer, number);
        }

        writer.WriteString("id"u8, number.Id);
    }

    // The one place where a number names its account and portfolio.
    private static void WriteHealth(Utf8JsonWriter writer, SandboxNumber number, string appId)
    {
        var sends = number.Status == "CONNECTED" ? "AVAILABLE" : "BLOCKED";
        writer.WriteStartObject("health_status"u8);
        writer.WriteString("can_send_message"u8, sends);
        writer.WriteStartArray("entities"u8);
        WriteEntity(writer, "PHONE_NUMBER", number.Id, sends);
        WriteEntity(writer, "WABA", number.Account.Id, "AVAILABLE");
        WriteEntity(writer, "BUSINESS", number.Account.Portfolio.Id, "AVAILABLE");
        WriteEntity(writer, "APP", appId, "AVAILABLE");
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteEntity(Utf8JsonWriter writer, string type, string id, string sends)
    {
        writer.WriteStartObject();
        writer.WriteString("entity_type"u8, type);
        writer.WriteString("id"u8, id);
        writer.WriteString("can_send_message"u8, sends);
        writer.WriteEndObject();
    }
}
