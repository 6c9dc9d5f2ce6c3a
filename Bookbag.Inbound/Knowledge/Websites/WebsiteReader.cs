using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.Knowledge.Files;
using Bookbag.Inbound.Knowledge.Training;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Inbound.Knowledge.Websites;

/// <summary>What a site had to say.</summary>
/// <param name="Chunks">Of the pages that were read.</param>
/// <param name="Keep">Pages that did not come this time: what they said before is to stay.</param>
/// <param name="Problem">What the team should know, in words; null where all went well.</param>
public sealed record WebsiteText(IReadOnlyList<Chunk> Chunks, IReadOnlyCollection<string> Keep, string? Problem);

/// <summary>Reads the pages of a site, one after the other, from the first along its links.</summary>
/// <remarks>
/// Every page is written down as soon as it is read, in one transaction with the pages that it leads to. Whatever dies, the next worker goes on with the
/// pages that are still waiting.
/// </remarks>
public sealed class WebsiteReader(NpgsqlDataSource dataSource, PageClient client, TrainingQueue queue, TimeProvider clock, IOptions<CrawlOptions> options, IOptions<TrainingOptions> training)
{
    private readonly CrawlOptions _options = options.Value;

    /// <summary>What the site says; null when the source is another worker's by now, or gone.</summary>
    /// <exception cref="UnreadableFileException">No page could be read; the message says why.</exception>
    public async Task<WebsiteText?> ReadAsync(TrainingJob job, CancellationToken cancellationToken)
    {
        var start = new Uri(job.Url!); // every website has one
        var site = Site.Of(start);
        await ExecuteAsync(PageSql.Begin, job, cancellationToken, ("workspace", job.WorkspaceId), ("url", Site.Plain(start).AbsoluteUri));
        var robots = await RobotsAsync(start, site, cancellationToken);

        var isFirst = true;
        while (await NextAsync(job, cancellationToken) is { } page)
        {
            var (done, all, characters) = await CountAsync(job, cancellationToken);
            if (!await queue.ProgressAsync(job, done, all, training.Value.Lease, cancellationToken))
                return null;
            if (clock.GetUtcNow() - job.Since > _options.Timeout || characters > _options.MostMegabytes * 1_000_000L)
                break;
            if (!isFirst && _options.Pause > TimeSpan.Zero)
                await Task.Delay(_options.Pause, clock, cancellationToken);
            isFirst = false;
            await ReadPageAsync(job, site, robots, page, cancellationToken);
        }
        var (finished, found, _) = await CountAsync(job, cancellationToken);
        return await queue.ProgressAsync(job, finished, found, training.Value.Lease, cancellationToken) ? await GatherAsync(job, cancellationToken) : null;
    }

    // A site whose wishes cannot be asked for is left alone; one that has none gives a 404.
    private async Task<RobotsTxt> RobotsAsync(Uri start, Site site, CancellationToken cancellationToken)
    {
        var fetch = await client.FetchAsync(new Uri(start, "/robots.txt"), site, _ => true, cancellationToken);
        return fetch switch
        {
            { State: PageState.Read, IsHtml: false } => RobotsTxt.Parse(fetch.Body),
            { State: PageState.Failed } => throw new UnreadableFileException($"The site cannot be read now. {fetch.Problem}"),
            { State: PageState.Skipped, Status: null } => throw new UnreadableFileException($"The site cannot be read. {fetch.Problem}"),
            _ => RobotsTxt.Nothing,
        };
    }

