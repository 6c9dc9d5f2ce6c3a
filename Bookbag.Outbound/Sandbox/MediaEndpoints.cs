using System.Globalization;
using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Meta's endpoints for files: upload, where a file is, its bytes. The address of the bytes is good for five minutes and asks for the token again.</summary>
internal static class MediaEndpoints
{
    // The largest of all that Meta takes, with room for the form around it.
    private const long MaxUpload = 101 * 1024 * 1024;
    private const string Bytes = "/media/";

    public static void MapMedia(this IEndpointRouteBuilder graph)
    {
        graph.MapPost("/{version}/{id}/media", UploadAsync).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MaxUpload));
        graph.MapDelete("/{version}/{id}", DeleteAsync);
        graph.MapGet(Bytes + "{id}", DownloadAsync);
    }

    /// <summary>Answers where a file is.</summary>
    public static async Task DescribeAsync(HttpContext http, string id, SandboxFile file, GraphCall call, SandboxOptions options, TimeProvider clock)
    {
        if (call.CheckToken(http) is { } refusal)
        {
            await call.RefuseAsync(http, refusal);
            return;
        }

        var until = (clock.GetUtcNow() + options.MediaLinkLives).ToUnixTimeSeconds();
        var url = string.Create(CultureInfo.InvariantCulture, $"{http.Request.Scheme}://{http.Request.Host}{Bytes}{id}?ext={until}");
        await GraphAnswer.WriteAsync(http.Response, 200, (file, url), (writer, value) => Write(writer, value.file, value.url));
    }

    private static void Write(Utf8JsonWriter writer, SandboxFile file, string url)
    {
        writer.WriteString("url"u8, url);
        writer.WriteString("mime_type"u8, file.MimeType);
        writer.WriteString("sha256"u8, Convert.ToHexStringLower(file.Sha256));
        // A text, as Meta's often is.
        writer.WriteString("file_size"u8, file.Bytes.Length.ToString(CultureInfo.InvariantCulture));
        writer.WriteString("id"u8, file.Id);
        writer.WriteString("messaging_product"u8, "whatsapp"u8);
    }

    private static async Task UploadAsync(HttpContext http, string version, string id, GraphCall call, MediaShelf shelf)
    {
        if (!call.TryNumber(http, version, id, out var number, out var refusal))
        {
            await call.RefuseAsync(http, refusal);
            return;
        }

        if (await call.FaultAsync(http, number))
            return;
        if (!http.Request.HasFormContentType)
        {
            await call.RefuseAsync(http, GraphRefusal.Parameter("The parameter file is required."));
            return;
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (form["messaging_product"] != "whatsapp")
            await call.RefuseAsync(http, GraphRefusal.Parameter("The parameter messaging_product is required."));
        else if (form.Files["file"] is not { Length: > 0 } file)
            await call.RefuseAsync(http, GraphRefusal.Parameter("The parameter file is required."));
        else if (MediaRules.CheckFile(file.ContentType, file.Length) is { } wrong)
            await call.RefuseAsync(http, wrong);
        else
        {
            using var bytes = new MemoryStream();
            await file.CopyToAsync(bytes, http.RequestAborted);
            var kept = shelf.Upload(bytes.ToArray(), file.ContentType, file.FileName);
            await GraphAnswer.WriteAsync(http.Response, 200, kept.Id, (writer, mediaId) => writer.WriteString("id"u8, mediaId));
        }
    }

    private static Task DeleteAsync(HttpContext http, string version, string id, GraphCall call, MediaShelf shelf)
    {
        if ((call.CheckToken(http) ?? (shelf.Find(id) is null ? GraphRefusal.UnknownObject("delete", id) : null)) is { } refusal)
            return call.RefuseAsync(http, refusal);
        shelf.Delete(id);
        return GraphAnswer.SuccessAsync(http.Response);
    }

    private static async Task DownloadAsync(HttpContext http, string id, long? ext, GraphCall call, MediaShelf shelf, TimeProvider clock)
    {
        if (call.CheckToken(http) is not null)
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        if (shelf.Find(id) is not { } file || (ext ?? 0) < clock.GetUtcNow().ToUnixTimeSeconds())
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        http.Response.ContentType = file.MimeType;
        http.Response.ContentLength = file.Bytes.Length;
        await http.Response.Body.WriteAsync(file.Bytes, http.RequestAborted);
    }
}
