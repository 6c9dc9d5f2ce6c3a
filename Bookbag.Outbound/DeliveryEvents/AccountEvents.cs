using System.Globalization;
using System.Text.Json;
using Bookbag.Outbound.MessagingLimits;
using Bookbag.Outbound.Sending;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;

namespace Bookbag.Outbound.DeliveryEvents;

/// <summary>
/// What Meta tells of an account and its numbers: another tier holds at once, another throughput is asked for, a ban breaks the channel until it is lifted, and a restriction
/// rests campaigns until it ends.
/// </summary>
internal sealed class AccountEvents(TimeProvider clock)
{
    private const string Deleted = "Meta says that the WhatsApp Business Account was deleted.";
    private const string Disabled = "Meta has disabled the WhatsApp Business Account. See Meta Business Suite, Account quality, and ask for a review there.";
    private const string Offboarded = "The number was taken off the Cloud API, in the WhatsApp Business app or by Meta. Connect it again.";

    // Where Meta does not say for how long: its shortest. If the restriction lasts longer, the next message is refused and campaigns rest again.
    private static readonly TimeSpan ShortestRestriction = TimeSpan.FromDays(1);

    /// <summary>Within the caller's transaction.</summary>
    public async Task ApplyAsync(NpgsqlConnection connection, IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var happened in events.OrderBy(e => e.At))
        {
            // Shapes: 2000, "2000", "TIER_2K", "UNLIMITED", -1.
            if (Tier(happened.Payload) is { IsKnown: true, Name: { } tier })
                await ExecuteAsync(connection, LedgerSql.SpreadTier, happened, cancellationToken, new("tier", tier), new("changed", false), new("now", now));
            else if (happened.Field is "phone_number_quality_update" or "account_review_update" or "business_capability_update")
                await ExecuteAsync(connection, DeliveryEventSql.AskAgain, happened, cancellationToken);
            await UpdateAsync(connection, happened, now, cancellationToken);
        }
    }

    // {"max_daily_conversations_per_business":2000,"max_phone_numbers_per_business":2}
    internal static MessagingLimitTier? Tier(JsonElement value) => value.ValueKind != JsonValueKind.Object ? null
        : (value.TryGetProperty("max_daily_conversations_per_business", out var limit) || value.TryGetProperty("max_daily_conversation_per_phone", out limit))
            && limit.ValueKind is JsonValueKind.Number or JsonValueKind.String
            ? MessagingLimitTiers.Parse(limit.ValueKind == JsonValueKind.String ? limit.GetString() : limit.GetRawText())
            : null;

    // {"phone_number":"…","event":"ACCOUNT_RESTRICTION","restriction_info":[{"restriction_type":"RESTRICTED_BIZ_INITIATED_MESSAGING","expiration":1700000000}]}
    // {"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"DISABLE","waba_ban_date":"…"}}
    private static async Task UpdateAsync(NpgsqlConnection connection, DeliveryEvent happened, DateTimeOffset now, CancellationToken cancellationToken)
    {
        switch (Text(happened.Payload, "event"), BanState(happened.Payload))
        {
            case ("ACCOUNT_RESTRICTION", _) when Restriction(happened) is { } until && until > now:
                var detail = string.Create(CultureInfo.InvariantCulture,
                    $"Meta has restricted the WhatsApp Business Account: it must not write to customers first until {until:yyyy-MM-dd HH:mm} UTC. The reason is in Meta Business Suite, Account quality. Replies go on.");
                await ExecuteAsync(connection, DeliveryEventSql.Restrict, happened, cancellationToken, new("until", until), new("detail", detail));
                break;
            case ("ACCOUNT_DELETED", _):
                await BreakAsync(connection, happened, Deleted, now, cancellationToken);
                break;
            case ("DISABLED_UPDATE", "DISABLE"):
                await BreakAsync(connection, happened, Disabled, now, cancellationToken);
                break;
            case ("ACCOUNT_OFFBOARDED", _):
                await BreakAsync(connection, happened, Offboarded, now, cancellationToken);
                break;
            case ("DISABLED_UPDATE", "REINSTATE") or ("ACCOUNT_RECONNECTED", _):
                await ExecuteAsync(connection, DeliveryEventSql.Reinstate, happened, cancellationToken, new("now", now), new("problems", new[] { Deleted, Disabled, Offboarded }));
                break;
        }
    }

    /// <summary>Until when the account must not write first; null where other rights were taken.</summary>
    private static DateTimeOffset? Restriction(DeliveryEvent happened)
    {
        if (happened.Payload.TryGetProperty("restriction_info", out var list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in list.EnumerateArray().Where(item => Text(item, "restriction_type") == "RESTRICTED_BIZ_INITIATED_MESSAGING"))
                return Time(Text(item, "expiration")) ?? happened.At + ShortestRestriction;
        }

        return null;
    }

    // Seconds since 1970 as a number or a text, or a time as text.
    private static DateTimeOffset? Time(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds < 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time
        : null;

    private static string? BanState(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("ban_info", out var ban) ? Text(ban, "waba_ban_state") : null;

    private static string? Text(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member)
            ? member.ValueKind switch { JsonValueKind.String => member.GetString(), JsonValueKind.Number => member.GetRawText(), _ => null }
            : null;

    private static Task BreakAsync(NpgsqlConnection connection, DeliveryEvent happened, string problem, DateTimeOffset now, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, EffectSql.BreakChannel, happened, cancellationToken, new("detail", problem), new("until", now + SendDecision.ProbeBroken), new("now", now));

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, DeliveryEvent happened, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue("channel", happened.ChannelId);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
