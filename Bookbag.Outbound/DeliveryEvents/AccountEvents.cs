using System.Text.Json;
using Bookbag.Outbound.MessagingLimits;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;

namespace Bookbag.Outbound.DeliveryEvents;

/// <summary>What Meta tells of an account and its numbers: another tier holds at once, another throughput is asked for, a ban breaks the channel.</summary>
internal sealed class AccountEvents(TimeProvider clock)
{
    /// <summary>Within the caller's transaction.</summary>
    public async Task ApplyAsync(NpgsqlConnection connection, IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        foreach (var happened in events.OrderBy(e => e.At))
        {
            // Shapes: 2000, "2000", "TIER_2K", "UNLIMITED", -1.
            if (Tier(happened.Payload) is { IsKnown: true, Name: { } tier })
                await ExecuteAsync(connection, LedgerSql.SpreadTier, happened, cancellationToken, ("tier", tier), ("now", clock.GetUtcNow()));
            else if (happened.Field is "phone_number_quality_update" or "account_review_update" or "business_capability_update")
                await ExecuteAsync(connection, DeliveryEventSql.AskAgain, happened, cancellationToken);
            if (Ban(happened.Payload) is { } ban)
                await ExecuteAsync(connection, DeliveryEventSql.Break, happened, cancellationToken, ("problem", ban));
        }
    }

    // {"max_daily_conversations_per_business":2000,"max_phone_numbers_per_business":2}
    internal static MessagingLimitTier? Tier(JsonElement value) => value.ValueKind != JsonValueKind.Object ? null
        : (value.TryGetProperty("max_daily_conversations_per_business", out var limit) || value.TryGetProperty("max_daily_conversation_per_phone", out limit))
            && limit.ValueKind is JsonValueKind.Number or JsonValueKind.String
            ? MessagingLimitTiers.Parse(limit.ValueKind == JsonValueKind.String ? limit.GetString() : limit.GetRawText())
            : null;

    // {"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"DISABLE","waba_ban_date":"…"}}
    private static string? Ban(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("event", out var name) && name.ValueKind == JsonValueKind.String
            ? name.GetString() switch
            {
                "ACCOUNT_DELETED" => "Meta says that the WhatsApp Business Account was deleted.",
                "DISABLED_UPDATE" when value.GetRawText().Contains("\"DISABLE\"", StringComparison.Ordinal) =>
                    "Meta has disabled the WhatsApp Business Account. See Meta Business Suite, Account quality, and ask for a review there.",
                _ => null,
            }
            : null;

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, DeliveryEvent happened, CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue("channel", happened.ChannelId);
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
