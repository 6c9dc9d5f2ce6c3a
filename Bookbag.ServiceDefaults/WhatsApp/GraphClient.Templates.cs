using System.Net.Http.Headers;
using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>Templates, which belong to the business account, and the upload of their examples, which belongs to the app.</summary>
public sealed partial class GraphClient
{
    private const int TemplatesInPage = 100;

    private const string TemplateFields =
        "id,name,language,status,category,components,parameter_format,rejected_reason,quality_score,previous_category,message_send_ttl_seconds";

    /// <summary>One page of an account's templates; <paramref name="after"/> is the page before's cursor.</summary>
    public async Task<GraphResult<TemplatePage>> ListTemplatesAsync(
        SendUrl url, string accessToken, string businessAccountId, string? after, CancellationToken cancellationToken)
    {
        using var call = new Call(clock, "list templates");
        var cursor = after is null ? "" : $"&after={Uri.EscapeDataString(after)}";
        var uri = url.Node($"{businessAccountId}/message_templates?fields={TemplateFields}&limit={TemplatesInPage}{cursor}");
        var answer = await CallAsync(HttpMethod.Get, uri, accessToken, null, options.Value.CallTimeout, cancellationToken);
        if (call.Ends(ErrorOf(answer)) is { } error)
            return new GraphResult<TemplatePage>(null, error);
        return TemplateReader.ReadPage(answer.Body) is { } page ? new GraphResult<TemplatePage>(page, null) : new GraphResult<TemplatePage>(null, GraphErrors.Unreadable());
    }

    /// <summary>Submits a new template.</summary>
    /// <param name="json">Meta's body: name, language, category, parameter_format, components.</param>
    public async Task<GraphResult<CreatedTemplate>> CreateTemplateAsync(
        SendUrl url, string accessToken, string businessAccountId, byte[] json, CancellationToken cancellationToken)
    {
        using var call = new Call(clock, "create template");
        var answer = await CallAsync(HttpMethod.Post, url.Node($"{businessAccountId}/message_templates"), accessToken, json, options.Value.SendTimeout, cancellationToken);
        if (call.Ends(ErrorOf(answer)) is { } error)
            return new GraphResult<CreatedTemplate>(null, error);
        return TemplateReader.ReadCreated(answer.Body) is { } created ? new GraphResult<CreatedTemplate>(created, null) : new GraphResult<CreatedTemplate>(null, GraphErrors.Unreadable());
    }

    /// <summary>Changes a template; all its components are replaced. Null when Meta took it.</summary>
    public async Task<GraphError?> EditTemplateAsync(SendUrl url, string accessToken, string templateId, byte[] json, CancellationToken cancellationToken)
    {
        using var call = new Call(clock, "edit template");
        return call.Ends(ErrorOf(await CallAsync(HttpMethod.Post, url.Node(templateId), accessToken, json, options.Value.SendTimeout, cancellationToken)));
    }

    /// <summary>Deletes one language of a template: without the id Meta deletes all of them. Null when it is gone.</summary>
    public async Task<GraphError?> DeleteTemplateAsync(
        SendUrl url, string accessToken, string businessAccountId, string templateId, string name, CancellationToken cancellationToken)
    {
        using var call = new Call(clock, "delete template");
        var uri = url.Node($"{businessAccountId}/message_templates?hsm_id={Uri.EscapeDataString(templateId)}&name={Uri.EscapeDataString(name)}");
        return call.Ends(ErrorOf(await CallAsync(HttpMethod.Delete, uri, accessToken, null, options.Value.SendTimeout, cancellationToken)));
    }

