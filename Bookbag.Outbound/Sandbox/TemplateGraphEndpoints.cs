using System.Globalization;
using System.Text.Json;
using Bookbag.Outbound.Templates;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Meta's endpoints of templates and of the upload of their examples.</summary>
internal static class TemplateGraphEndpoints
{
    private const int LargestUpload = 16 * 1024 * 1024;

    public static void MapTemplateGraph(this IEndpointRouteBuilder graph)
    {
        graph.MapGet("/{version}/{id}/message_templates", ListAsync);
        graph.MapPost("/{version}/{id}/message_templates", CreateAsync);
        graph.MapDelete("/{version}/{id}/message_templates", DeleteAsync);
        graph.MapPost("/{version}/{id}", EditAsync);
        graph.MapPost("/{version}/{id}/uploads", OpenUploadAsync);
        graph.MapPost("/{version}/upload:{session}", UploadAsync);
    }

    /// <summary>Answers a read of a node that is a template; false where it is none.</summary>
    public static async Task<bool> TryReadAsync(HttpContext http, string id, string? fields, GraphCall call, SandboxState state)
    {
        AccountTemplate? template;
        lock (state.Gate)
            template = state.TemplateById(id);
        if (template is null)
            return false;
        if (call.CheckToken(http) is { } refusal)
            await call.RefuseAsync(http, refusal);
        else
            await GraphAnswer.WriteAsync(http.Response, 200, template, (writer, t) => t.WriteMembers(writer, NumberFields.Parse(fields)));
        return true;
    }

    // ?fields=id,name&limit=100&after=<cursor>&name=…&status=…
    private static async Task ListAsync(
        HttpContext http, string version, string id, string? fields, int? limit, string? after, string? name, string? status, string? language, string? category,
        GraphCall call, SandboxState state)
    {
        if (!call.TryAccount(http, version, id, out var account, out var refusal))
        {
            await call.RefuseAsync(http, refusal);
            return;
        }

        var skip = 0;
        if (after is not null && (!after.StartsWith("QVFI", StringComparison.Ordinal) || !int.TryParse(after.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out skip)))
        {
            await call.RefuseAsync(http, new GraphRefusal(400, 131059, "Invalid pagination cursor"));
            return;
        }

        List<AccountTemplate> all;
        lock (state.Gate)
        {
            all = [.. state.TemplatesOf(account).Where(t => t.Status != TemplateStatuses.Deleted && (name is null || t.Name == name) && (status is null || t.Status == status)
                && (language is null || t.Language == language) && (category is null || t.Category == category))];
        }

        var size = Math.Clamp(limit ?? 25, 1, 1_000);
        var asked = NumberFields.Parse(fields);
        await GraphAnswer.WriteAsync(http.Response, 200, (all, skip, size), (writer, page) =>
        {
            writer.WriteStartArray("data"u8);
            foreach (var template in page.all.Skip(page.skip).Take(page.size))
                template.Write(writer, asked);
            writer.WriteEndArray();
            writer.WriteStartObject("paging"u8);
            writer.WriteStartObject("cursors"u8);
            writer.WriteString("before"u8, $"QVFI{page.skip}");
            writer.WriteString("after"u8, $"QVFI{page.skip + page.size}");
            writer.WriteEndObject();
            if (page.skip + page.size < page.all.Count)
                writer.WriteString("next"u8, $"{http.Request.Scheme}://{http.Request.Host}{http.Request.Path}?after=QVFI{page.skip + page.size}");
            writer.WriteEndObject();
        });
    }

    private static async Task CreateAsync(HttpContext http, string version, string id, GraphCall call, SandboxState state, TemplateReview review)
    {
        if (!call.TryAccount(http, version, id, out var account, out var refusal))
        {
            await call.RefuseAsync(http, refusal);
            return;
        }

        if (await ReadAsync(http) is not { } body)
        {
            await call.RefuseAsync(http, GraphRefusal.Parameter("(#100) The parameter components is required."));
            return;
        }

        var draft = new TemplateDraft(
            body.Text("name") ?? "", TemplateLanguages.Normalize(body.Text("language") ?? ""), (body.Text("category") ?? "").ToUpperInvariant(),
            (body.Text("parameter_format") ?? "positional").ToLowerInvariant(), body.Member("components")?.Clone() ?? default,
            body.Member("message_send_ttl_seconds") is { ValueKind: JsonValueKind.Number } ttl && ttl.TryGetInt32(out var seconds) ? seconds : null);
        if (Refuse(draft) is { } invalid)
        {
            await call.RefuseAsync(http, invalid);
            return;
        }

        AccountTemplate? template = null;
        lock (state.Gate)
        {
            if (state.AccountTemplate(account, draft.Name, draft.Language) is null)
            {
                template = state.Add(account, draft);
                review.Begin(template);
            }
        }

        if (template is null)
            await call.RefuseAsync(http, Invalid(2388024, "Content in this language already exists", $"There is already {draft.Language} content for this template. You can create a new template and try again."));
        else
            await GraphAnswer.WriteAsync(http.Response, 200, template, (writer, t) =>
            {
                writer.WriteString("id"u8, t.Id);
                writer.WriteString("status"u8, t.Status);
                writer.WriteString("category"u8, t.Category);
            });
    }

