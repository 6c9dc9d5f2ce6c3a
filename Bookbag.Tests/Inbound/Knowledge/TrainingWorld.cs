using System.Diagnostics.Metrics;
using System.Net;
using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Knowledge;
using Bookbag.Inbound.Knowledge.Files;
using Bookbag.Inbound.Knowledge.Meaning;
using Bookbag.Inbound.Knowledge.Training;
using Bookbag.Inbound.Knowledge.Websites;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Inbound.Knowledge;

/// <summary>An agent of a workspace of its own, and workers that a test runs by hand.</summary>
internal sealed class TrainingWorld(TestDatabase database)
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public Guid WorkspaceId { get; } = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
    public Guid AgentId { get; } = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
    /// <summary>How an embedding model is used, where a test has one.</summary>
    public IOptions<EmbeddingOptions> Embedding { get; init; } = Options.Create(new EmbeddingOptions());

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));

    /// <summary>A replica's worker; each has a clock and connections of its own, where it is given them.</summary>
    public TrainingWorker Worker(Action<CrawlOptions>? crawl = null, Action<TrainingOptions>? training = null, TimeProvider? clock = null, bool allowLoopback = true, Embedder? embedder = null)
    {
        var time = clock ?? Clock;
        var (crawlOptions, trainingOptions) = (new CrawlOptions { Pause = TimeSpan.Zero }, new TrainingOptions());
        crawl?.Invoke(crawlOptions);
        training?.Invoke(trainingOptions);
        var handler = PublicAddresses.CreateHandler(allowLoopback, TimeSpan.FromSeconds(30));
        handler.AutomaticDecompression = DecompressionMethods.All;
        var client = new PageClient(new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }, time, Options.Create(crawlOptions));
        var queue = new TrainingQueue(database.DataSource, time);
        var websites = new WebsiteReader(database.DataSource, client, queue, time, Options.Create(crawlOptions), Options.Create(trainingOptions));
        var meaning = new MeaningIndex(database.DataSource, time, Embedding, Options.Create(trainingOptions), embedder);
        return new TrainingWorker(queue, websites, meaning, new WakeUps(database.DataSource, time, NullLogger<WakeUps>.Instance), new TrainingMetrics(Meters), time, Options.Create(trainingOptions),
            NullLogger<TrainingWorker>.Instance);
    }

    public async Task<Guid> AddAsync(SourceContent content)
    {
        await using var db = MakeKnowledge.Db(database);
        var (source, problem) = await new KnowledgeBase(db, Clock, Embedding).AddAsync(WorkspaceId, AgentId, content, None);
        Assert.Null(problem);
        return source!.Id;
    }

    public Task<Guid> AddSiteAsync(LoopbackSite site, string path = "/", short? refreshDays = null) => AddAsync(SourceContent.Website("Site", new Uri(site.Address + path), refreshDays));

    public Task<Guid> AddFileAsync(string name, byte[] bytes)
    {
        var (upload, problem) = Upload.Of(name, bytes);
        Assert.Null(problem);
        return AddAsync(SourceContent.File(name, upload!));
    }

    /// <summary>Has a source read again, and reads it.</summary>
    public async Task TrainAsync(Guid sourceId, TrainingWorker? worker = null)
    {
        await QueueAsync(sourceId);
        await (worker ?? Worker()).RunOnceAsync(None);
    }

    public async Task QueueAsync(Guid sourceId)
    {
        await using var db = MakeKnowledge.Db(database);
        Assert.Null((await new KnowledgeBase(db, Clock, Embedding).TrainAsync(AgentId, sourceId, None)).Problem);
    }

    public async Task RemoveAsync(Guid sourceId)
    {
        await using var db = MakeKnowledge.Db(database);
        Assert.True(await new KnowledgeBase(db, Clock, Embedding).RemoveAsync(AgentId, sourceId, None));
    }

    public async Task<Source> SourceAsync(Guid sourceId)
    {
        await using var db = MakeKnowledge.Db(database);
        return await db.Set<Source>().AsNoTracking().SingleAsync(s => s.AgentId == AgentId && s.Id == sourceId);
    }

    /// <summary>What became of the pages of the last training, by path.</summary>
    public async Task<Dictionary<string, SourcePage>> PagesAsync(Guid sourceId)
    {
        await using var db = MakeKnowledge.Db(database);
        var training = await db.Set<Source>().Where(s => s.AgentId == AgentId && s.Id == sourceId).Select(s => s.Training).SingleAsync();
        var pages = await db.Set<SourcePage>().AsNoTracking().Where(p => p.AgentId == AgentId && p.SourceId == sourceId && p.Training == training).ToListAsync();
        return pages.ToDictionary(page => new Uri(page.Url).PathAndQuery);
    }

    /// <summary>What the agent finds for a question: the best passage, and the page it stands on.</summary>
    public async Task<string?> AnswerAsync(string question)
    {
        var found = await new Retrieval(database.DataSource).FindAsync(WorkspaceId, AgentId, Asked.From(question, []), None);
        return found.Passages.Count > 0 ? found.Passages[0].Passage.Text : null;
    }
}
