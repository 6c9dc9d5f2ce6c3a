using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Contacts;

/// <summary>Where rows go and who says so.</summary>
/// <param name="Key">By what people are recognised first of all.</param>
/// <param name="Source"><c>api</c> or <c>import</c>: where an opt-in or opt-out that a row tells comes from.</param>
/// <param name="Actor">Who called or uploaded.</param>
/// <param name="ImportId">The import, where it is one.</param>
internal sealed record MergeTarget(Guid WorkspaceId, Guid AgentId, ContactKey Key, string Source, string Actor, Guid? ImportId = null);

/// <summary>What became of a row.</summary>
internal enum MergeOutcome
{
    /// <summary>A new contact.</summary>
    Created = 1,

    /// <summary>A contact that was known.</summary>
    Updated = 2,

    /// <summary>A contact that the same import wrote before.</summary>
    UpdatedAgain = 3,

    /// <summary>None: its keys belong to different contacts.</summary>
    Refused = 4,
}

/// <summary>What became of a row.</summary>
/// <param name="Number">The row's place.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="ContactId">The contact.</param>
/// <param name="InTheWay">The contact that one of a refused row's keys belongs to.</param>
internal sealed record MergedRow(long Number, MergeOutcome Outcome, Guid ContactId, Guid? InTheWay);

/// <summary>Turns rows into contacts, set-based, in the caller's transaction: staged by COPY, merged by one statement however many they are.</summary>
internal static class ContactMerge
{
    // Each run leaves only rows of people that an earlier row of the same run was about.
    private const int MostRuns = 10;

    /// <summary>Merges rows that contradict each other in nothing (<see cref="ContactBatch"/>).</summary>
    public static async Task<IReadOnlyList<MergedRow>> ApplyAsync(
        NpgsqlConnection connection, MergeTarget target, IReadOnlyList<ContactRow> rows, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
            return [];
        await StageAsync(connection, target, rows, now, cancellationToken);
        if (rows.Any(row => row.OptedIn == false))
            await OptOutAsync(connection, target, now, cancellationToken);

        var merged = new List<MergedRow>(rows.Count);
        for (var run = 1; ; run++)
        {
            var before = merged.Count;
            await MergeAsync(connection, target, now, merged, cancellationToken);
            if (merged.Count >= rows.Count)
                return merged;
            if (run == MostRuns)
                throw new InvalidOperationException($"{rows.Count - merged.Count} of {rows.Count} rows could not be merged in {MostRuns} runs.");
            await using var done = new NpgsqlCommand(ContactMergeSql.Done, connection);
            done.Parameters.AddWithValue("done", merged.Skip(before).Select(row => row.Number).ToArray());
            await done.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task StageAsync(NpgsqlConnection connection, MergeTarget target, IReadOnlyList<ContactRow> rows, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using (var batch = new NpgsqlBatch(connection) { BatchCommands = { new(ContactMergeSql.Stage), new(ContactMergeSql.Lock), new(ContactMergeSql.WithoutJit) } })
        {
            batch.BatchCommands[1].Parameters.AddWithValue("agent", target.AgentId);
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await CopyAsync(connection, rows, now, cancellationToken);
    }

    private static async Task CopyAsync(NpgsqlConnection connection, IReadOnlyList<ContactRow> rows, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(ContactMergeSql.Copy, cancellationToken);
        var ids = rows.Select(_ => Guid.CreateVersion7(now)).Order().ToArray();
        foreach (var (place, row) in rows.Index())
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(row.Number, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(ids[place], NpgsqlDbType.Uuid, cancellationToken);
            await WriteAsync(copy, row.ExternalId, cancellationToken);
            await WriteAsync(copy, row.Phone, cancellationToken);
            await WriteAsync(copy, row.UserId, cancellationToken);
            await WriteAsync(copy, row.Name, cancellationToken);
            await WriteAsync(copy, row.Email, cancellationToken);
            await WriteAsync(copy, row.Language, cancellationToken);
            await copy.WriteAsync(Sorted(row.Tags), NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(Json(row.Attributes), NpgsqlDbType.Jsonb, cancellationToken);
            if (row.OptedIn is { } optedIn)
                await copy.WriteAsync(optedIn, NpgsqlDbType.Boolean, cancellationToken);
            else
                await copy.WriteNullAsync(cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static async Task MergeAsync(NpgsqlConnection connection, MergeTarget target, DateTimeOffset now, List<MergedRow> merged, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ContactMergeSql.Merge, connection) { CommandTimeout = 120 };
        AddTarget(command, target, now);
        command.Parameters.AddWithValue("external_first", target.Key == ContactKey.ExternalId);
        command.Parameters.Add(new NpgsqlParameter("import", NpgsqlDbType.Uuid) { Value = (object?)target.ImportId ?? DBNull.Value });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            merged.Add(new MergedRow(row.GetInt64(0), (MergeOutcome)row.GetInt32(1), row.GetGuid(2), await row.IsDBNullAsync(3, cancellationToken) ? null : row.GetGuid(3)));
    }

    private static async Task OptOutAsync(NpgsqlConnection connection, MergeTarget target, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ContactMergeSql.OptOut, connection);
        AddTarget(command, target, now);
        command.Parameters.AddWithValue("actor", target.Actor);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddTarget(NpgsqlCommand command, MergeTarget target, DateTimeOffset now)
    {
        command.Parameters.AddWithValue("workspace", target.WorkspaceId);
        command.Parameters.AddWithValue("agent", target.AgentId);
        command.Parameters.AddWithValue("source", target.Source);
        command.Parameters.AddWithValue("now", now);
    }

    /// <summary>Custom attributes, each as JSON already, as one object.</summary>
    internal static string Json(IReadOnlyDictionary<string, string> attributes)
    {
        if (attributes.Count == 0)
            return "{}";
        var json = new StringBuilder("{");
        foreach (var (name, value) in attributes)
            json.Append(json.Length > 1 ? "," : "").Append(System.Text.Json.JsonSerializer.Serialize(name)).Append(':').Append(value);
        return json.Append('}').ToString();
    }

    /// <summary>Tags as they are kept: sorted, each once.</summary>
    internal static string[] Sorted(IReadOnlyList<string> tags) => tags.Count == 0 ? [] : [.. tags.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static Task WriteAsync(NpgsqlBinaryImporter copy, string? value, CancellationToken cancellationToken) =>
        value is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(value, NpgsqlDbType.Text, cancellationToken);
}
