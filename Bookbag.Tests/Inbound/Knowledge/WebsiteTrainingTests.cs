using System.IO.Compression;
using Bookbag.Inbound.Knowledge;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Bookbag.Tests.Inbound.Knowledge;

/// <summary>Websites, read over real HTTP from this machine.</summary>
public sealed class WebsiteTrainingTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TrainingWorld _world = new(database);

    [Fact]
    public async Task A_site_is_read_along_its_links_and_answers()
    {
        await using var site = await LoopbackSite.StartAsync();
        site.Page("/", """<title>Shop</title><p>Welcome to the kettle shop.</p><a href="/delivery">Delivery</a> <a href="/returns?utm_source=home#top">Returns</a>""")
            .Page("/delivery", """<h1>Delivery</h1><p>Kettles are delivered within three days.</p><a href="/">Home</a><a href="/returns">Returns</a>""")
            .Page("/returns", "<h1>Returns</h1><p>You can send a kettle back within a month.</p>");
        var source = await _world.AddSiteAsync(site);
        Assert.Equal(SourceStatus.Waiting, (await _world.SourceAsync(source)).Status);

        Assert.Equal(1, await _world.Worker().RunOnceAsync(None));

        var read = await _world.SourceAsync(source);
        Assert.Equal((SourceStatus.Trained, null, 3, 3, 3, 3, _world.Clock.GetUtcNow()),
            (read.Status, read.Problem, read.PagesDone, read.PagesAll, read.ChunksDone, read.ChunksAll, read.TrainedAt!.Value));
        Assert.StartsWith("Kettles are delivered within three days.", await _world.AnswerAsync("how long until a kettle is delivered?"), StringComparison.Ordinal);
        Assert.Equal(["/robots.txt", "/", "/delivery", "/returns"], site.Requests);
        Assert.Equal($"{site.Address}/returns", await database.DataSource.ScalarAsync<string>($"SELECT url FROM inbound.chunks WHERE source_id = '{source}' AND text LIKE 'You can send%'"));
        Assert.Equal(0, await _world.Worker().RunOnceAsync(None));
    }

    [Fact]
    public async Task What_is_not_to_be_read_is_not_and_says_why()
    {
        await using var site = await LoopbackSite.StartAsync();
        site.Text("/robots.txt", "User-agent: *\nDisallow: /private")
            .Page("/", string.Concat("private private/sub in circle elsewhere metadata huge bomb pdf gone forbidden broken noindex twin empty late"
                .Split(' ').Select(path => $"<a href='/{path}'>{path}</a> ")) + "<a href='http://169.254.169.254/latest'>x</a><a href='//example.com/'>x</a> Hello.")
            .Page("/private", "secret").Redirect("/in", "/private/sub").Redirect("/circle", "/circle2").Redirect("/circle2", "/circle")
            .Redirect("/elsewhere", "https://example.com/").Redirect("/metadata", "http://169.254.169.254/latest/meta-data")
            .Page("/huge", new string('x', 70_000)).On("/bomb", BombAsync).Page("/pdf", "%PDF-", "application/pdf").Status("/forbidden", 403).Status("/broken", 500)
            .Page("/noindex", "<meta name=robots content=noindex>Thank you").Page("/twin", string.Concat("private private/sub in circle elsewhere metadata huge bomb pdf gone forbidden broken noindex twin empty late"
                .Split(' ').Select(path => $"<b>{path}</b> ")) + "xx Hello.").Page("/empty", "<div id=app></div><script>start()</script>")
            .Redirect("/late", "/");
        var source = await _world.AddSiteAsync(site);
        await _world.Worker(crawl => crawl.LargestPageKilobytes = 64).RunOnceAsync(None);

        var pages = (await _world.PagesAsync(source)).ToDictionary(page => page.Key, page => (page.Value.State, page.Value.Problem));
        Assert.Equal(new Dictionary<string, (PageState, string?)>
        {
            ["/"] = (PageState.Read, null),
            ["/private"] = (PageState.Skipped, "The site's robots.txt asks not to read it."),
            ["/private/sub"] = (PageState.Skipped, "The site's robots.txt asks not to read it."),
            ["/in"] = (PageState.Skipped, "The site's robots.txt asks not to read it."),
            ["/circle"] = (PageState.Skipped, "It leads from one address to the next without an end."),
            ["/elsewhere"] = (PageState.Skipped, "It leads to another site, example.com."),
            ["/metadata"] = (PageState.Skipped, "It leads to another site, 169.254.169.254."),
            ["/huge"] = (PageState.Skipped, "It is larger than 64 KB."),
            ["/bomb"] = (PageState.Skipped, "It is larger than 64 KB."),
            ["/pdf"] = (PageState.Skipped, "It is no page but application/pdf."),
            ["/gone"] = (PageState.Gone, "It is not there."),
            ["/forbidden"] = (PageState.Skipped, "It is not for everybody (the site answered 403)."),
            ["/broken"] = (PageState.Failed, "The site answered 500."),
            ["/noindex"] = (PageState.Skipped, "The page asks not to be found by programs."),
            ["/twin"] = (PageState.Skipped, $"It says the same as {site.Address}/."),
            ["/empty"] = (PageState.Skipped, "There is no text on it. A page that is put together by a script cannot be read."),
            ["/late"] = (PageState.Skipped, $"It says the same as {site.Address}/."),
        }.OrderBy(page => page.Key, StringComparer.Ordinal), pages.OrderBy(page => page.Key, StringComparer.Ordinal));
        Assert.DoesNotContain("/private", site.Requests);
        Assert.Equal(3, site.Requests.Count(path => path == "/broken"));
        Assert.Equal((SourceStatus.Trained, "One page did not come; what it said before is kept."), ((await _world.SourceAsync(source)).Status, (await _world.SourceAsync(source)).Problem));
    }

    [Fact]
    public async Task A_site_without_an_end_is_read_up_to_its_bounds()
    {
        await using var site = await LoopbackSite.StartAsync();
        foreach (var day in Enumerable.Range(0, 60))
            site.Page(day == 0 ? "/" : $"/day?d={day}", $"Day number {day}. <a href='/day?d={day + 1}'>next</a> <a href='/day?d={day + 30}'>next month</a><a href='/'>first</a>");
        var source = await _world.AddSiteAsync(site);
        await _world.Worker(crawl => (crawl.MostPages, crawl.MostDepth) = (10, 3)).RunOnceAsync(None);
        var pages = await _world.PagesAsync(source);
        Assert.Equal((9, 3), (pages.Count, pages.Values.Max(page => page.Depth)));

        var wide = await _world.AddSiteAsync(site);
        await _world.Worker(crawl => (crawl.MostPages, crawl.MostDepth) = (10, 20)).RunOnceAsync(None);
        Assert.Equal((10, 10), ((await _world.PagesAsync(wide)).Count, (await _world.SourceAsync(wide)).PagesDone));
    }

    [Fact]
    public async Task A_page_that_does_not_come_is_tried_after_the_others_and_given_up()
    {
        await using var site = await LoopbackSite.StartAsync();
        site.Page("/", "Start. <a href='/slow'>slow</a> <a href='/drip'>drip</a> <a href='/quick'>quick</a>").Page("/quick", "Quick page.")
            .On("/slow", Hang).On("/drip", async context =>
            {
                await context.Response.WriteAsync("<p>begun");
                await context.Response.Body.FlushAsync();
                await Hang(context);
            });
        var source = await _world.AddSiteAsync(site);
        var reading = _world.Worker().RunOnceAsync(None);
        await _world.Clock.StepUntilAsync(TimeSpan.FromSeconds(2), () => Task.FromResult(reading.IsCompleted));
        await reading;

        var pages = await _world.PagesAsync(source);
        Assert.Equal((PageState.Failed, "It did not come within 10 seconds."), (pages["/slow"].State, pages["/slow"].Problem));
        Assert.Equal((PageState.Failed, PageState.Read), (pages["/drip"].State, pages["/quick"].State));
        Assert.Equal(["/robots.txt", "/", "/slow", "/drip", "/quick", "/slow", "/drip", "/slow", "/drip"], site.Requests);
    }

    [Fact]
    public async Task A_site_that_takes_too_long_is_learnt_as_far_as_it_was_read()
    {
        await using var site = await LoopbackSite.StartAsync();
        site.Page("/", "Start. <a href='/a'>a</a> <a href='/b'>b</a>").Page("/b", "Never read.")
            .On("/a", context =>
            {
                _world.Clock.Advance(TimeSpan.FromSeconds(90));
                return context.Response.WriteAsync("Page of a.");
            });
        var source = await _world.AddSiteAsync(site);
        await _world.Worker(crawl => (crawl.Timeout, crawl.PageTimeout) = (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5))).RunOnceAsync(None);
        Assert.Equal((SourceStatus.Trained, 2, 3), ((await _world.SourceAsync(source)).Status, (await _world.SourceAsync(source)).PagesDone, (await _world.SourceAsync(source)).PagesAll));
        Assert.Equal(PageState.Waiting, (await _world.PagesAsync(source))["/b"].State);
    }

    [Theory]
    [InlineData(503, "The site cannot be read now. The site answered 503.")]
    [InlineData(404, "No page of the site could be read. It is not there.")]
    public async Task A_site_that_cannot_be_read_says_why(int robots, string problem)
    {
        await using var site = await LoopbackSite.StartAsync();
        site.Status("/robots.txt", robots);
        var source = await _world.AddSiteAsync(site, "/help");
        await _world.Worker().RunOnceAsync(None);
        Assert.Equal((SourceStatus.Failed, problem), ((await _world.SourceAsync(source)).Status, (await _world.SourceAsync(source)).Problem));
    }

    [Fact]
    public async Task Addresses_that_are_not_public_are_never_called()
    {
        await using var site = await LoopbackSite.StartAsync();
        site.Page("/", "The inside.");
        var byName = await _world.AddAsync(SourceContent.Website("Inside", new Uri(site.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal))));
        await _world.Worker(allowLoopback: false).RunOnceAsync(None);
        Assert.Equal((SourceStatus.Failed, "The site cannot be read. The name leads to no public address."), ((await _world.SourceAsync(byName)).Status, (await _world.SourceAsync(byName)).Problem));
        Assert.Empty(site.Requests);
    }

    [Fact]
    public async Task A_worker_that_dies_is_followed_by_one_that_goes_on_and_the_dead_one_writes_nothing_more()
    {
        await using var site = await LoopbackSite.StartAsync();
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        site.Page("/", "Start. <a href='/a'>a</a> <a href='/b'>b</a>").Page("/a", "The apple page.")
            .On("/b", async context =>
            {
                asked.TrySetResult();
                await answer.Task;
                await context.Response.WriteAsync("What the dead worker read.");
            });
        var source = await _world.AddSiteAsync(site);
        var dying = _world.Worker().RunOnceAsync(None);
        await asked.Task;

        // Its lease is over for the other one, whose clock is later; nobody told the first.
        var later = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(_world.Clock.GetUtcNow().AddMinutes(6));
        site.Page("/b", "The banana page.");
        Assert.Equal(1, await _world.Worker(clock: later).RunOnceAsync(None));
        Assert.Equal("The banana page.", await _world.AnswerAsync("banana?"));
        answer.SetResult();
        await dying;

        Assert.Equal("The banana page.", await _world.AnswerAsync("banana?"));
        Assert.Null(await _world.AnswerAsync("dead worker?"));
        Assert.Equal((SourceStatus.Trained, 3, 3), ((await _world.SourceAsync(source)).Status, (await _world.SourceAsync(source)).PagesDone, (await _world.SourceAsync(source)).ChunksAll));
        // What was read before was not asked for again.
        Assert.Single(site.Requests, path => path == "/a");
    }

    [Fact]
    public async Task What_was_learnt_answers_until_the_new_is_in_place_and_what_does_not_come_is_kept()
    {
        await using var site = await LoopbackSite.StartAsync();
        site.Page("/", "Start. <a href='/prices'>prices</a> <a href='/hours'>hours</a> <a href='/old'>old</a>")
            .Page("/prices", "A kettle costs 30.").Page("/hours", "Open until six.").Page("/old", "The winter sale.");
        var source = await _world.AddSiteAsync(site);
        await _world.Worker().RunOnceAsync(None);

        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        site.On("/prices", async context =>
        {
            asked.TrySetResult();
            await answer.Task;
            await context.Response.WriteAsync("A kettle costs 40.");
        });
        site.Status("/hours", 503);
        site.Forget("/old");
        var training = _world.TrainAsync(source);
        await asked.Task;
        Assert.Equal((SourceStatus.Training, 2), ((await _world.SourceAsync(source)).Status, (await _world.SourceAsync(source)).Training));
        Assert.Equal("A kettle costs 30.", await _world.AnswerAsync("what does a kettle cost?"));
        answer.SetResult();
        await training;

        Assert.Equal("A kettle costs 40.", await _world.AnswerAsync("what does a kettle cost?"));
        Assert.Equal("Open until six.", await _world.AnswerAsync("open until when?"));
        Assert.Null(await _world.AnswerAsync("winter sale?"));
        Assert.Equal(0, await database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM inbound.source_pages WHERE source_id = '{source}' AND training = 1"));

        // The whole site is away: nothing changes.
        site.Status("/", 503);
        await _world.TrainAsync(source);
        Assert.Equal(SourceStatus.Failed, (await _world.SourceAsync(source)).Status);
        Assert.Equal("A kettle costs 40.", await _world.AnswerAsync("what does a kettle cost?"));
    }

    [Fact]
    public async Task A_site_is_read_again_when_its_days_are_over()
    {
        await using var site = await LoopbackSite.StartAsync();
        site.Page("/", "A kettle costs 30.");
        var source = await _world.AddSiteAsync(site, refreshDays: 7);
        var worker = _world.Worker();
        Assert.Equal(1, await worker.RunOnceAsync(None));
        site.Page("/", "A kettle costs 40.");
        _world.Clock.Advance(TimeSpan.FromDays(6));
        Assert.Equal(0, await worker.RunOnceAsync(None));
        _world.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, await worker.RunOnceAsync(None));
        Assert.Equal(("A kettle costs 40.", 2), (await _world.AnswerAsync("kettle cost?"), (await _world.SourceAsync(source)).Training));
    }

    [Fact]
    public async Task A_source_that_is_removed_while_it_is_read_stays_removed()
    {
        await using var site = await LoopbackSite.StartAsync();
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        site.On("/", async context =>
        {
            asked.TrySetResult();
            await answer.Task;
            await context.Response.WriteAsync("Too late.");
        });
        var source = await _world.AddSiteAsync(site);
        var reading = _world.Worker().RunOnceAsync(None);
        await asked.Task;
        await _world.RemoveAsync(source);
        answer.SetResult();
        await reading;
        Assert.Equal(0, await database.DataSource.ScalarAsync<long>($"SELECT (SELECT count(*) FROM inbound.source_pages WHERE source_id = '{source}') + (SELECT count(*) FROM inbound.chunks WHERE source_id = '{source}')"));
    }

    [Fact]
    public async Task Two_workers_do_not_read_the_same_source()
    {
        await using var site = await LoopbackSite.StartAsync();
        site.Page("/", "Start.");
        foreach (var _ in Enumerable.Range(0, 4))
            await _world.AddSiteAsync(site);
        var taken = await Task.WhenAll(_world.Worker().RunOnceAsync(None), _world.Worker().RunOnceAsync(None));
        Assert.Equal(4, taken.Sum());
        Assert.Equal(4, site.Requests.Count(path => path == "/"));
    }

    [Fact]
    public async Task A_worker_that_is_stopped_leaves_the_rest_to_the_next_at_once()
    {
        await using var site = await LoopbackSite.StartAsync();
        using var stopping = new CancellationTokenSource();
        site.Page("/", "Start. <a href='/a'>a</a>").On("/a", async context =>
        {
            await stopping.CancelAsync();
            await Hang(context);
        });
        var source = await _world.AddSiteAsync(site);
        await _world.Worker().RunOnceAsync(stopping.Token);
        site.Page("/a", "The apple page.");
        Assert.Equal(1, await _world.Worker().RunOnceAsync(None));
        Assert.Equal((SourceStatus.Trained, "The apple page."), ((await _world.SourceAsync(source)).Status, await _world.AnswerAsync("apple?")));
    }

    private static Task Hang(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        context.RequestAborted.Register(gone.SetResult);
        return gone.Task;
    }

    // 10 MB of spaces, of which 10 KB come over the wire.
    private static async Task BombAsync(HttpContext context)
    {
        context.Response.ContentType = "text/html";
        context.Response.Headers.ContentEncoding = "gzip";
        await using var packed = new GZipStream(context.Response.Body, CompressionLevel.Optimal);
        var spaces = new byte[1024 * 1024];
        spaces.AsSpan().Fill((byte)' ');
        try
        {
            for (var i = 0; i < 10; i++)
                await packed.WriteAsync(spaces);
        }
        catch (OperationCanceledException)
        {
            // Who asked had enough.
        }
    }
}
