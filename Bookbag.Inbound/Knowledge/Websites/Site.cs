namespace Bookbag.Inbound.Knowledge.Websites;

/// <summary>The website that an address is on: its host with or without <c>www.</c>, over HTTP or HTTPS, on one port.</summary>
/// <param name="Host">The host without <c>www.</c>.</param>
/// <param name="Port">The port; 0 for the usual ones.</param>
public sealed record Site(string Host, int Port)
{
    private static readonly string[] Tracking = ["utm_", "gclid", "fbclid", "msclkid", "mc_cid", "mc_eid", "_ga", "_gl", "sessionid", "phpsessid", "jsessionid"];

    // What no page of text ends in.
    private static readonly HashSet<string> NoPages = [.. """
        .7z .apk .avi .avif .bmp .bz2 .css .csv .dmg .doc .docx .eot .eps .exe .gif .gz .ico .ics .iso .jpeg .jpg .js .json .m4a .mid .mkv .mov .mp3 .mp4 .mpeg .mpg
        .ogg .otf .pdf .png .ppt .pptx .rar .rss .svg .tar .tgz .tif .tiff .ttf .vcf .wav .webm .webmanifest .webp .wmv .woff .woff2 .xls .xlsx .xml .zip
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>The site of an address.</summary>
    public static Site Of(Uri url) => new(
        url.IdnHost.StartsWith("www.", StringComparison.OrdinalIgnoreCase) ? url.IdnHost[4..].ToLowerInvariant() : url.IdnHost.ToLowerInvariant(), url.IsDefaultPort ? 0 : url.Port);

    /// <summary>Whether an address is a page of it.</summary>
    public bool Contains(Uri url) => url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && Of(url) == this;

    /// <summary>The address that a link leads to, written the one way in which it is remembered; null where it leads to no page of the site.</summary>
    public Uri? Follow(Uri page, string link)
    {
        if (link.Length > SourceRequest.LongestUrl || !Uri.TryCreate(page, link.Trim(), out var url) || !Contains(url))
            return null;
        url = Plain(url);
        return url.AbsoluteUri.Length <= SourceRequest.LongestUrl && !NoPages.Contains(Path.GetExtension(url.AbsolutePath).ToLowerInvariant()) ? url : null;
    }

    /// <summary>An address without the part that is not sent, and without what only counts visitors.</summary>
    public static Uri Plain(Uri url)
    {
        var query = url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Where(parameter => !Tracking.Any(prefix => parameter.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)));
        return new UriBuilder(url) { Fragment = "", Query = string.Join('&', query) }.Uri;
    }
}
