namespace Bookbag.Inbound.Knowledge.Websites;

/// <summary>The text of a page that was read.</summary>
public sealed record PageText(string Url, string Title, string Text);

/// <summary>Makes one source of a site's pages.</summary>
public static class WebsiteChunks
{
    // On fewer pages a text that comes again may be meant.
    private const int ManyPages = 3;
    private const int LongestHeading = 160;

    /// <summary>The chunks of all pages in their order. What stands on most pages (menus, banners, the line at the foot) is kept once.</summary>
    public static List<Chunk> Cut(IReadOnlyList<PageText> pages)
    {
        var blocks = pages.Select(page => page.Text.Split("\n\n")).ToList();
        var everywhere = blocks.SelectMany(page => page.Distinct()).CountBy(block => block)
            .Where(block => block.Value >= ManyPages && block.Value > pages.Count / 2).Select(block => block.Key).ToHashSet();
        var kept = new HashSet<string>();
        var chunks = new List<Chunk>();
        foreach (var (page, text) in pages.Zip(blocks))
        {
            var own = string.Join("\n\n", text.Where(block => !everywhere.Contains(block) || kept.Add(block)));
            chunks.AddRange(Chunker.Cut(own).Select(chunk => new Chunk(Heading(page.Title, chunk.Heading), chunk.Text, page.Url)));
        }
        return chunks;
    }

    // What a page is about is often said in its title alone.
    private static string Heading(string title, string heading)
    {
        var whole = heading.Length == 0 ? title : title.Length == 0 || heading.StartsWith(title, StringComparison.OrdinalIgnoreCase) ? heading : $"{title}: {heading}";
        return whole.Length <= LongestHeading ? whole : heading.Length > 0 ? heading : PlainText.Clean(whole[..LongestHeading]);
    }
}
