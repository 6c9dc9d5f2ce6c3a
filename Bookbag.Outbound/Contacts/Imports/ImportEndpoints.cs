using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Contacts.Imports;

/// <summary>Files that become contacts.</summary>
public static class ImportEndpoints
{
    /// <summary>Adds what imports need.</summary>
    public static void AddImports(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ImportOptions>().BindConfiguration(ImportOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<UploadFile>();
        builder.Services.AddSingleton<ImportMetrics>();
        builder.Services.AddSingleton<ImportWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ImportWorker>());
    }

    /// <summary>Maps <c>/api/agents/{agentId}/outbound/contacts/imports</c>.</summary>
    public static void MapImports(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/agents/{agentId:guid}/outbound/contacts/imports").WithTags("Imports").RequireKnownAgent().RequireAuthorization(Policies.Viewer);
        group.MapGet("", List).WithName("ListImports").WithSummary("Lists an agent's imports, the latest first");
        group.MapPost("", UploadFile.Handle).RequireAuthorization(Policies.Editor).DisableAntiforgery().WithName("UploadImport").RecordsNothing()
            .WithSummary("Uploads a CSV file").WithDescription("The answer shows its columns and what they seem to be. Nothing is imported before it is started.");
        group.MapGet("/{id:guid}", Get).WithName("GetImport").WithSummary("Shows an import and how far it is");
        group.MapPost("/{id:guid}/start", Start).RequireAuthorization(Policies.Editor).WithName("StartImport").Records("import.started")
            .WithSummary("Starts an import").WithDescription("With the columns as they were guessed, unless `mapping` says otherwise.");
        group.MapPost("/{id:guid}/cancel", Cancel).RequireAuthorization(Policies.Editor).WithName("CancelImport").Records("import.cancelled")
            .WithSummary("Stops an import").WithDescription("What became contacts before stays.");
        group.MapGet("/{id:guid}/errors", Errors).WithName("DownloadImportErrors").Produces(StatusCodes.Status200OK, contentType: "text/csv")
            .WithSummary("Downloads the rows that could not be imported, with the reasons, as a CSV file");
    }

    private static async Task<Ok<Page<ImportResponse>>> List(Guid agentId, Cursor? cursor, int? limit, OutboundDb db, CancellationToken cancellationToken)
    {
        var size = Page.Size(limit);
        var rows = db.Set<Import>().AsNoTracking().Where(i => i.AgentId == agentId);
        if (cursor is { Id: var last })
            rows = rows.Where(i => i.Id.CompareTo(last) < 0);
        var found = await rows.OrderByDescending(i => i.Id).Take(size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(Page.Of([.. found.Select(ImportResponse.Of)], size, i => new Cursor(i.CreatedAt, i.Id)));
    }

    private static async Task<Results<Ok<ImportResponse>, ProblemHttpResult>> Get(Guid agentId, Guid id, OutboundDb db, CancellationToken cancellationToken) =>
        await FindAsync(db, agentId, id, cancellationToken) is { } import ? TypedResults.Ok(ImportResponse.Of(import)) : NotFound();

    private static async Task<Results<Ok<ImportResponse>, ProblemHttpResult>> Start(
        Guid agentId, Guid id, [FromBody] StartImportRequest? request, Caller caller, OutboundDb db, PlatformDb platform, NpgsqlDataSource dataSource, WakeUps wakeUps, TimeProvider clock,
        ActivitySubject subject, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, agentId, id, cancellationToken) is not { } import)
            return NotFound();
        if (import.State != ImportState.Ready)
            return Refusal.Conflict("import_not_ready", $"The import is {FilterNames.Of(import.State)}; only one that is ready can be started.");
        var columns = import.Columns!.Value.Deserialize<List<ImportColumn>>(ImportWorker.Stored)!; // there since it is ready
        var mapping = request?.Mapping ?? [.. columns.Select(column => column.Guess)];
        var region = request?.DefaultRegion?.ToUpperInvariant() ?? await platform.RegionOfAsync(agentId, cancellationToken);
        if (ProblemOf(mapping, columns, region, request?.Tags ?? []) is { } problem)
            return Refusal.Invalid("mapping_invalid", problem);