    private static async Task EditAsync(HttpContext http, string version, string id, GraphCall call, SandboxState state, TemplateReview review)
    {
        AccountTemplate? template;
        lock (state.Gate)
            template = state.TemplateById(id);
        if ((call.CheckToken(http) ?? (template is null || GraphCall.Version(version) is null ? GraphRefusal.UnknownObject("post", id) : null)) is { } refusal)
        {
            await call.RefuseAsync(http, refusal);
            return;
        }

        var body = await ReadAsync(http);
        var components = body?.Member("components")?.Clone() ?? template!.Components; // refused above where it is null
        var category = body?.Text("category")?.ToUpperInvariant() ?? template!.Category;
        var invalid = template!.Status is not (TemplateStatuses.Approved or TemplateStatuses.Rejected or TemplateStatuses.Paused)
            ? Invalid(2388039, "Template can't be edited", "The status of this template does not let it be edited.")
            : template.Status == TemplateStatuses.Approved && category != template.Category
                ? Invalid(2388039, "Template can't be edited", "The category of an approved template cannot be changed.")
                : Refuse(new TemplateDraft(template.Name, template.Language, category, template.ParameterFormat, components, template.TtlSeconds));
        if (invalid is not null)
        {
            await call.RefuseAsync(http, invalid);
            return;
        }

        lock (state.Gate)
        {
            (template.Components, template.Category) = (components, category);
            review.Begin(template);
        }

        await GraphAnswer.SuccessAsync(http.Response);
    }

    // ?name=X deletes every language, ?hsm_id=ID&name=X one of them.
    private static async Task DeleteAsync(HttpContext http, string version, string id, string? name, string? hsm_id, GraphCall call, SandboxState state)
    {
        if (!call.TryAccount(http, version, id, out var account, out var refusal))
        {
            await call.RefuseAsync(http, refusal);
            return;
        }

        GraphRefusal? invalid;
        lock (state.Gate)
        {
            var meant = state.TemplatesOf(account).Where(t => t.Name == name && (hsm_id is null || t.Id == hsm_id) && t.Status != TemplateStatuses.Deleted).ToList();
            invalid = meant.Count == 0 ? Invalid(2593002, "Message template not found", "There is no such template.")
                : meant.Exists(t => t.Status == TemplateStatuses.Disabled) ? Invalid(2388094, "Template can't be deleted", "A disabled template cannot be deleted.") : null;
            if (invalid is null)
                meant.ForEach(state.Remove);
        }

        await (invalid is null ? GraphAnswer.SuccessAsync(http.Response) : call.RefuseAsync(http, invalid));
    }

    private static Task OpenUploadAsync(HttpContext http, string id, int? file_length, string? file_type, GraphCall call, SandboxState state, SandboxOptions options)
    {
        var refusal = call.CheckToken(http) ?? (id != options.AppId ? GraphRefusal.UnknownObject("post", id)
            : file_length is null or <= 0 or > LargestUpload || file_type is null ? GraphRefusal.Parameter("The parameters file_length and file_type are required.") : null);
        return refusal is not null ? call.RefuseAsync(http, refusal)
            : GraphAnswer.WriteAsync(http.Response, 200, state.Ids.Trace(), (writer, session) => writer.WriteString("id"u8, $"upload:{session}?sig=ARZ{file_length}"));
    }

    private static async Task UploadAsync(HttpContext http, string session, GraphCall call)
    {
        if (call.CheckToken(http) is { } refusal)
        {
            await call.RefuseAsync(http, refusal);
            return;
        }

        await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
        await GraphAnswer.WriteAsync(http.Response, 200, session, (writer, id) => writer.WriteString("h"u8, $"4::{id}"));
    }

    private static GraphRefusal? Refuse(TemplateDraft draft) => TemplateValidation.Check(draft) is [var first, ..]
        ? Invalid(first.Code switch { "variable_at_edge" => 2388299, "too_many_variables" => 2388293, "text_too_long" => 2388040, _ => 2388073 }, "Invalid parameter", $"{first.Field}: {first.Message}")
        : null;

    private static GraphRefusal Invalid(int subcode, string title, string details) => new(400, 100, title, details) { Subcode = subcode, Prefixed = false };

    private static async Task<JsonElement?> ReadAsync(HttpContext http)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
            return body.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
