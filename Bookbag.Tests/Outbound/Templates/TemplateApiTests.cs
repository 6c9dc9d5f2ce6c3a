using System.Net.Http.Headers;
using System.Text.Json;
using Bookbag.Outbound.DeliveryEvents;
using Bookbag.Outbound.Sandbox;
using Bookbag.Outbound.Templates;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Outbound.Templates;

public sealed class TemplateApiTests(OutboundService service) : IClassFixture<OutboundService>
{
    [Fact]
    public async Task A_template_is_written_submitted_approved_changed_and_deleted()
    {
        var (agent, channel) = await service.ConnectedAgentAsync();
        var (api, url) = (await service.ApiAsync(), Url(agent));
        var made = Api.Ok(await api.PostAsync(url, Order("order_shipped")));
        Assert.Equal(("DRAFT", "UTILITY", "Hello {{1}}, your order {{2}} is on its way to you."), (Status(made), made.GetProperty("category").GetString(), made.GetProperty("body").GetString()));
        Assert.Equal(["1", "2", "button.1"], made.GetProperty("variables").EnumerateArray().Select(v => v.GetProperty("key").GetString()));
        var id = made.GetProperty("id").GetGuid();

        var preview = Api.Ok(await api.PostAsync($"{url}/{id}/preview", new { variables = new Dictionary<string, string> { ["1"] = "Grace" } }));
        Assert.Equal("Hello Grace, your order A-17 is on its way to you.", preview.GetProperty("body").GetString());

        Assert.Equal("PENDING", Status(Api.Ok(await api.PostAsync($"{url}/{id}/submit"))));
        Assert.Equal((409, "template_unchanged"), Api.Code(await api.PostAsync($"{url}/{id}/submit")));
        Assert.Equal((409, "template_not_editable"), Api.Code(await api.PutAsync($"{url}/{id}", Order("order_shipped"))));
        service.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(1, Api.Ok(await api.PostAsync($"{url}/sync")).GetProperty("found").GetInt32());
        Assert.Equal("APPROVED", Status(Api.Ok(await api.GetAsync($"{url}/{id}"))));

        var changed = Api.Ok(await api.PutAsync($"{url}/{id}", Order("order_shipped") with { Body = "Dear {{1}}, the order {{2}} has left our house today." }));
        Assert.Equal(("APPROVED", JsonValueKind.Array), (Status(changed), changed.GetProperty("pendingComponents").ValueKind));
        var again = Api.Ok(await api.PostAsync($"{url}/{id}/submit"));
        Assert.Equal(("PENDING", "Dear {{1}}, the order {{2}} has left our house today.", JsonValueKind.Null), (Status(again), again.GetProperty("body").GetString(), again.GetProperty("pendingComponents").ValueKind));

        Assert.Equal(204, (await api.DeleteAsync($"{url}/{id}")).Status);
        Assert.Equal((404, "template_not_found"), Api.Code(await api.GetAsync($"{url}/{id}")));
        Assert.Equal(0, Api.Ok(await api.PostAsync($"{url}/sync")).GetProperty("found").GetInt32());
        Assert.NotNull(channel);
    }

    [Fact]
    public async Task One_language_is_deleted_and_the_other_stays()
    {
        var (agent, _) = await service.ConnectedAgentAsync();
        var (api, url) = (await service.ApiAsync(), Url(agent));
        var ids = new List<Guid>();
        foreach (var language in new[] { "en", "de" })
        {
            ids.Add(Api.Ok(await api.PostAsync(url, Order("two_tongues") with { Language = language })).GetProperty("id").GetGuid());
            Api.Ok(await api.PostAsync($"{url}/{ids[^1]}/submit"));
        }

        Assert.Equal(204, (await api.DeleteAsync($"{url}/{ids[0]}")).Status);
        Api.Ok(await api.PostAsync($"{url}/sync"));
        Assert.Equal(["de"], Api.Ok(await api.GetAsync(url)).GetProperty("items").EnumerateArray().Select(t => t.GetProperty("language").GetString()));
    }

