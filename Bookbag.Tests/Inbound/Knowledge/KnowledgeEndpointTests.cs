using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Knowledge;

/// <summary>The service, and workspaces with an agent and keys as tests ask for them.</summary>
public sealed class KnowledgeService : IAsyncLifetime, IAsyncDisposable
{
    private readonly TestDatabase _database = new();

    private InboundHost Host { get; set; } = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync()
    {
        await _database.InitializeAsync();
        Host = new InboundHost(_database.ConnectionString, environment: "Development", settings: new() { ["Crawl:AllowLoopback"] = "true", ["Crawl:Pause"] = "00:00:00" });
    }

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        await _database.DisposeAsync();
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    public async Task<(Workspace Workspace, Agent Agent)> AgentAsync()
    {
        var workspace = await _database.AddWorkspaceAsync();
        return (workspace, await _database.AddAgentAsync(workspace));
    }

    public Task<Agent> SecondAgentAsync(Workspace workspace) => _database.AddAgentAsync(workspace);

    public async Task<HttpClient> ClientAsync(Workspace workspace, Role role = Role.Editor, Agent? agent = null) =>
        Host.CreateClient(await _database.AddKeyAsync(workspace, role, agent));

    public HttpClient Anonymous() => Host.CreateClient(null);
}

public sealed class KnowledgeEndpointTests(KnowledgeService service) : IClassFixture<KnowledgeService>
{
    [Fact]
    public async Task A_pair_and_a_text_are_added_read_changed_and_removed()
    {
        var (workspace, agent) = await service.AgentAsync();
        var client = await service.ClientAsync(workspace);
        var url = $"/api/agents/{agent.Id}/sources";

        var pair = await PostAsync(client, url, new { type = "qa", question = "Do you deliver?", answer = "Yes." }, HttpStatusCode.Created);
        Assert.Equal(("qa", "Do you deliver?", "Yes.", null), (Text(pair, "type"), Text(pair, "question"), Text(pair, "answer"), Text(pair, "text")));
        var text = await PostAsync(client, url, new { type = "text", name = "Returns", text = "Within 30 days." }, HttpStatusCode.Created);
        Assert.Equal(("text", "Returns", "Within 30 days."), (Text(text, "type"), Text(text, "name"), Text(text, "text")));

        var list = (await client.GetFromJsonAsync<JsonObject>(url))!;
        Assert.Equal(["Returns", "Do you deliver?"], list["items"]!.AsArray().Select(item => Text(item!, "name")));
        Assert.Null(list["next"]);

        var one = $"{url}/{Text(pair, "id")}";
        using (var put = await client.PutAsJsonAsync(one, new { type = "qa", question = "Do you deliver?", answer = "To all of Europe." }))
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal("To all of Europe.", Text((await client.GetFromJsonAsync<JsonObject>(one))!, "answer"));
        Assert.Equal("To all of Europe.", Text(await PostAsync(client, $"/api/agents/{agent.Id}/ask", new { question = "do you deliver" }), "answer"));

        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync(one)).StatusCode);
        Assert.Equal("source_not_found", await CodeAsync(await client.DeleteAsync(one), HttpStatusCode.NotFound));
        Assert.Equal("source_not_found", await CodeAsync(await client.GetAsync(one), HttpStatusCode.NotFound));
        Assert.Equal("source_not_found", await CodeAsync(await client.PutAsJsonAsync(one, new { type = "qa", question = "a", answer = "b" }), HttpStatusCode.NotFound));
    }

    [Fact]
    public async Task A_list_goes_on_where_the_page_before_ended()
    {
        var (workspace, agent) = await service.AgentAsync();
        var client = await service.ClientAsync(workspace);
        for (var i = 0; i < 5; i++)
            await PostAsync(client, $"/api/agents/{agent.Id}/sources", new { type = "qa", question = $"Question {i}", answer = "Answer" }, HttpStatusCode.Created);

        var names = new List<string?>();
        for (string? next = ""; next is not null;)
        {
            var page = (await client.GetFromJsonAsync<JsonObject>($"/api/agents/{agent.Id}/sources?limit=2{next}"))!;
            names.AddRange(page["items"]!.AsArray().Select(item => Text(item!, "name")));
            next = Text(page, "next") is { } cursor ? $"&cursor={cursor}" : null;
        }
        Assert.Equal(["Question 4", "Question 3", "Question 2", "Question 1", "Question 0"], names);
    }

    [Theory]
    [InlineData("""{"type":"qa","question":"","answer":"x"}""", "question_missing")]
    [InlineData("""{"type":"text","name":"x"}""", "text_missing")]
    [InlineData("""{"type":"website"}""", "url_missing")]
    [InlineData("""{"type":"website","url":"ftp://example.com"}""", "url_invalid")]
    [InlineData("""{"type":"website","url":"https://me:secret@example.com"}""", "url_invalid")]
    [InlineData("""{"type":"website","url":"http://169.254.169.254/latest"}""", "url_not_public")]
    [InlineData("""{"type":"website","url":"http://[::ffff:10.0.0.1]/"}""", "url_not_public")]
    [InlineData("""{"type":"website","url":"https://example.com","refreshDays":0}""", "refresh_days_invalid")]
    [InlineData("""{"type":"file"}""", "file_missing")]
    [InlineData("""{"type":"video"}""", "source_type_unknown")]
    [InlineData("""{}""", "source_type_missing")]
    [InlineData("""not json""", "invalid_request")]
    public async Task What_is_no_source_is_refused_with_a_reason(string body, string code)
    {
        var (workspace, agent) = await service.AgentAsync();
        var client = await service.ClientAsync(workspace);
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        Assert.Equal(code, await CodeAsync(await client.PostAsync($"/api/agents/{agent.Id}/sources", content), HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_file_is_uploaded_and_answers_and_one_that_is_none_is_refused()
    {
        var (workspace, agent) = await service.AgentAsync();
        var client = await service.ClientAsync(workspace);
        var url = $"/api/agents/{agent.Id}/sources";
        Assert.Equal("file_not_what_it_says", await CodeAsync(await UploadAsync(client, url, "prices.pdf", [1, 2, 3]), HttpStatusCode.BadRequest));
        Assert.Equal("file_type_unknown", await CodeAsync(await UploadAsync(client, url, "prices.xls", [1, 2, 3]), HttpStatusCode.BadRequest));
        using (var empty = new MultipartFormDataContent { { new StringContent("x"), "name" } })
            Assert.Equal("file_missing", await CodeAsync(await client.PostAsync(url, empty), HttpStatusCode.BadRequest));

        using var response = await UploadAsync(client, url, "prices.csv", "Product,Price\nKettle,30 euros"u8.ToArray(), "Price list");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var source = (await response.Content.ReadFromJsonAsync<JsonNode>())!;
        Assert.Equal(("file", "Price list", "waiting", "prices.csv", "csv"),
            (Text(source, "type"), Text(source, "name"), Text(source, "status"), Text(source["file"]!, "name"), Text(source["file"]!, "kind")));
        var trained = await TrainedAsync(client, $"{url}/{Text(source, "id")}");
        Assert.Equal((1, 1), (trained["progress"]!["chunksDone"]!.GetValue<int>(), trained["progress"]!["chunksAll"]!.GetValue<int>()));
        Assert.Equal("Product: Kettle; Price: 30 euros", Text(await PostAsync(client, $"/api/agents/{agent.Id}/ask", new { question = "price of a kettle" }), "answer"));
        Assert.Equal("source_type_fixed", await CodeAsync(await client.PutAsJsonAsync($"{url}/{Text(source, "id")}", new { type = "qa", question = "a", answer = "b" }), HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task A_website_is_read_shows_its_pages_and_is_read_again_when_asked_to()
    {
        await using var site = await LoopbackSite.StartAsync();
        site.Page("/", "<h1>Kettles</h1><p>A kettle costs 30.</p><a href='/gone'>gone</a>");
        var (workspace, agent) = await service.AgentAsync();
        var client = await service.ClientAsync(workspace);
        var source = await PostAsync(client, $"/api/agents/{agent.Id}/sources", new { type = "website", url = site.Address, refreshDays = 30 }, HttpStatusCode.Created);
        Assert.Equal(("website", "127.0.0.1", $"{site.Address}/", 30), (Text(source, "type"), Text(source, "name"), Text(source, "url"), source["refreshDays"]!.GetValue<int>()));
        var url = $"/api/agents/{agent.Id}/sources/{Text(source, "id")}";
        Assert.Equal("trained", Text(await TrainedAsync(client, url), "status"));
        var asked = await PostAsync(client, $"/api/agents/{agent.Id}/ask", new { question = "What does a kettle cost?" });
        Assert.Equal($"{site.Address}/", Text(asked["citations"]![0]!, "url"));

        var first = (await client.GetFromJsonAsync<JsonObject>($"{url}/pages?limit=1"))!;
        Assert.Equal(("read", "Kettles"), (Text(first["items"]![0]!, "state"), Text(first["items"]![0]!, "title")));
        var second = (await client.GetFromJsonAsync<JsonObject>($"{url}/pages?limit=1&cursor={Text(first, "next")}"))!;
        Assert.Equal(("gone", "It is not there.", null), (Text(second["items"]![0]!, "state"), Text(second["items"]![0]!, "problem"), Text(second, "next")));
        Assert.Single((await client.GetFromJsonAsync<JsonObject>($"{url}/pages?state=gone"))!["items"]!.AsArray());
        Assert.Equal("state_unknown", await CodeAsync(await client.GetAsync($"{url}/pages?state=lost"), HttpStatusCode.BadRequest));

        site.Page("/", "<h1>Kettles</h1><p>A kettle costs 40.</p>");
        await PostAsync(client, $"{url}/train", new { }, HttpStatusCode.Accepted);
        await TrainedAsync(client, url);
        Assert.Contains("40", Text(await PostAsync(client, $"/api/agents/{agent.Id}/ask", new { question = "What does a kettle cost?" }), "answer"), StringComparison.Ordinal);

        // A source that is read already is not begun with twice; one of somebody else is not there.
        var (other, _) = await service.AgentAsync();
        var stranger = await service.ClientAsync(other);
        foreach (var response in new[] { await stranger.GetAsync($"{url}/pages"), await stranger.PostAsync($"{url}/train", null) })
            Assert.Equal("agent_not_found", await CodeAsync(response, HttpStatusCode.NotFound));
        var viewer = await service.ClientAsync(workspace, Role.Viewer);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsync($"{url}/train", null)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await viewer.GetAsync($"{url}/pages")).StatusCode);
    }

    [Fact]
    public async Task Settings_have_defaults_are_kept_and_go_back()
    {
        var (workspace, agent) = await service.AgentAsync();
        var client = await service.ClientAsync(workspace);
        var url = $"/api/agents/{agent.Id}/settings";

        var initial = (await client.GetFromJsonAsync<JsonObject>(url))!;
        Assert.Equal(0.5, initial["threshold"]!.GetValue<double>());
        Assert.Equal("unsure", Text(initial, "behaviour"));

        using (var put = await client.PutAsJsonAsync(url, new { threshold = 0.7, behaviour = "handoff", handoff = "  One moment, a person comes.\0 ", instructions = "Be brief." }))
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        var changed = (await client.GetFromJsonAsync<JsonObject>(url))!;
        Assert.Equal((0.7, "handoff", "One moment, a person comes.", "Be brief.", Text(initial, "greeting")),
            (changed["threshold"]!.GetValue<double>(), Text(changed, "behaviour"), Text(changed, "handoff"), Text(changed, "instructions"), Text(changed, "greeting")));
        var asked = await PostAsync(client, $"/api/agents/{agent.Id}/ask", new { question = "What is the meaning of life?" });
        Assert.Equal(("handoff", "One moment, a person comes.", "below_threshold", 0.7), (Text(asked, "outcome"), Text(asked, "answer"), Text(asked, "rule"), asked["threshold"]!.GetValue<double>()));

        using (var put = await client.PutAsJsonAsync(url, new { }))
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal(Text(initial, "handoff"), Text((await client.GetFromJsonAsync<JsonObject>(url))!, "handoff"));
    }

    [Theory]
    [InlineData("""{"threshold":1.1}""")]
    [InlineData("""{"threshold":-0.1}""")]
    [InlineData("""{"threshold":"high"}""")]
    [InlineData("""{"behaviour":"ignore"}""")]
    [InlineData("""{"behaviour":1}""")]
    public async Task Settings_that_make_no_sense_are_refused(string body)
    {
        var (workspace, agent) = await service.AgentAsync();
        var client = await service.ClientAsync(workspace);
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        Assert.Equal("invalid_request", await CodeAsync(await client.PutAsync($"/api/agents/{agent.Id}/settings", content), HttpStatusCode.BadRequest));
        using var longText = JsonContent.Create(new { greeting = new string('x', 1_001) });
        Assert.Equal("invalid_request", await CodeAsync(await client.PutAsync($"/api/agents/{agent.Id}/settings", longText), HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Ask_says_how_the_answer_came_about()
    {
        var (workspace, agent) = await service.AgentAsync();
        var client = await service.ClientAsync(workspace);
        var source = await PostAsync(client, $"/api/agents/{agent.Id}/sources",
            new { type = "text", name = "Shop", text = "# Gift wrapping\nGift wrapping costs 2.50 per order." }, HttpStatusCode.Created);

        var answer = await PostAsync(client, $"/api/agents/{agent.Id}/ask", new { question = "What does gift wrapping cost?" });
        Assert.Equal(("extract", "Gift wrapping costs 2.50 per order.", "extract"), (Text(answer, "outcome"), Text(answer, "answer"), Text(answer, "rule")));
        Assert.InRange(answer["score"]!.GetValue<double>(), 0.9, 1);
        var citation = Assert.Single(answer["citations"]!.AsArray())!;
        Assert.Equal((Text(source, "id"), "Shop", "Gift wrapping costs 2.50 per order."), (Text(citation, "sourceId"), Text(citation, "sourceName"), Text(citation, "passage")));
        Assert.NotEqual("", Text(answer, "why"));

        Assert.Equal("greeting", Text(await PostAsync(client, $"/api/agents/{agent.Id}/ask", new { question = "Hello!" }), "outcome"));
        Assert.Equal("unsure", Text(await PostAsync(client, $"/api/agents/{agent.Id}/ask", new { question = "Who won the cup?" }), "outcome"));
        Assert.Equal("invalid_request", await CodeAsync(await client.PostAsJsonAsync($"/api/agents/{agent.Id}/ask", new { }), HttpStatusCode.BadRequest));
        Assert.Equal("invalid_request", await CodeAsync(await client.PostAsJsonAsync($"/api/agents/{agent.Id}/ask", new { question = new string('x', 5_000) }), HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Another_workspace_and_another_agents_key_see_nothing()
    {
        var (myWorkspace, mine) = await service.AgentAsync();
        var (theirWorkspace, theirs) = await service.AgentAsync();
        var theirOther = await service.SecondAgentAsync(theirWorkspace);
        var owner = await service.ClientAsync(theirWorkspace);
        var source = await PostAsync(owner, $"/api/agents/{theirs.Id}/sources", new { type = "qa", question = "Secret?", answer = "Yes." }, HttpStatusCode.Created);

        foreach (var stranger in new[] { await service.ClientAsync(myWorkspace), await service.ClientAsync(theirWorkspace, agent: theirOther) })
        {
            foreach (var path in new[] { "sources", $"sources/{Text(source, "id")}", "settings" })
                Assert.Equal("agent_not_found", await CodeAsync(await stranger.GetAsync($"/api/agents/{theirs.Id}/{path}"), HttpStatusCode.NotFound));
            Assert.Equal("agent_not_found", await CodeAsync(await stranger.PostAsJsonAsync($"/api/agents/{theirs.Id}/ask", new { question = "Secret?" }), HttpStatusCode.NotFound));
            Assert.Equal("agent_not_found", await CodeAsync(await stranger.DeleteAsync($"/api/agents/{theirs.Id}/sources/{Text(source, "id")}"), HttpStatusCode.NotFound));
        }

        // Its own agent, another's source.
        var client = await service.ClientAsync(myWorkspace);
        Assert.Equal("source_not_found", await CodeAsync(await client.GetAsync($"/api/agents/{mine.Id}/sources/{Text(source, "id")}"), HttpStatusCode.NotFound));
        Assert.Equal("source_not_found", await CodeAsync(await client.DeleteAsync($"/api/agents/{mine.Id}/sources/{Text(source, "id")}"), HttpStatusCode.NotFound));
        Assert.Equal("unsure", Text(await PostAsync(client, $"/api/agents/{mine.Id}/ask", new { question = "Secret?" }), "outcome"));
        Assert.Equal("verbatim", Text(await PostAsync(owner, $"/api/agents/{theirs.Id}/ask", new { question = "Secret?" }), "outcome"));
    }

    [Fact]
    public async Task A_viewer_may_look_and_not_touch_and_nobody_else_may_do_anything()
    {
        var (workspace, agent) = await service.AgentAsync();
        var viewer = await service.ClientAsync(workspace, Role.Viewer);
        Assert.Equal(HttpStatusCode.OK, (await viewer.GetAsync($"/api/agents/{agent.Id}/sources")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await viewer.GetAsync($"/api/agents/{agent.Id}/settings")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsJsonAsync($"/api/agents/{agent.Id}/sources", new { type = "qa", question = "a", answer = "b" })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PutAsJsonAsync($"/api/agents/{agent.Id}/settings", new { })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsJsonAsync($"/api/agents/{agent.Id}/ask", new { question = "a" })).StatusCode);

        var anonymous = service.Anonymous();
        foreach (var path in new[] { "sources", "settings" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await anonymous.GetAsync($"/api/agents/{agent.Id}/{path}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await anonymous.PostAsJsonAsync($"/api/agents/{agent.Id}/ask", new { question = "a" })).StatusCode);
    }

    private static async Task<HttpResponseMessage> UploadAsync(HttpClient client, string url, string name, byte[] bytes, string? calledBy = null)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(bytes), "file", name } };
        if (calledBy is not null)
            form.Add(new StringContent(calledBy), "name");
        return await client.PostAsync(url, form);
    }

    /// <summary>The source once the service's own worker has dealt with it.</summary>
    private static async Task<JsonNode> TrainedAsync(HttpClient client, string url)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var source = (await client.GetFromJsonAsync<JsonNode>(url))!;
            if (Text(source, "status") is "trained" or "failed")
                return source;
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), "It is not trained.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static string? Text(JsonNode node, string member) => node[member]?.GetValue<string>();

    private static async Task<JsonNode> PostAsync(HttpClient client, string url, object body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await client.PostAsJsonAsync(url, body);
        Assert.Equal(expected, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        using (response)
        {
            Assert.Equal(expected, response.StatusCode);
            return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();
        }
    }
}
