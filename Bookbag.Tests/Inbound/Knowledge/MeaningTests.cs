using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Knowledge;
using Bookbag.Inbound.Knowledge.Meaning;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Bookbag.Tests.Inbound.Knowledge;

/// <summary>Passages found by what they mean.</summary>
public sealed class MeaningTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly IOptions<EmbeddingOptions> Options = Microsoft.Extensions.Options.Options.Create(new EmbeddingOptions { Endpoint = new Uri("http://localhost"), Name = "toy" });

    private readonly TrainingWorld _world = new(database) { Embedding = Options };
    private readonly ToyModel _model = new();

    [Fact]
    public async Task A_question_in_other_words_finds_its_answer_and_pairs_and_texts_are_learnt_in_the_background()
    {
        var text = await _world.AddAsync(SourceContent.Pasted("Help", "# Shipping\nWe send it within three days.\n\n# Repairs\nBring it to the workshop."));
        Assert.Equal((SourceStatus.Trained, 0, 2), await ProgressAsync(text));
        Assert.Empty((await FindAsync("When does my parcel arrive?")).Passages);

        await LearnAsync();
        Assert.Equal((SourceStatus.Trained, 2, 2), await ProgressAsync(text));
        var found = await FindAsync("When does my parcel arrive?");
        Assert.Equal("We send it within three days.", found.Passages[0].Passage.Text);
        Assert.True(found.IsByMeaning);
        Assert.Equal(0, found.ByWords);
        Assert.True(found.Score >= AgentSettings.DefaultThreshold, $"{found.Score}");
        Assert.True((await FindAsync("Who won the election?")).Score < AgentSettings.DefaultThreshold);
    }

    [Fact]
    public async Task What_means_the_same_elsewhere_is_not_found()
    {
        await _world.AddAsync(SourceContent.Pair("Shipping?", "Mine."));
        var other = new TrainingWorld(database) { Embedding = Options };
        await other.AddAsync(SourceContent.Pair("Shipping?", "Theirs."));
        await LearnAsync();
        Assert.Equal(["Mine."], (await FindAsync("parcel arrive?")).Passages.Select(passage => passage.Passage.Text));
        Assert.Empty((await new Retrieval(database.DataSource, Search()).FindAsync(_world.WorkspaceId, other.AgentId, Asked.From("parcel arrive?", []), None)).Passages);
    }

    [Fact]
    public async Task Only_what_is_new_is_asked_about_and_what_is_gone_is_forgotten()
    {
        await using var site = await LoopbackSite.StartAsync();
        site.Page("/", "Xylophones! <a href='/a'></a>").Page("/a", "Xylophones take three days.");
        var source = await _world.AddSiteAsync(site);
        await LearnAsync();
        Assert.Equal((SourceStatus.Trained, 2, 2), await ProgressAsync(source));

        site.Page("/a", "Xylophones take four days.");
        await _world.QueueAsync(source);
        await LearnAsync();
        Assert.Equal(["Xylophones take four days.", "Xylophones take three days.", "Xylophones!"], _model.Asked.Where(text => text.StartsWith("Xylophones", StringComparison.Ordinal)).OrderBy(text => text.Length < 15).ThenBy(text => text, StringComparer.Ordinal));
        Assert.Equal(2, await VectorsAsync());
        await _world.RemoveAsync(source);
        Assert.Equal(0, await VectorsAsync());
    }

    [Fact]
    public async Task While_the_endpoint_is_away_words_find_it_and_it_is_tried_again()
    {
        await using var site = await LoopbackSite.StartAsync();
        site.Page("/", "Shipping takes three days.");
        _model.IsDown = true;
        var source = await _world.AddSiteAsync(site);
        await LearnAsync();
        var read = await _world.SourceAsync(source);
        Assert.Equal((SourceStatus.Trained, SourceTask.Embed, 0, 1), (read.Status, read.Task!.Value, read.ChunksDone, read.ChunksAll));
        Assert.StartsWith("Questions find it by its words alone for now. ", read.Problem, StringComparison.Ordinal);
        Assert.Equal("Shipping takes three days.", (await FindAsync("how long is shipping?")).Passages[0].Passage.Text);
        Assert.Empty((await FindAsync("parcel?")).Passages);

        _model.IsDown = false;
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await LearnAsync();
        Assert.Equal((SourceStatus.Trained, 1, 1), await ProgressAsync(source));
        Assert.Null((await _world.SourceAsync(source)).Problem);
        Assert.Equal("Shipping takes three days.", (await FindAsync("parcel?")).Passages[0].Passage.Text);
    }

    [Fact]
    public async Task Another_model_learns_everything_anew_and_the_old_meaning_goes()
    {
        await _world.AddAsync(SourceContent.Pair("Shipping?", "Three days."));
        await LearnAsync();
        var options = Microsoft.Extensions.Options.Options.Create(new EmbeddingOptions { Endpoint = new Uri("http://localhost"), Name = "toy", Dimensions = 256 });
        var world = new TrainingWorld(database) { Embedding = options };
        // The next replica has the new setting: what is known by the old one only is queued at its start.
        var worker = world.Worker(embedder: new Embedder(_model, _world.Clock, options));
        while (await worker.RunOnceAsync(None) > 0)
        {
        }
        Assert.Equal("toy@256", await database.DataSource.ScalarAsync<string>($"SELECT string_agg(model, ',') FROM inbound.chunk_vectors WHERE agent_id = '{_world.AgentId}'"));
    }

    [Fact]
    public async Task The_product_speaks_with_an_endpoint_over_http_and_does_without_it()
    {
        await using var endpoint = await EmbeddingDouble.StartAsync();
        await using var host = new InboundHost(database.ConnectionString, settings: new()
        {
            ["Embedding:Endpoint"] = endpoint.Endpoint,
            ["Embedding:Name"] = "toy",
            ["Embedding:ApiKey"] = "secret",
            ["Training:PollEvery"] = "00:00:00.050",
        });
        var workspace = await database.AddWorkspaceAsync();
        var agent = await database.AddAgentAsync(workspace);
        using var client = host.CreateClient(await database.AddKeyAsync(workspace, Role.Editor));
        using var added = await client.PostAsJsonAsync($"/api/agents/{agent.Id}/sources", new { type = "text", name = "Help", text = "# Shipping\nWe send it within three days." });
        var id = (await added.Content.ReadFromJsonAsync<JsonNode>())!["id"]!.GetValue<Guid>();
        var start = TimeProvider.System.GetTimestamp();
        while (await database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM inbound.sources WHERE id = '{id}' AND task IS NULL AND chunks_done = 1") == 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), "It is not embedded.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        var asked = await AskAsync(client, agent.Id, "When does my parcel arrive?");
        Assert.Equal(("extract", "We send it within three days."), (asked["outcome"]!.GetValue<string>(), asked["answer"]!.GetValue<string>()));
        var (authorization, body) = endpoint.Requests.First(request => request.Body["input"]!.ToJsonString().Contains("three days", StringComparison.Ordinal));
        Assert.Equal(("Bearer secret", "toy"), (authorization, body["model"]!.GetValue<string>()));

        foreach (var instead in new Func<Microsoft.AspNetCore.Http.HttpContext, Task>[]
        {
            context => { context.Response.StatusCode = 401; return Task.CompletedTask; },
            context => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "{\"data\":[]}"),
            context => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "<html>no</html>"),
        })
        {
            endpoint.Instead = instead;
            Assert.Equal("unsure", (await AskAsync(client, agent.Id, "When does my parcel arrive?"))["outcome"]!.GetValue<string>());
            Assert.Equal("extract", (await AskAsync(client, agent.Id, "How long is shipping?"))["outcome"]!.GetValue<string>());
        }
    }

    public void Dispose() => _model.Dispose();

    private static async Task<JsonNode> AskAsync(HttpClient client, Guid agentId, string question)
    {
        using var response = await client.PostAsJsonAsync($"/api/agents/{agentId}/ask", new { question });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }

    private async Task LearnAsync()
    {
        var worker = _world.Worker(embedder: new Embedder(_model, _world.Clock, Options));
        while (await worker.RunOnceAsync(None) > 0)
        {
        }
    }

    private MeaningSearch Search() => new(database.DataSource, new Embedder(_model, _world.Clock, Options), Options, NullLogger<MeaningSearch>.Instance);

    private Task<Grounded> FindAsync(string question) => new Retrieval(database.DataSource, Search()).FindAsync(_world.WorkspaceId, _world.AgentId, Asked.From(question, []), None);

    private async Task<(SourceStatus, int, int)> ProgressAsync(Guid sourceId)
    {
        var source = await _world.SourceAsync(sourceId);
        return (source.Status, source.ChunksDone, source.ChunksAll);
    }

    private Task<long> VectorsAsync() => database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM inbound.chunk_vectors WHERE agent_id = '{_world.AgentId}'");
}