    [Fact]
    public async Task What_Meta_would_refuse_is_refused_here_with_every_reason()
    {
        var (agent, _) = await service.ConnectedAgentAsync();
        var (api, url) = (await service.ApiAsync(), Url(agent));
        var answer = await api.PostAsync(url, """{"name":"Bad Name","category":"utility","language":"en_US","body":"{{1}} hello","footer":"{{1}}"}""");
        Assert.Equal((400, "template_invalid"), Api.Code(answer));
        Assert.Equal(["name", "body", "examples.1", "footer"], answer.Body.GetProperty("problems").EnumerateArray().Select(p => p.GetProperty("field").GetString()).Distinct().OrderBy(f => Array.IndexOf(["name", "body", "examples.1", "footer"], f)));
        Api.Ok(await api.PostAsync(url, Order("first")));
        Assert.Equal((400, "template_invalid"), Api.Code(await api.PostAsync(url, Order("second"))));
        Assert.Equal((409, "template_exists"), Api.Code(await api.PostAsync(url, Order("first") with { Body = "Another text for {{1}} about {{2}} and more." })));
        Assert.NotEmpty(Api.Ok(await api.PostAsync($"{url}/check", Order("Third"))).GetProperty("problems").EnumerateArray());
    }

    [Fact]
    public async Task A_rejected_template_shows_Metas_reason()
    {
        var (agent, _) = await service.ConnectedAgentAsync();
        var (api, url) = (await service.ApiAsync(), Url(agent));
        var id = Api.Ok(await api.PostAsync(url, Order("please_reject_me"))).GetProperty("id").GetGuid();
        Api.Ok(await api.PostAsync($"{url}/{id}/submit"));
        service.Clock.Advance(TimeSpan.FromSeconds(3));
        Api.Ok(await api.PostAsync($"{url}/sync"));
        var template = Api.Ok(await api.GetAsync($"{url}/{id}"));
        Assert.Equal(("REJECTED", "INVALID_FORMAT"), (Status(template), template.GetProperty("rejectionReason").GetString()));
    }