    private async Task ReadPageAsync(TrainingJob job, Site site, RobotsTxt robots, WaitingPage page, CancellationToken cancellationToken)
    {
        var fetch = await client.FetchAsync(page.Url, site, robots.Allows, cancellationToken);
        var (state, problem, title, text) = (fetch.State, fetch.Problem, "", (string?)null);
        string[] links = [];
        if (state == PageState.Read)
        {
            var read = fetch.IsHtml ? HtmlText.Read(fetch.Body) : new WebPage("", PlainText.Clean(fetch.Body), [], null, true);
            (title, text) = (read.Title.Length <= SourceRequest.LongestName ? read.Title : PlainText.Clean(read.Title[..SourceRequest.LongestName]), read.Text);
            links = page.Depth < _options.MostDepth ? Follow(site, fetch.Url, read) : [];
            if (!read.IsForReading)
                (state, problem, text) = (PageState.Skipped, "The page asks not to be found by programs.", null);
            else if (text.Length == 0)
                (state, problem, text) = (PageState.Skipped, "There is no text on it. A page that is put together by a script cannot be read.", null);
            else if (await SameTextAsync(job, text, cancellationToken) is { } same)
                (state, problem, text) = (PageState.Skipped, $"It says the same as {same}.", null);
        }
        else if (state == PageState.Failed && page.Tries + 1 < _options.Tries)
            state = PageState.Waiting;

        await using var batch = dataSource.CreateBatch();
        batch.Add(PageSql.Settle,
        [
            .. job.Key, ("training", job.Training), ("nr", page.Nr), ("state", ServiceDefaults.Postgres.EnumWords.Of(state)), ("title", title), ("problem", problem ?? ""), ("now", clock.GetUtcNow()),
        ]);
        batch.BatchCommands[0].Parameters.Add(new NpgsqlParameter<string?>("text", NpgsqlTypes.NpgsqlDbType.Text) { TypedValue = text });
        if (links.Length > 0)
            batch.Add(PageSql.Found, [.. job.Key, ("training", job.Training), ("depth", (short)(page.Depth + 1)), ("links", links), ("most", _options.MostPages)]);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string[] Follow(Site site, Uri page, WebPage read)
    {
        var relativeTo = read.Base is { } written && Uri.TryCreate(page, written, out var given) ? given : page;
        return [.. read.Links.Select(link => site.Follow(relativeTo, link)).OfType<Uri>().Select(url => url.AbsoluteUri).Distinct()];
    }

    private async Task<WebsiteText> GatherAsync(TrainingJob job, CancellationToken cancellationToken)
    {
        var pages = new List<PageText>();
        var keep = new List<string>();
        string? first = null;
        await using (var batch = dataSource.CreateBatch())
        {
            batch.Add(PageSql.All, PagesOf(job));
            await using var row = await batch.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                var state = row.GetString(0);
                if (state == "read")
                    pages.Add(new(row.GetString(1), row.GetString(2), row.GetString(3)));
                else if (state is "failed" or "waiting")
                    keep.Add(row.GetString(1));
                first ??= row.IsDBNull(4) ? null : row.GetString(4);
            }
        }
        if (pages.Count == 0)
            throw new UnreadableFileException($"No page of the site could be read. {first}".TrimEnd());
        return new WebsiteText(WebsiteChunks.Cut(pages), keep, keep.Count switch
        {
            0 => null,
            1 => "One page did not come; what it said before is kept.",
            _ => $"{keep.Count} pages did not come, or not in time; what they said before is kept.",
        });
    }

    private async Task<WaitingPage?> NextAsync(TrainingJob job, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(PageSql.Next, PagesOf(job));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? new(row.GetInt32(0), new Uri(row.GetString(1)), row.GetInt16(2), row.GetInt16(3)) : null;
    }

    private async Task<(int Done, int All, long Characters)> CountAsync(TrainingJob job, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(PageSql.Count, PagesOf(job));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetInt32(0), row.GetInt32(1), row.GetInt64(2));
    }

    private async Task<string?> SameTextAsync(TrainingJob job, string text, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(PageSql.SameText, [.. PagesOf(job), ("text", text)]);
        return await batch.ExecuteScalarAsync(cancellationToken) as string;
    }

    private async Task ExecuteAsync(string sql, TrainingJob job, CancellationToken cancellationToken, params (string, object?)[] parameters)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Add(sql, [.. PagesOf(job), .. parameters]);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static (string, object?)[] PagesOf(TrainingJob job) => [("agent", job.AgentId), ("source", job.SourceId), ("training", job.Training)];

    private sealed record WaitingPage(int Nr, Uri Url, short Depth, short Tries);
}
