using Bookbag.Inbound.Knowledge;
using Bookbag.Inbound.Knowledge.Websites;

namespace Bookbag.Tests.Rules.Knowledge;

public sealed class WebsiteRuleTests
{
    private const string Robots = """
        # everybody
        User-agent: *
        Disallow: /

        User-agent: SomeBot
        User-agent: BookBag   # us
        Disallow: /cart
        Disallow: /*?add=
        Disallow: /*.php$
        Allow: /cart/help
        Crawl-delay: 10
        Sitemap: https://example.com/sitemap.xml

        User-agent: *
        Allow: /public
        nonsense
        """;

    [Theory]
    [InlineData("/", true)]
    [InlineData("/cart", false)]
    [InlineData("/cart/items", false)]
    [InlineData("/cart/help", true)]
    [InlineData("/shop?add=1", false)]
    [InlineData("/index.php", false)]
    [InlineData("/index.php5", true)]
    [InlineData("/a.php/b.php", false)]
    public void A_site_that_speaks_to_us_is_heard(string path, bool allowed) => Assert.Equal(allowed, RobotsTxt.Parse(Robots).Allows(new Uri("https://example.com" + path)));

    [Fact]
    public void A_site_that_does_not_speak_to_us_speaks_to_everybody()
    {
        var robots = RobotsTxt.Parse("User-agent: SomeBot\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\nDisallow:\n");
        Assert.True(robots.Allows(new Uri("https://example.com/a")));
        Assert.False(robots.Allows(new Uri("https://example.com/b")));
        Assert.True(RobotsTxt.Parse("").Allows(new Uri("https://example.com/")));
        Assert.True(RobotsTxt.Parse("<html>not found</html>").Allows(new Uri("https://example.com/")));
    }

    [Theory]
    [InlineData("/help", "https://example.com/help")]
    [InlineData("help?utm_source=x&id=3&gclid=y#top", "https://example.com/shop/help?id=3")]
    [InlineData("https://WWW.Example.com:443/", "https://www.example.com/")]
    [InlineData("http://example.com/old", "http://example.com/old")]
    [InlineData("//example.com/x", "https://example.com/x")]
    [InlineData("https://example.com:8443/", null)]
    [InlineData("https://evil.com/", null)]
    [InlineData("https://example.com.evil.com/", null)]
    [InlineData("https://me:secret@example.com/", null)]
    [InlineData("mailto:info@example.com", null)]
    [InlineData("javascript:alert(1)", null)]
    [InlineData("/price-list.pdf", null)]
    [InlineData("/photo.JPG?size=2", null)]
    [InlineData("http://[", null)]
    public void Links_are_followed_within_the_site_and_written_one_way(string link, string? followed) =>
        Assert.Equal(followed, Site.Of(new Uri("https://www.example.com/")).Follow(new Uri("https://example.com/shop/"), link)?.AbsoluteUri);

    [Fact]
    public void A_page_gives_its_headings_paragraphs_lists_and_tables_and_no_menus()
    {
        var page = HtmlText.Read("""
            <!doctype html><html><head><title>Delivery &amp; returns | Shop</title><style>p { color: red }</style><meta name="viewport" content="x"></head>
            <body><nav><ul><li><a href="/">Home</a></ul></nav>
            <h1>Delivery</h1><p>We deliver
              <b>every</b>where.<br>Fast.<p>Second <!-- not this --> paragraph.
            <script>if (a < b) document.write("<p>script</p>")</script>
            <ul><li>one<li><p>two</p></ul>
            <table><tr><th>Zone<th>Price<tr><td>City<td>3 €<tr><td>Island<td>9 €</table>
            <table><tr><td>Phone<td>123</table>
            <dl><dt>Monday<dd>9–18<dt>Do you ship?</dt><dd>Yes.</dd></dl>
            <details><summary>Can I pay later?</summary>With an invoice.</details>
            <div hidden>hidden</div><form>Name <input></form><a href="/help" >Help</a> <a href=/ad rel="nofollow sponsored">Ad</a></body></html>
            """);
        Assert.Equal("Delivery", page.Title);
        Assert.Equal(["/help"], page.Links);
        Assert.True(page.IsForReading);
        Assert.Equal("""
            # Delivery

            We deliver everywhere.
            Fast.

            Second paragraph.
            - one
            - two
            Zone: City; Price: 3 €
            Zone: Island; Price: 9 €
            Phone: 123

            Monday: 9–18

            ### Do you ship?

            Yes.

            ### Can I pay later?

            With an invoice.

            Help Ad
            """.ReplaceLineEndings("\n"), page.Text);
    }

    [Fact]
    public void A_page_may_ask_not_to_be_read_and_say_where_its_links_begin()
    {
        var page = HtmlText.Read("""<head><meta NAME="Robots" content="NOINDEX, follow"><base href="/en/"></head><p>Text <a href="x">x</a>""");
        Assert.False(page.IsForReading);
        Assert.Equal(("/en/", "x"), (page.Base, Assert.Single(page.Links)));
    }

    [Theory]
    [InlineData("<div>")]
    [InlineData("<b>")]
    [InlineData("<table><tr><td>")]
    [InlineData("<ul><li>")]
    [InlineData("<!--")]
    [InlineData("<a href=x ")]
    [InlineData("<svg>")]
    [InlineData("<script>")]
    [InlineData("&amp;")]
    public async Task A_page_of_one_thing_a_million_times_is_read_all_the_same(string thing)
    {
        // Parsers that build a tree take hours for it.
        var html = string.Concat(Enumerable.Repeat(thing, 2_000_000 / thing.Length)) + "end";
        Assert.NotNull(await Task.Run(() => HtmlText.Read(html)).WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void What_stands_on_most_pages_is_kept_once_and_chunks_know_their_page()
    {
        PageText Page(string name, string text) => new($"https://example.com/{name}", name, $"Call us: 123\n\n{text}\n\nOpen daily");
        var chunks = WebsiteChunks.Cut([Page("a", "# Prices\n\nA mug costs 5."), Page("b", "A cup costs 4."), Page("c", "Plates cost 9.")]);
        Assert.Equal(1, chunks.Count(chunk => chunk.Text.Contains("Call us", StringComparison.Ordinal)));
        Assert.Contains(new Chunk("a: Prices", "A mug costs 5.\n\nOpen daily", "https://example.com/a"), chunks);
        Assert.Contains(new Chunk("b", "A cup costs 4.", "https://example.com/b"), chunks);
    }
}