    [Fact]
    public async Task Sync_reads_every_page_and_what_Meta_no_longer_has_goes()
    {
        var (agent, _) = await service.ConnectedAgentAsync();
        var (api, url) = (await service.ApiAsync(), Url(agent));
        var made = new List<JsonElement>();
        for (var i = 0; i < 120; i++)
        {
            made.Add(Api.Ok(await api.PostAsync(url, Order($"page_{i}") with { Body = $"Hello {{{{1}}}}, your order {{{{2}}}} is number {i}." })));
            Api.Ok(await api.PostAsync($"{url}/{made[^1].GetProperty("id").GetGuid()}/submit"));
        }

        await service.Database.DataSource.ExecuteAsync($"DELETE FROM outbound.templates WHERE agent_id = '{agent.Id}' AND name = 'page_7'");
        await service.Database.DataSource.ExecuteAsync($"UPDATE outbound.templates SET meta_id = '1', created_at = created_at - interval '1 day', submitted_at = submitted_at - interval '1 day', name = 'gone' WHERE agent_id = '{agent.Id}' AND name = 'page_8'");
        var outcome = Api.Ok(await api.PostAsync($"{url}/sync"));
        Assert.Equal((120, true), (outcome.GetProperty("found").GetInt32(), outcome.GetProperty("complete").GetBoolean()));
        var list = Api.Ok(await api.GetAsync($"{url}?limit=200"));
        Assert.Equal(120, list.GetProperty("items").GetArrayLength());
        Assert.DoesNotContain("gone", list.GetProperty("items").EnumerateArray().Select(t => t.GetProperty("name").GetString()));
        Assert.Equal(service.Clock.GetUtcNow(), list.GetProperty("sync").GetProperty("completedAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_sync_that_fails_says_so_and_takes_nothing_away()
    {
        var (agent, channel) = await service.ConnectedAgentAsync();
        var (api, url) = (await service.ApiAsync(), Url(agent));
        var id = Api.Ok(await api.PostAsync(url, Order("kept"))).GetProperty("id").GetGuid();
        Api.Ok(await api.PostAsync($"{url}/{id}/submit"));
        service.Sandbox.Control.SetFaults(new FaultSettings { ExpiredToken = true });
        try
        {
            Assert.Equal((409, "meta_refused"), Api.Code(await api.PostAsync($"{url}/sync")));
        }
        finally
        {
            service.Sandbox.Control.ClearFaults();
        }

        var list = Api.Ok(await api.GetAsync(url));
        Assert.Equal((1, false, 1), (list.GetProperty("items").GetArrayLength(), list.GetProperty("sync").GetProperty("complete").GetBoolean(), list.GetProperty("sync").GetProperty("problems").GetArrayLength()));
        Assert.NotNull(channel);
    }

    [Fact]
    public async Task The_example_of_a_header_is_uploaded_and_its_handle_makes_a_template()
    {
        var (agent, _) = await service.ConnectedAgentAsync();
        var (api, url) = (await service.ApiAsync(), Url(agent));
        using var picture = new ByteArrayContent([0x89, 0x50, 0x4E, 0x47]);
        picture.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using var form = new MultipartFormDataContent { { picture, "file", "sale.png" } };
        var (status, text) = await api.SendTextAsync(HttpMethod.Post, $"{url}/media", form);
        var uploaded = Api.Ok((status, JsonElement.Parse(text)));
        Assert.Equal("image", uploaded.GetProperty("type").GetString());
        var made = Api.Ok(await api.PostAsync(url, Order("with_picture") with { Header = new("image", Handle: uploaded.GetProperty("handle").GetString()) }));
        Assert.Equal("header", made.GetProperty("variables")[0].GetProperty("key").GetString());
        Assert.Equal("PENDING", Status(Api.Ok(await api.PostAsync($"{url}/{made.GetProperty("id").GetGuid()}/submit"))));
    }

    [Fact]
    public async Task Metas_webhooks_are_applied_in_any_order()
    {
        var (agent, channel) = await service.ConnectedAgentAsync();
        var (api, url) = (await service.ApiAsync(), Url(agent));
        var id = Api.Ok(await api.PostAsync(url, Order("watched"))).GetProperty("id").GetGuid();
        var metaId = Api.Ok(await api.PostAsync($"{url}/{id}/submit")).GetProperty("metaId").GetString();

        await ApplyAsync(1, """{"event":"APPROVED","message_template_id":ID,"reason":null}""");
        Assert.Equal("APPROVED", Status(await ReadAsync()));
        await ApplyAsync(5, """{"event":"PAUSED","message_template_id":ID,"reason":"NONE","other_info":{"title":"FIRST_PAUSE","description":"Quality"}}""");
        await ApplyAsync(3, """{"event":"APPROVED","message_template_id":ID}""");
        var paused = await ReadAsync();
        Assert.Equal(("PAUSED", "FIRST_PAUSE Quality"), (Status(paused), paused.GetProperty("rejectionDetail").GetString()));
        await ApplyAsync(6, """{"event":"SOMETHING_NEW","message_template_id":"ID"}""");
        Assert.Equal("SOMETHING_NEW", Status(await ReadAsync()));

        await ApplyAsync(7, """{"previous_quality_score":"GREEN","new_quality_score":"YELLOW","message_template_id":ID}""");
        await ApplyAsync(8, """{"message_template_id":ID,"new_category":"UTILITY","correct_category":"MARKETING","category_update_timestamp":1793610000}""");
        var announced = await ReadAsync();
        Assert.Equal(("YELLOW", "UTILITY", "MARKETING"), (announced.GetProperty("quality").GetString(), announced.GetProperty("category").GetString(), announced.GetProperty("nextCategory").GetString()));
        await ApplyAsync(9, """{"message_template_id":ID,"previous_category":"UTILITY","new_category":"MARKETING"}""");
        var done = await ReadAsync();
        Assert.Equal(("MARKETING", "UTILITY", JsonValueKind.Null), (done.GetProperty("category").GetString(), done.GetProperty("previousCategory").GetString(), done.GetProperty("nextCategory").ValueKind));
        await ApplyAsync(10, """{"no":"template"}""");

        // The event does not tell all of the components: the worker reads them, though it is not yet time.
        Api.Ok(await api.PostAsync($"{url}/sync"));
        await ApplyAsync(11, """{"message_template_id":ID,"message_template_element":"Other text","message_template_language":"en-US"}""");
        service.Clock.Advance(TimeSpan.FromMinutes(3));
        var worker = service.Services.GetRequiredService<TemplateSyncWorker>();
        while (await worker.RunOnceAsync(CancellationToken.None) > 0) { }
        Assert.Equal(service.Clock.GetUtcNow(), Api.Ok(await api.GetAsync(url)).GetProperty("sync").GetProperty("startedAt").GetDateTimeOffset());

        async Task<JsonElement> ReadAsync() => Api.Ok(await api.GetAsync($"{url}/{id}"));

        async Task ApplyAsync(int minute, string payload)
        {
            await using var connection = await service.Database.DataSource.OpenConnectionAsync();
            await TemplateEvents.ApplyAsync(connection, [new DeliveryEvent(1, service.Workspace.Id, channel.Id, agent.Id, "template", service.Clock.GetUtcNow().AddMinutes(minute), null, null, null,
                JsonElement.Parse(payload.Replace("ID", metaId, StringComparison.Ordinal)))], CancellationToken.None);
        }
    }

    [Fact]
    public async Task The_worker_compares_agents_that_it_is_time_for()
    {
        var (agent, _) = await service.ConnectedAgentAsync();
        var worker = service.Services.GetRequiredService<TemplateSyncWorker>();
        while (await worker.RunOnceAsync(CancellationToken.None) > 0) { }
        Assert.True(Api.Ok(await (await service.ApiAsync()).GetAsync(Url(agent))).GetProperty("sync").GetProperty("complete").GetBoolean());
        service.Clock.Advance(TimeSpan.FromHours(2));
        Assert.NotEqual(0, await worker.RunOnceAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Nobody_sees_what_is_not_theirs()
    {
        var (agent, _) = await service.ConnectedAgentAsync();
        var id = Api.Ok(await (await service.ApiAsync()).PostAsync(Url(agent), Order("mine"))).GetProperty("id").GetGuid();
        var stranger = await service.Database.AddWorkspaceAsync();
        var sibling = await service.AgentAsync();
        Assert.Equal(401, (await service.Anonymous().GetAsync(Url(agent))).Status);
        Assert.Equal((404, "agent_not_found"), Api.Code(await (await service.ApiAsync(workspace: stranger)).GetAsync($"{Url(agent)}/{id}")));
        Assert.Equal((404, "agent_not_found"), Api.Code(await (await service.ApiAsync(agent: sibling)).GetAsync($"{Url(agent)}/{id}")));
        Assert.Equal((404, "template_not_found"), Api.Code(await (await service.ApiAsync()).GetAsync($"{Url(sibling)}/{id}")));
        Assert.Equal(403, (await (await service.ApiAsync(Role.Viewer)).PostAsync($"{Url(agent)}/{id}/submit")).Status);
        Assert.Equal((409, "channel_not_connected"), Api.Code(await (await service.ApiAsync()).PostAsync($"{Url(sibling)}/sync")));
    }

    private static TemplateRequest Order(string name) => new(
        name, "utility", "en_US", "Hello {{1}}, your order {{2}} is on its way to you.", Footer: "The shop", Examples: JsonElement.Parse("""{"1":"Ada","2":"A-17"}"""),
        Buttons: [new("quick_reply", "Thanks"), new("url", "Track", "https://shop.example/o/{{1}}", Example: "https://shop.example/o/A-17")]);

    private static string Url(Agent agent) => $"/api/agents/{agent.Id}/outbound/templates";

    private static string? Status(JsonElement template) => template.GetProperty("status").GetString();
}
