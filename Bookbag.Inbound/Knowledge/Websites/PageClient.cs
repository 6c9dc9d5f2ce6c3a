using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Bookbag.Inbound.Knowledge.Files;
using Bookbag.ServiceDefaults.Http;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Knowledge.Websites;

/// <summary>What came when a page was asked for.</summary>
/// <param name="State">Whether it came (<see cref="PageState.Read"/>), else why not.</param>
/// <param name="Url">Where it was in the end.</param>
/// <param name="Body">What came, as text.</param>
/// <param name="IsHtml">Whether that is HTML; else plain text.</param>
/// <param name="Problem">Why it did not come, in words.</param>
/// <param name="Status">The HTTP status; null without one.</param>
public sealed record PageFetch(PageState State, Uri Url, string Body, bool IsHtml, string? Problem, int? Status = null)
{
    internal static PageFetch Not(PageState state, Uri url, string problem, int? status = null) => new(state, url, "", false, problem, status);
}

/// <summary>Asks for pages: bounded in time and size, from public addresses only, and following redirects within the site.</summary>
public sealed partial class PageClient(HttpClient http, TimeProvider clock, IOptions<CrawlOptions> options)
{
    private const int MostRedirects = 5;

    /// <summary>A page. Whatever goes wrong is an outcome.</summary>
    /// <param name="url">Its address.</param>
    /// <param name="site">The site; a redirect elsewhere is not followed.</param>
    /// <param name="allows">Whether the site lets an address be read.</param>
    /// <param name="cancellationToken">Stops it, with an exception.</param>
    public async Task<PageFetch> FetchAsync(Uri url, Site site, Func<Uri, bool> allows, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.Value.PageTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            for (var hop = 0; hop <= MostRedirects; hop++)
            {
                if (!allows(url))
                    return PageFetch.Not(PageState.Skipped, url, "The site's robots.txt asks not to read it.");
                using var request = new HttpRequestMessage(HttpMethod.Get, url);
                request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Bookbag", "1.0"));
                request.Headers.Accept.ParseAdd("text/html, application/xhtml+xml, text/plain;q=0.8, */*;q=0.1");
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
                if (Redirect(response) is not { } location)
                    return await ReadAsync(url, response, either.Token);
                if (!Uri.TryCreate(url, location, out var next) || !site.Contains(next))
                    return PageFetch.Not(PageState.Skipped, url, next is { Host.Length: > 0 and <= 100 } ? $"It leads to another site, {next.Host}." : "It leads to another site.");
                url = Site.Plain(next);
            }
            return PageFetch.Not(PageState.Skipped, url, "It leads from one address to the next without an end.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return PageFetch.Not(PageState.Failed, url, string.Create(CultureInfo.InvariantCulture, $"It did not come within {options.Value.PageTimeout.TotalSeconds:0.#} seconds."));
        }
        catch (HttpRequestException e) when (e.InnerException is AddressRefusedException refused)
        {
            return PageFetch.Not(PageState.Skipped, url, refused.Message);
        }
        catch (HttpRequestException e)
        {
            return PageFetch.Not(PageState.Failed, url, e.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "The site's name is not known.",
                HttpRequestError.SecureConnectionError => "A secure connection could not be made.",
                HttpRequestError.ConnectionError => "The site could not be reached.",
                _ => "The connection broke.",
            });
        }
        catch (Exception e) when (e is IOException or InvalidDataException or System.Net.Sockets.SocketException)
        {
            return PageFetch.Not(PageState.Failed, url, "The connection broke.");
        }
    }

    private static string? Redirect(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
            ? response.Headers.Location?.OriginalString
            : null;

    private async Task<PageFetch> ReadAsync(Uri url, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        switch (status)
        {
            case 200:
                break;
            case 404 or 410:
                return PageFetch.Not(PageState.Gone, url, "It is not there.", status);
            case 401 or 403:
                return PageFetch.Not(PageState.Skipped, url, $"It is not for everybody (the site answered {status}).", status);
            case 408 or 425 or 429 or >= 500:
                return PageFetch.Not(PageState.Failed, url, $"The site answered {status}.", status);
            default:
                return PageFetch.Not(PageState.Skipped, url, $"The site answered {status}.", status);
        }

        var type = response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant() ?? "text/html";
        if (type is not ("text/html" or "application/xhtml+xml" or "text/plain" or "text/markdown"))
            return PageFetch.Not(PageState.Skipped, url, $"It is no page but {(type.Length <= 60 ? type : "something else")}.", status);
        if (response.Headers.TryGetValues("X-Robots-Tag", out var asks) && asks.Any(ask => ask.Contains("noindex", StringComparison.OrdinalIgnoreCase)))
            return PageFetch.Not(PageState.Skipped, url, "The page asks not to be found by programs.", status);
        if (await BytesAsync(response, cancellationToken) is not { } bytes)
            return PageFetch.Not(PageState.Skipped, url, string.Create(CultureInfo.InvariantCulture, $"It is larger than {options.Value.LargestPageKilobytes:N0} KB."), status);

        var isHtml = type is "text/html" or "application/xhtml+xml";
        return new PageFetch(PageState.Read, url, TextDecoding.Decode(bytes, response.Content.Headers.ContentType?.CharSet ?? (isHtml ? DeclaredIn(bytes) : null)), isHtml, null, status);
    }

    // Counted as it is unpacked: what is small on the wire may be huge here.
    private async Task<byte[]?> BytesAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var most = options.Value.LargestPageKilobytes * 1024;
        if (response.Content.Headers.ContentLength > most)
            return null;
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await body.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (bytes.Length + read > most)
                return null;
            bytes.Write(buffer, 0, read);
        }
        return bytes.ToArray();
    }

    // <meta charset="windows-1251">, <meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">
    private static string? DeclaredIn(ReadOnlySpan<byte> bytes)
    {
        var beginning = System.Text.Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 2_048)]);
        return MetaCharset().Match(beginning) is { Success: true } match ? match.Groups[1].Value : null;
    }

    [GeneratedRegex("""<meta[^>]{0,200}charset\s*=\s*["']?([A-Za-z0-9_:.-]{2,40})""", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex MetaCharset();
}
