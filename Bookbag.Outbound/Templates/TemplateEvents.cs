using System.Globalization;
using System.Text.Json;
using Bookbag.Outbound.DeliveryEvents;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Templates;

/// <summary>What Meta's webhooks say of templates.</summary>
internal static class TemplateEvents
{
    /// <summary>Applies delivery events of kind template, in the caller's transaction; others are passed over. In whatever order they come, the latest word holds.</summary>
    /// <remarks>Where an event says less than all (changed components, a status that ends another), the next round of <see cref="TemplateSyncWorker"/> reads again.</remarks>
    public static async Task ApplyAsync(NpgsqlConnection connection, IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        var changes = events.Where(happened => happened.Kind == "template").Select(Read).OfType<TemplateChange>().ToList();
        await using var batch = new NpgsqlBatch(connection);
        AddStatuses(batch, [.. changes.OfType<TemplateChange.Status>()]);
        AddQualities(batch, [.. changes.OfType<TemplateChange.Quality>()]);
        AddCategories(batch, [.. changes.OfType<TemplateChange.Category>()]);
        AddSyncs(batch, [.. changes.Where(change => change.ReadAgain)]);
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    // status: {"event":"REJECTED","message_template_id":123,"message_template_name":"…","message_template_language":"en-US","reason":"INVALID_FORMAT",
    //   "rejection_info":{"reason":"…","recommendation":"…"},"other_info":{"title":"FIRST_PAUSE","description":"…"}}
    // quality: {"previous_quality_score":"GREEN","new_quality_score":"YELLOW","message_template_id":123}; Meta's own example of it names the field of statuses.
    // category: {"message_template_id":123,"previous_category":"UTILITY","new_category":"MARKETING"}, or announced:
    //   {"message_template_id":123,"new_category":"UTILITY","correct_category":"MARKETING","category_update_timestamp":1731705721}
    internal static TemplateChange? Read(DeliveryEvent happened)
    {
        var value = happened.Payload;
        if (Word(value, "message_template_id") is not { } id)
            return null;
        if (Word(value, "new_quality_score") is { } quality)
            return new TemplateChange.Quality(happened, id, quality);
        if (Word(value, "event") is { } status)
        {
            var rejection = TemplateDefinition.Member(value, "rejection_info");
            var other = TemplateDefinition.Member(value, "other_info");
            string?[] detail = [Word(rejection, "reason"), Word(rejection, "recommendation"), Word(other, "title"), Word(other, "description")];
            var words = string.Join(" ", detail.Where(part => part is not null));
            var reason = Word(value, "reason");
            // These two say that another status is over, not which one it is now: only reading again tells.
            return new TemplateChange.Status(
                happened, id, status, reason == "NONE" ? null : reason, words.Length == 0 ? null : words, Word(value, "message_template_category"), status is "REINSTATED" or "UNARCHIVED");
        }

        if (Word(value, "correct_category") is { } correct)
            return new TemplateChange.Category(happened, id, correct, null, Done: false, Time(value, "category_update_timestamp"));
        if (Word(value, "new_category") is { } category)
            return new TemplateChange.Category(happened, id, category, Word(value, "previous_category"), Done: true, null);
        return Word(value, "message_template_element") is not null || Word(value, "message_template_title") is not null ? new TemplateChange.Components(happened, id) : null;
    }

    private static void AddStatuses(NpgsqlBatch batch, List<TemplateChange.Status> changes)
    {
        if (changes.Count == 0)
            return;
        var command = Command(batch, TemplateSql.Status, changes);
        command.Parameters.AddWithValue("statuses", changes.Select(c => c.Name).ToArray());
        AddTexts(command, "reasons", changes.Select(c => c.Reason));
        AddTexts(command, "details", changes.Select(c => c.Detail));
        AddTexts(command, "categories", changes.Select(c => c.InCategory));
    }

    private static void AddQualities(NpgsqlBatch batch, List<TemplateChange.Quality> changes)
    {
        if (changes.Count > 0)
            Command(batch, TemplateSql.Quality, changes).Parameters.AddWithValue("qualities", changes.Select(c => c.Score).ToArray());
    }

    private static void AddCategories(NpgsqlBatch batch, List<TemplateChange.Category> changes)
    {
        if (changes.Count == 0)
            return;
        var command = Command(batch, TemplateSql.Category, changes);
        command.Parameters.AddWithValue("dones", changes.Select(c => c.Done).ToArray());
        command.Parameters.AddWithValue("categories", changes.Select(c => c.Name).ToArray());
        AddTexts(command, "previous", changes.Select(c => c.Previous));
        command.Parameters.Add(new NpgsqlParameter("effects", NpgsqlDbType.Array | NpgsqlDbType.TimestampTz) { Value = changes.Select(c => c.TakesEffectAt).ToArray() });
    }

    private static void AddSyncs(NpgsqlBatch batch, List<TemplateChange> changes)
    {
        if (changes.Count == 0)
            return;
        var command = new NpgsqlBatchCommand(TemplateSql.WantSync);
        command.Parameters.AddWithValue("workspaces", changes.Select(c => c.WorkspaceId).ToArray());
        command.Parameters.AddWithValue("agents", changes.Select(c => c.AgentId).ToArray());
        batch.BatchCommands.Add(command);
    }

    private static NpgsqlBatchCommand Command(NpgsqlBatch batch, string sql, IReadOnlyList<TemplateChange> changes)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddWithValue("workspaces", changes.Select(c => c.WorkspaceId).ToArray());
        command.Parameters.AddWithValue("ids", changes.Select(c => c.MetaId).ToArray());
        command.Parameters.AddWithValue("ats", changes.Select(c => c.At).ToArray());
        batch.BatchCommands.Add(command);
        return command;
    }

    private static void AddTexts(NpgsqlBatchCommand command, string name, IEnumerable<string?> values) =>
        command.Parameters.Add(new NpgsqlParameter(name, NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = values.ToArray() });

    private static DateTimeOffset? Time(JsonElement value, string name) =>
        long.TryParse(Word(value, name), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    // Ids are numbers in webhooks and texts in REST; a reason may be null.
    private static string? Word(JsonElement? json, string name) => TemplateDefinition.Member(json, name) switch
    {
        { ValueKind: JsonValueKind.String } text when !string.IsNullOrWhiteSpace(text.GetString()) => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };
}

/// <summary>What one event says of a template.</summary>
internal abstract record TemplateChange(Guid WorkspaceId, Guid AgentId, DateTimeOffset At, string MetaId, bool ReadAgain)
{
    /// <summary>Another status, as Meta says it.</summary>
    public sealed record Status(DeliveryEvent Event, string Id, string Name, string? Reason, string? Detail, string? InCategory, bool SaysLess)
        : TemplateChange(Event.WorkspaceId, Event.AgentId, Event.At, Id, SaysLess);

    /// <summary>Another quality.</summary>
    public sealed record Quality(DeliveryEvent Event, string Id, string Score) : TemplateChange(Event.WorkspaceId, Event.AgentId, Event.At, Id, ReadAgain: false);

    /// <summary>Another category, done or announced.</summary>
    public sealed record Category(DeliveryEvent Event, string Id, string Name, string? Previous, bool Done, DateTimeOffset? TakesEffectAt)
        : TemplateChange(Event.WorkspaceId, Event.AgentId, Event.At, Id, ReadAgain: false);

    /// <summary>Other components; the event does not tell all of them.</summary>
    public sealed record Components(DeliveryEvent Event, string Id) : TemplateChange(Event.WorkspaceId, Event.AgentId, Event.At, Id, ReadAgain: true);
}
