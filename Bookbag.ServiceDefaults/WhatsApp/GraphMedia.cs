using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Bookbag.ServiceDefaults.Platform;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>Where Meta has a file, for the next five minutes.</summary>
/// <param name="Url">The address; the access token is needed there too.</param>
/// <param name="MimeType">Its type.</param>
/// <param name="Sha256">Its SHA-256.</param>
/// <param name="Size">Its length in bytes.</param>
public sealed record MediaLink(Uri Url, string? MimeType, byte[]? Sha256, long? Size);

/// <summary>A file at Meta's end of it.</summary>
/// <param name="Id">Meta's id of it, good for 30 days.</param>
public sealed record UploadedMedia(string Id);

/// <summary>How a download ended.</summary>
public enum DownloadEnd
{
    /// <summary>Whole.</summary>
    Whole,

    /// <summary>The link is not good any more: a new one is to be asked for.</summary>
    Expired,

    /// <summary>It is larger than it may be.</summary>
    TooLarge,

    /// <summary>The address is not one of Meta's: nothing was sent there.</summary>
    Refused,

    /// <summary>It did not come, or not whole: it may the next time.</summary>
    Failed,
}

/// <summary>What came of a download.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Size">How many bytes came.</param>
/// <param name="Sha256">Their SHA-256.</param>
/// <param name="Problem">What went wrong.</param>
public sealed record MediaDownload(DownloadEnd End, long Size, byte[] Sha256, string? Problem = null);

/// <summary>A file that is to be uploaded.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Size">How many there are.</param>
/// <param name="MimeType">Its type.</param>
/// <param name="Filename">Its name.</param>
public sealed record MediaUpload(Stream Content, long Size, string MimeType, string? Filename);