        await using var command = dataSource.CreateCommand(ImportSql.Start);
        command.Parameters.AddWithValue("workspace", caller.WorkspaceId);
        command.Parameters.AddWithValue("agent", agentId);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("mapping", NpgsqlDbType.Jsonb, JsonSerializer.Serialize(mapping, ImportWorker.Stored));
        command.Parameters.Add(new NpgsqlParameter("region", NpgsqlDbType.Text) { Value = (object?)region ?? DBNull.Value });
        command.Parameters.AddWithValue("tags", request?.Tags?.Select(tag => tag.Trim()).ToArray() ?? []);
        command.Parameters.AddWithValue("opted_in", request?.OptedIn ?? false);
        command.Parameters.AddWithValue("has_header", request?.HasHeader ?? import.HasHeader!.Value); // there since it is ready
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        await command.ExecuteNonQueryAsync(cancellationToken);
        wakeUps.Signal(ImportWorker.Topic);
        subject.Is(import.FileName);
        return await Get(agentId, id, db, cancellationToken);
    }

    private static async Task<Results<Ok<ImportResponse>, ProblemHttpResult>> Cancel(
        Guid agentId, Guid id, Caller caller, OutboundDb db, NpgsqlDataSource dataSource, WakeUps wakeUps, ActivitySubject subject, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, agentId, id, cancellationToken) is not { } import)
            return NotFound();
        await using var command = dataSource.CreateCommand(ImportSql.Cancel);
        command.Parameters.AddWithValue("workspace", caller.WorkspaceId);
        command.Parameters.AddWithValue("agent", agentId);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
            return Refusal.Conflict("import_over", "The import is over already.");
        wakeUps.Signal(ImportWorker.Topic);
        subject.Is(import.FileName);
        return await Get(agentId, id, db, cancellationToken);
    }

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> Errors(
        Guid agentId, Guid id, OutboundDb db, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, agentId, id, cancellationToken) is not { } import)
            return NotFound();
        return TypedResults.Stream(stream => WriteErrorsAsync(stream, import, dataSource, cancellationToken), "text/csv; charset=utf-8", $"errors-of-{Path.GetFileNameWithoutExtension(import.FileName)}.csv");
    }

    // The file's own columns, so that the rows can be mended and imported again, and the reason before them.
    private static async Task WriteErrorsAsync(Stream stream, Import import, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var columns = import.Columns?.Deserialize<List<ImportColumn>>(ImportWorker.Stored) ?? [];
        // With the mark that spreadsheets know UTF-8 by.
        await using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        await text.WriteAsync(CsvRows.Write(columns.Select(column => column.Name).Prepend("column").Prepend("error").Prepend("row")));

        await using var command = dataSource.CreateCommand("SELECT row, message, column_name, cells FROM outbound.import_errors WHERE workspace_id = @workspace AND import_id = @import ORDER BY row");
        command.Parameters.AddWithValue("workspace", import.WorkspaceId);
        command.Parameters.AddWithValue("import", import.Id);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var column = await row.IsDBNullAsync(2, cancellationToken) ? "" : row.GetString(2);
            await text.WriteAsync(CsvRows.Write([row.GetInt64(0).ToString(CultureInfo.InvariantCulture), row.GetString(1), column, .. row.GetFieldValue<string[]>(3)]));
        }
    }

    private static string? ProblemOf(IReadOnlyList<ColumnMapping> mapping, List<ImportColumn> columns, string? region, IReadOnlyList<string> tags)
    {
        if (region is not null && !E164.IsRegion(region))
            return $"\"{region}\" is not a region. Write two letters, such as DE or US.";
        if (tags.Count > 20 || tags.Any(tag => tag is null || tag.Trim().Length is 0 or > 100))
            return "There may be 20 tags of 1 to 100 characters.";
        if (mapping.FirstOrDefault(m => columns.TrueForAll(c => c.Column != m.Column)) is { } stray)
            return $"The file has no column {stray.Column}.";
        if (mapping.GroupBy(m => m.Column).Any(group => group.Count() > 1))
            return "A column becomes one thing only.";
        if (mapping.Where(m => m.To is not (ColumnTarget.Ignore or ColumnTarget.Attribute or ColumnTarget.Tags)).GroupBy(m => m.To).FirstOrDefault(group => group.Count() > 1) is { } twice)
            return $"Two columns become {FilterNames.Of(twice.Key)}.";
        if (mapping.Where(m => m.To == ColumnTarget.Attribute).GroupBy(m => m.Attribute).FirstOrDefault(group => group.Count() > 1) is { } attribute)
            return $"Two columns become the attribute {attribute.Key}.";
        if (mapping.Any(m => m.To == ColumnTarget.Attribute && (m.Attribute is null || !AttributeValues.IsName(m.Attribute))))
            return "A column that becomes an attribute says which one: 1 to 100 characters, without braces.";
        return mapping.Any(m => m.To is ColumnTarget.Phone or ColumnTarget.ExternalId or ColumnTarget.UserId)
            ? null : "No column says who the contact is. Let one become phone, external_id or user_id.";
    }

    private static Task<Import?> FindAsync(OutboundDb db, Guid agentId, Guid id, CancellationToken cancellationToken) =>
        db.Set<Import>().AsNoTracking().SingleOrDefaultAsync(i => i.AgentId == agentId && i.Id == id, cancellationToken);

    private static ProblemHttpResult NotFound() => Refusal.NotFound("import_not_found", "The agent has no such import.");
}

