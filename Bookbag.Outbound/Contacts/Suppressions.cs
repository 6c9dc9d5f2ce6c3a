using System.Text.Json;
using Bookbag.Outbound.DeliveryEvents;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Contacts;

/// <summary>A person said no to marketing, or yes again.</summary>
/// <param name="Address"><c>p:</c> and the digits of a phone number, or <c>u:</c> and a user id.</param>
/// <param name="OptedOut">True: no. False: yes again.</param>
/// <param name="At">When it was said.</param>
/// <param name="Source">One of <see cref="SuppressionSources"/>.</param>
/// <param name="Reason">In words.</param>
/// <param name="Actor">Who wrote it down, where it was not the person.</param>
internal sealed record ConsentChange(
    Guid WorkspaceId, Guid AgentId, string Address, SuppressionList List, bool OptedOut, DateTimeOffset At, string Source, string? Reason = null, string? Actor = null);

/// <summary>Who must not get marketing. Every way to say so goes through here.</summary>
internal static class Suppressions
{
    /// <summary>Meta's error code for "this person stopped marketing".</summary>
    private const int StoppedMarketing = 131050;

    /// <summary>Applies delivery events: opt_out, opt_in, preference, and a status that failed with 131050. Others are passed over. In the caller's transaction.</summary>
    public static Task ApplyAsync(NpgsqlConnection connection, IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken) =>
        WriteAsync(connection, [.. events.SelectMany(Read)], cancellationToken);

    /// <summary>Writes what people said, in the caller's transaction; in whatever order it comes, the latest word holds.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, IReadOnlyList<ConsentChange> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new(SuppressionsSql.Write), new(SuppressionsSql.OptIn) } };
        foreach (NpgsqlBatchCommand command in batch.BatchCommands)
        {
            command.Parameters.AddWithValue("workspaces", changes.Select(c => c.WorkspaceId).ToArray());
            command.Parameters.AddWithValue("agents", changes.Select(c => c.AgentId).ToArray());
            command.Parameters.AddWithValue("addresses", changes.Select(c => c.Address).ToArray());
            command.Parameters.AddWithValue("lists", changes.Select(c => FilterNames.Of(c.List)).ToArray());
            command.Parameters.AddWithValue("outs", changes.Select(c => c.OptedOut).ToArray());
            command.Parameters.AddWithValue("ats", changes.Select(c => c.At).ToArray());
            command.Parameters.AddWithValue("sources", changes.Select(c => c.Source).ToArray());
            command.Parameters.Add(new NpgsqlParameter("reasons", NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = changes.Select(c => c.Reason).ToArray() });
            command.Parameters.Add(new NpgsqlParameter("actors", NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = changes.Select(c => c.Actor).ToArray() });
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What an event says of somebody's consent; nothing, where it says nothing of it.</summary>
    internal static IEnumerable<ConsentChange> Read(DeliveryEvent happened) => happened.Kind switch
    {
        "opt_out" => Of(happened, happened.Customer, SuppressionList.Own, optedOut: true, SuppressionSources.StopWord, Text(happened.Payload, "word")),
        "opt_in" => Of(happened, happened.Customer, SuppressionList.Own, optedOut: false, SuppressionSources.StartWord, Text(happened.Payload, "word")),
        "preference" => ReadPreferences(happened),
        "status" when Stopped(happened.Payload) => Of(
            happened, happened.Customer ?? Address(happened.Payload, "recipient_id", "recipient_user_id"), SuppressionList.Meta, optedOut: true, SuppressionSources.Error131050, null),
        _ => [],
    };

    // {"user_preferences":[{"wa_id":"16505551234","user_id":"US.…","detail":"User requested to stop marketing messages","category":"marketing_messages",
    //   "value":"stop","timestamp":1731705721}]}, or one of its items. What is neither stop nor resume, such as signup, changes nothing.
    private static IEnumerable<ConsentChange> ReadPreferences(DeliveryEvent happened)
    {
        var items = happened.Payload.ValueKind == JsonValueKind.Object && happened.Payload.TryGetProperty("user_preferences", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().ToList() : [happened.Payload];
        foreach (var item in items)
        {
            if (Text(item, "value") is not ("stop" or "resume") || Text(item, "category") is not (null or "marketing_messages"))
                continue;
            var at = long.TryParse(Text(item, "timestamp"), out var seconds) && seconds is > 0 and < 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : happened.At;
            string?[] addresses = [Address(item, "wa_id", null), Address(item, null, "user_id")];
            foreach (var address in addresses.Any(a => a is not null) ? addresses : [happened.Customer])
            {
                foreach (var change in Of(happened with { At = at }, address, SuppressionList.Meta, Text(item, "value") == "stop", SuppressionSources.Preference, Text(item, "detail")))
                    yield return change;
            }
        }
    }

    private static IEnumerable<ConsentChange> Of(DeliveryEvent happened, string? address, SuppressionList list, bool optedOut, string source, string? reason)
    {
        if (address is { Length: > 2 })
            yield return new ConsentChange(happened.WorkspaceId, happened.AgentId, address, list, optedOut, happened.At, source, reason);
    }

    private static bool Stopped(JsonElement status) =>
        status.ValueKind == JsonValueKind.Object && status.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array
        && errors.EnumerateArray().Any(error => Text(error, "code") == StoppedMarketing.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static string? Address(JsonElement item, string? phone, string? userId) =>
        phone is not null && Text(item, phone) is { } digits ? $"p:{digits.TrimStart('+')}" : userId is not null && Text(item, userId) is { } id ? $"u:{id}" : null;

    // Meta's numbers come as texts and its texts as numbers.
    private static string? Text(JsonElement item, string name)
    {
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty(name, out var value))
            return null;
        var text = value.ValueKind switch { JsonValueKind.String => value.GetString(), JsonValueKind.Number => value.GetRawText(), _ => null };
        return string.IsNullOrWhiteSpace(text) ? null : text;
    }
}