/// <content>Files: two steps for one that came (id, address, bytes), one for one that goes out.</content>
public sealed partial class GraphClient
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Asks where a file is.</summary>
    public async Task<GraphResult<MediaLink>> GetMediaAsync(ChannelRoute channel, string mediaId, CancellationToken cancellationToken)
    {
        using var call = new Call(clock, "get media");
        // An id comes from a webhook: it must not lead anywhere but to a node of the graph.
        if (mediaId.Length > 64 || !mediaId.All(char.IsAsciiLetterOrDigit))
            return new(null, call.Ends(GraphErrors.Unreadable()));
        var answer = await CallAsync(HttpMethod.Get, new Uri(channel.SendUrl, $"../{mediaId}"), channel.AccessToken, null, options.Value.CallTimeout, cancellationToken);
        if (call.Ends(ErrorOf(answer)) is { } error)
            return new(null, error);
        return ReadLink(answer.Body) is { } link ? new(link, null) : new(null, GraphErrors.Unreadable());
    }

    /// <summary>Fetches a file's bytes, in order, each piece given to <paramref name="write"/> as it comes. The access token goes to hosts of Meta's alone.</summary>
    public async Task<MediaDownload> DownloadMediaAsync(
        ChannelRoute channel, Uri url, long maxBytes, Func<ReadOnlyMemory<byte>, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        using var call = new Call(clock, "download media");
        var download = await DownloadAsync(channel, url, maxBytes, write, cancellationToken);
        call.Ends(download.End switch { DownloadEnd.Whole => "accepted", DownloadEnd.Failed => "unknown", _ => "refused" }, null);
        return download;
    }

    /// <summary>Uploads a file, to be sent by its id. Doing it twice does no harm.</summary>
    public async Task<GraphResult<UploadedMedia>> UploadMediaAsync(ChannelRoute channel, MediaUpload file, CancellationToken cancellationToken)
    {
        using var call = new Call(clock, "upload media");
        using var form = new MultipartFormDataContent { { new StringContent("whatsapp"), "messaging_product" }, { new StringContent(file.MimeType), "type" } };
        var content = new StreamContent(file.Content, BufferSize);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(file.MimeType);
        content.Headers.ContentLength = file.Size;
        form.Add(content, "file", file.Filename ?? "file");
        var answer = await CallWithAsync(form, HttpMethod.Post, new Uri(channel.SendUrl, "media"), channel.AccessToken, options.Value.MediaTimeout, cancellationToken);
        if (call.Ends(ErrorOf(answer)) is { } error)
            return new(null, error);
        return ReadId(answer.Body) is { } id ? new(new(id), null) : new(null, GraphErrors.Unreadable());
    }

    private async Task<MediaDownload> DownloadAsync(
        ChannelRoute channel, Uri url, long maxBytes, Func<ReadOnlyMemory<byte>, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        if (!IsToken(channel.AccessToken))
            return Ended(DownloadEnd.Failed, "The access token is malformed.");
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", channel.AccessToken);
        request.Options.Set(GraphHostGuard.Media, true);
        using var timer = new CancellationTokenSource(options.Value.MediaTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        }
        catch (GraphHostRefusedException)
        {
            return Ended(DownloadEnd.Refused, "The address is not one of Meta's.");
        }
        catch (Exception e) when (IsOfTheNetwork(e, cancellationToken))
        {
            return Ended(DownloadEnd.Failed, $"The file could not be fetched ({e.GetType().Name}).");
        }

        using (response)
        {
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.Forbidden)
                return Ended(DownloadEnd.Expired, $"Meta answered {(int)response.StatusCode}.");
            if (response.StatusCode != HttpStatusCode.OK)
                return Ended(DownloadEnd.Failed, $"Meta answered {(int)response.StatusCode}.");
            if (response.Content.Headers.ContentLength > maxBytes)
                return Ended(DownloadEnd.TooLarge, TooLarge(maxBytes));
            return await CopyAsync(response, maxBytes, write, either.Token, cancellationToken);
        }
    }

    private static async Task<MediaDownload> CopyAsync(
        HttpResponseMessage response, long maxBytes, Func<ReadOnlyMemory<byte>, CancellationToken, Task> write, CancellationToken inTime, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferSize];
        var size = 0L;
        Stream body;
        try
        {
            body = await response.Content.ReadAsStreamAsync(inTime);
        }
        catch (Exception e) when (IsOfTheNetwork(e, cancellationToken))
        {
            return Ended(DownloadEnd.Failed, $"The file could not be fetched ({e.GetType().Name}).");
        }

        await using (body)
        {
            while (true)
            {
                int read;
                try
                {
                    read = await body.ReadAsync(buffer, inTime);
                }
                catch (Exception e) when (IsOfTheNetwork(e, cancellationToken))
                {
                    return Ended(DownloadEnd.Failed, $"The file broke off after {size} bytes.");
                }

                if (read == 0)
                    return new(DownloadEnd.Whole, size, hash.GetHashAndReset());
                size += read;
                if (size > maxBytes)
                    return Ended(DownloadEnd.TooLarge, TooLarge(maxBytes));
                hash.AppendData(buffer, 0, read);
                await write(buffer.AsMemory(0, read), cancellationToken);
            }
        }
    }

    private static bool IsOfTheNetwork(Exception e, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested && e is HttpRequestException or IOException or OperationCanceledException or InvalidOperationException;

    private static MediaDownload Ended(DownloadEnd end, string problem) => new(end, 0, [], problem);

    private static string TooLarge(long maxBytes) => string.Create(CultureInfo.InvariantCulture, $"The file has more than {maxBytes / 1024 / 1024} MB.");

    // {"url":"https://lookaside.fbsbx.com/…","mime_type":"image/jpeg","sha256":"<hex>","file_size":"303833","id":"…","messaging_product":"whatsapp"}
    private static MediaLink? ReadLink(byte[] body) => Read(body, root =>
        Uri.TryCreate(root.Text("url"), UriKind.Absolute, out var url) ? new MediaLink(url, root.Text("mime_type"), Sha256Text.Parse(root.Text("sha256")), root.Number("file_size")) : null);

    private static string? ReadId(byte[] body) => Read(body, root => root.Text("id"));

    private static T? Read<T>(byte[] body, Func<JsonElement?, T?> read) where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(JsonRepair.Apply(body));
            return read(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