    /// <summary>Uploads the example of a template's header in the two steps of Meta's Resumable Upload API.</summary>
    /// <returns>The handle that names the file in a template.</returns>
    public async Task<GraphResult<string>> UploadExampleAsync(
        SendUrl url, string accessToken, string appId, string fileName, string mimeType, byte[] content, CancellationToken cancellationToken)
    {
        using var call = new Call(clock, "upload example");
        var open = url.Node($"{appId}/uploads?file_name={Uri.EscapeDataString(fileName)}&file_length={content.Length}&file_type={Uri.EscapeDataString(mimeType)}");
        var session = await CallAsync(HttpMethod.Post, open, accessToken, null, options.Value.CallTimeout, cancellationToken);
        if (ErrorOf(session) is { } refused)
            return new GraphResult<string>(null, call.Ends(refused));
        if (TemplateReader.ReadText(session.Body, "id") is not { } id || !id.StartsWith("upload:", StringComparison.Ordinal))
            return new GraphResult<string>(null, call.Ends(GraphErrors.Unreadable()));

        using var file = new ByteArrayContent(content);
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        file.Headers.Add("file_offset", "0");
        var upload = await CallWithAsync(file, HttpMethod.Post, url.Node(id), accessToken, options.Value.SendTimeout, cancellationToken);
        if (call.Ends(ErrorOf(upload)) is { } error)
            return new GraphResult<string>(null, error);
        return TemplateReader.ReadText(upload.Body, "h") is { } handle ? new GraphResult<string>(handle, null) : new GraphResult<string>(null, GraphErrors.Unreadable());
    }
}

/// <summary>A page of an account's templates.</summary>
/// <param name="Templates">Those that could be read.</param>
/// <param name="Problems">Those that could not, in words.</param>
/// <param name="Next">The cursor of the page that follows; null at the end.</param>
public sealed record TemplatePage(IReadOnlyList<MetaTemplate> Templates, IReadOnlyList<string> Problems, string? Next);

/// <summary>A template as Meta knows it.</summary>
/// <param name="ParameterFormat">positional or named.</param>
/// <param name="Components">Meta's JSON, as it came.</param>
public sealed record MetaTemplate(
    string Id, string Name, string Language, string Status, string Category, string ParameterFormat, string Components,
    string? RejectedReason, string? Quality, string? PreviousCategory, int? TtlSeconds);

/// <summary>What Meta says of a template it took: the category may differ from the one asked for.</summary>
public sealed record CreatedTemplate(string Id, string Status, string? Category);

/// <summary>Reads what Graph tells of templates.</summary>
internal static class TemplateReader
{
    // {"data":[{"id":"…","name":"…","language":"en_US","status":"APPROVED","category":"MARKETING","components":[…],"quality_score":{"score":"GREEN"}}],
    //  "paging":{"cursors":{"before":"…","after":"…"},"next":"https://…"}}
    public static TemplatePage? ReadPage(byte[] body)
    {
        if (Parse(body) is not { ValueKind: JsonValueKind.Object } json)
            return null;
        JsonElement? root = json;
        if (root.Get("data") is not { ValueKind: JsonValueKind.Array })
            return null;
        var (templates, problems) = (new List<MetaTemplate>(), new List<string>());
        foreach (var item in root.List("data"))
        {
            // One that cannot be read must not keep the others out.
            if (Read(item) is { } template)
                templates.Add(template);
            else
                problems.Add($"Template {item.Text("name") ?? item.Text("id") ?? "without a name"} could not be read.");
        }

        var next = root.Get("paging").Text("next") is null ? null : root.Get("paging").Get("cursors").Text("after");
        return new TemplatePage(templates, problems, next);
    }

    public static CreatedTemplate? ReadCreated(byte[] body) =>
        Parse(body) is { ValueKind: JsonValueKind.Object } json && json.Text("id") is { } id ? new CreatedTemplate(id, json.Text("status") ?? "PENDING", json.Text("category")) : null;

    public static string? ReadText(byte[] body, string name) => Parse(body) is { ValueKind: JsonValueKind.Object } json ? json.Text(name) : null;

    private static MetaTemplate? Read(JsonElement item)
    {
        JsonElement? json = item;
        if (item.Text("id") is not { } id || item.Text("name") is not { } name || item.Text("language") is not { } language || item.Text("status") is not { } status
            || json.Get("components") is not { ValueKind: JsonValueKind.Array } components)
            return null;
        var format = string.Equals(item.Text("parameter_format"), "named", StringComparison.OrdinalIgnoreCase) ? "named" : "positional";
        var ttl = json.Number("message_send_ttl_seconds") is { } seconds and >= -1 and <= int.MaxValue ? (int?)seconds : null;
        return new MetaTemplate(
            id, name, language.Replace('-', '_'), status, item.Text("category") ?? "UNKNOWN", format, components.GetRawText(),
            item.Text("rejected_reason") is { } reason && reason != "NONE" ? reason : null, json.Get("quality_score").Text("score") ?? item.Text("quality_score"),
            item.Text("previous_category"), ttl);
    }

    private static JsonElement? Parse(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(JsonRepair.Apply(body));
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
