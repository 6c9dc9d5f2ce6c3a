using System.Text.Json;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Contacts.Imports;

/// <summary>Takes a CSV file in, a chunk in memory at a time, looks at how it is written, and guesses what its columns are.</summary>
internal sealed class UploadFile(NpgsqlDataSource dataSource, IOptions<ImportOptions> options, TimeProvider clock)
{
    private const int ChunkSize = 512 * 1024;
    private const int SampleSize = 64 * 1024;

    /// <summary>Takes the body of a request: the file itself, or a form with one.</summary>
    public static async Task<Results<Created<ImportResponse>, ProblemHttpResult>> Handle(
        Guid agentId, string? fileName, HttpContext http, Caller caller, UploadFile upload, OutboundDb db, IOptions<ImportOptions> options, CancellationToken cancellationToken)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.Value.LargestFile;
        var (file, name) = await OpenAsync(http.Request, cancellationToken);
        if (file is null)
            return Refusal.Invalid("file_missing", "Send the CSV file as the body, or as the part `file` of a form.");
        var (id, problem) = await upload.RunAsync(caller, agentId, Path.GetFileName(fileName ?? name ?? "contacts.csv"), file, cancellationToken);
        if (problem is not null)
            return Refusal.Invalid(problem.Code, problem.Message);
        var import = await db.Set<Import>().AsNoTracking().SingleAsync(i => i.AgentId == agentId && i.Id == id, cancellationToken);
        return TypedResults.Created($"/api/agents/{agentId}/outbound/contacts/imports/{id}", ImportResponse.Of(import));
    }

    private async Task<(Guid Id, RowProblem? Problem)> RunAsync(Caller caller, Guid agentId, string name, Stream file, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await ExecuteAsync(ImportSql.Begin, caller, agentId, id, cancellationToken, ("file_name", name.Length > 200 ? name[..200] : name), ("actor", caller.Name), ("now", now));

        var detector = new EncodingDetector();
        var sample = new MemoryStream();
        long bytes = 0;
        var chunk = new byte[ChunkSize];
        for (var number = 0; ; number++)
        {
            var count = await file.ReadAtLeastAsync(chunk, ChunkSize, throwOnEndOfStream: false, cancellationToken);
            if (count == 0)
                break;
            bytes += count;
            if (bytes > options.Value.LargestFile)
                return await AbandonAsync(caller, agentId, id, "file_too_large", $"The file is larger than {options.Value.LargestFile / 1024 / 1024} MB. Part it.", cancellationToken);
            detector.Pass(chunk.AsSpan(0, count));
            if (sample.Length < SampleSize)
                sample.Write(chunk, 0, (int)Math.Min(count, SampleSize - sample.Length));
            await ExecuteAsync(ImportSql.Chunk, caller, agentId, id, cancellationToken, ("number", number), ("data", chunk.AsMemory(0, count).ToArray()));
        }

        var text = Read(sample, detector.Name, bytes);
        var delimiter = ImportSample.DelimiterOf(text);
        var rows = ImportSample.ReadRows(text, delimiter);
        if (rows.Count == 0)
            return await AbandonAsync(caller, agentId, id, "file_empty", "There are no rows in the file.", cancellationToken);
        var hasHeader = ImportSample.HasHeader(rows);
        await ExecuteAsync(ImportSql.Arrive, caller, agentId, id, cancellationToken, ("bytes", bytes), ("encoding", detector.Name), ("delimiter", delimiter.ToString()),
            ("has_header", hasHeader), ("columns", JsonSerializer.Serialize(ImportSample.Columns(rows, hasHeader), ImportWorker.Stored)));
        return (id, null);
    }

    // The sample may end within a letter and within a row: both go.
    private static string Read(MemoryStream sample, string encoding, long bytes)
    {
        sample.Position = 0;
        using var reader = new StreamReader(sample, EncodingDetector.Get(encoding), detectEncodingFromByteOrderMarks: true);
        var text = reader.ReadToEnd();
        return bytes > SampleSize && text.LastIndexOf('\n') is > 0 and var end ? text[..end] : text;
    }

    private async Task<(Guid, RowProblem)> AbandonAsync(Caller caller, Guid agentId, Guid id, string code, string words, CancellationToken cancellationToken)
    {
        await ExecuteAsync(ImportSql.Cancel, caller, agentId, id, cancellationToken, ("now", clock.GetUtcNow()));
        return (id, new RowProblem(0, code, words));
    }

    private async Task ExecuteAsync(string sql, Caller caller, Guid agentId, Guid id, CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        await using var command = dataSource.CreateCommand(sql);
        command.Parameters.AddWithValue("workspace", caller.WorkspaceId);
        command.Parameters.AddWithValue("agent", agentId);
        command.Parameters.AddWithValue("id", id);
        foreach (var (name, value) in parameters)
        {
            if (name == "columns")
                command.Parameters.AddWithValue(name, NpgsqlDbType.Jsonb, value);
            else
                command.Parameters.AddWithValue(name, value);
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<(Stream? File, string? Name)> OpenAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            return (request.Body, null);
        if (HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 } boundary)
            return (null, null);
        // Read as it comes: a form that ASP.NET reads is on the disk first.
        var form = new MultipartReader(boundary, request.Body);
        while (await form.ReadNextSectionAsync(cancellationToken) is { } section)
        {
            if (section.AsFileSection() is { } part)
                return (part.FileStream, part.FileName);
        }

        return (null, null);
    }
}