/// <summary>What a file's columns mean.</summary>
/// <param name="Mapping">What each column becomes; what is not named is ignored. The guess where it is left out.</param>
/// <param name="DefaultRegion">The region of numbers without a country code, such as DE; the agent's own where it is left out.</param>
/// <param name="Tags">Put on every contact of the file.</param>
/// <param name="OptedIn">Whether everybody in the file agreed to marketing. Who opted out stays out.</param>
/// <param name="HasHeader">Whether the first row names the columns.</param>
public sealed record StartImportRequest(
    IReadOnlyList<ColumnMapping>? Mapping = null, [MaxLength(2)] string? DefaultRegion = null, IReadOnlyList<string>? Tags = null, bool? OptedIn = null, bool? HasHeader = null);

/// <summary>An import as the API shows it.</summary>
/// <param name="RowsRead">Rows that are done.</param>
/// <param name="RowsDuplicate">Rows of somebody who is in the file above; merged.</param>
/// <param name="RowsFailed">Rows that are no contacts; download them with their reasons.</param>
/// <param name="Progress">0 to 1, by bytes.</param>
/// <param name="Problem">Why it failed.</param>
public sealed record ImportResponse(
    Guid Id, string FileName, ImportState State, long Bytes, string? Encoding, string? Delimiter, bool? HasHeader, JsonElement? Columns, JsonElement? Mapping, string? DefaultRegion,
    IReadOnlyList<string> Tags, bool OptedIn, string CreatedBy, long RowsRead, long RowsCreated, long RowsUpdated, long RowsDuplicate, long RowsFailed, double Progress, string? Problem,
    DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    internal static ImportResponse Of(Import i) => new(
        i.Id, i.FileName, i.State, i.Bytes, i.Encoding, i.Delimiter, i.HasHeader, i.Columns, i.Mapping, i.DefaultRegion, i.Tags, i.OptedIn, i.CreatedBy, i.RowsRead, i.RowsCreated,
        i.RowsUpdated, i.RowsDuplicate, i.RowsFailed, i.State == ImportState.Completed ? 1 : i.Bytes == 0 ? 0 : Math.Round((double)i.BytesRead / i.Bytes, 3), i.Problem, i.CreatedAt, i.StartedAt, i.FinishedAt);
}
