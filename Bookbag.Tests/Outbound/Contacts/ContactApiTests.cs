using System.Text.Json;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Outbound.Contacts;

public sealed class ContactApiTests(OutboundService service) : IClassFixture<OutboundService>
{
    [Fact]
    public async Task A_contact_is_added_read_changed_and_forgotten()
    {
        var api = await service.ApiAsync();
        var url = await UrlAsync();
        var made = Api.Ok(await api.PostAsync(url, new
        {
            phone = "+49 151 1234-5678",
            name = " Ada ",
            email = "ada@example.com",
            language = "de-AT",
            externalId = "c-1",
            tags = new[] { "vip", "berlin", "vip" },
            attributes = new { orders = 3, since = "2026-01-15", newsletter = true, sizes = new[] { "S", "M" }, note = "Likes tea" },
        }));
        Assert.Equal("4915112345678", made.GetProperty("phone").GetString());
        Assert.Equal("Ada", made.GetProperty("name").GetString());
        Assert.Equal("de_AT", made.GetProperty("language").GetString());
        Assert.Equal("""["berlin","vip"]""", made.GetProperty("tags").GetRawText());
        Assert.Equal("unknown", made.GetProperty("marketing").GetProperty("state").GetString());

        var id = made.GetProperty("id").GetGuid();
        var changed = Api.Ok(await api.PutAsync($"{url}/{id}", new { phone = "+4915112345678", name = "Ada L.", attributes = new { orders = 4 } }));
        Assert.Equal(("Ada L.", JsonValueKind.Null, """{"orders":4}"""), (
            changed.GetProperty("name").GetString(), changed.GetProperty("email").ValueKind, changed.GetProperty("attributes").GetRawText().Replace(" ", "", StringComparison.Ordinal)));

        Assert.Equal(204, (await api.DeleteAsync($"{url}/{id}")).Status);
        Assert.Equal((404, "contact_not_found"), Api.Code(await api.GetAsync($"{url}/{id}")));
        Assert.Equal(["newsletter:boolean", "note:text", "orders:number", "since:date", "sizes:list"],
            Api.Ok(await api.GetAsync($"{url}/attributes")).EnumerateArray().Select(a => $"{a.GetProperty("name").GetString()}:{a.GetProperty("type").GetString()}"));
    }

    [Theory]
    [InlineData("""{"phone":"12"}""", "phone_invalid")]
    [InlineData("""{"phone":"0151 12345678"}""", "phone_invalid")]
    [InlineData("""{"name":"Nobody"}""", "nobody")]
    [InlineData("""{"phone":"+4915112345678","email":"ada"}""", "email_invalid")]
    [InlineData("""{"phone":"+4915112345678","language":"German"}""", "language_invalid")]
    [InlineData("""{"phone":"+4915112345678","attributes":{"x":{"deep":1}}}""", "attribute_invalid")]
    public async Task What_cannot_be_a_contact_is_refused_with_its_reason(string body, string code) =>
        Assert.Equal((400, code), Api.Code(await (await service.ApiAsync()).PostAsync(await UrlAsync(), body)));

    [Fact]
    public async Task A_number_belongs_to_one_contact()
    {
        var api = await service.ApiAsync();
        var url = await UrlAsync();
        Api.Ok(await api.PostAsync(url, new { phone = "+4915112345678" }));
        Assert.Equal((409, "contact_exists"), Api.Code(await api.PostAsync(url, new { phone = "0049 151 12345678", defaultRegion = "DE" })));
    }

    [Fact]
    public async Task A_value_of_another_type_is_refused_and_a_used_type_stays()
    {
        var api = await service.ApiAsync();
        var url = await UrlAsync();
        Api.Ok(await api.PutAsync($"{url}/attributes/orders", new { type = "number" }));
        Assert.Equal((400, "attribute_invalid"), Api.Code(await api.PostAsync(url, new { phone = "+4915112345678", attributes = new { orders = "many" } })));
        Api.Ok(await api.PostAsync(url, new { phone = "+4915112345678", attributes = new { orders = "12" } }));
        Assert.Equal((409, "attribute_in_use"), Api.Code(await api.PutAsync($"{url}/attributes/orders", new { type = "text" })));
    }

    [Fact]
    public async Task Lists_are_paged_searched_and_filtered()
    {
        var api = await service.ApiAsync();
        var url = await UrlAsync();
        for (var i = 0; i < 5; i++)
        {
            service.Clock.Advance(TimeSpan.FromSeconds(1));
            Api.Ok(await api.PostAsync(url, new
            {
                phone = $"+491511000000{i}",
                name = $"Person {i}",
                language = i % 2 == 0 ? "de" : "en",
                tags = i < 2 ? new[] { "vip" } : [],
                attributes = new { orders = i, city = i == 3 ? "100% Köln_" : "Berlin", colours = new[] { i == 4 ? "red" : "blue" } },
                optedIn = i switch { 0 => true, 1 => false, _ => (bool?)null },
            }));
        }

        var first = Api.Ok(await api.GetAsync($"{url}?limit=3"));
        var second = Api.Ok(await api.GetAsync($"{url}?limit=3&cursor={first.GetProperty("next").GetString()}"));
        Assert.Equal(["Person 4", "Person 3", "Person 2", "Person 1", "Person 0"], Names(first).Concat(Names(second)));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next").ValueKind);

        Assert.Equal(["Person 3"], await FindAsync("", "q=person 3"));
        Assert.Equal(["Person 2"], await FindAsync("", "q=0151 1000 0002"));
        Assert.Equal(["Person 4", "Person 2", "Person 0"], await FindAsync("""{"field":"language","value":"de"}"""));
        Assert.Equal(["Person 0"], await FindAsync("""{"all":[{"tag":"vip"},{"field":"language","op":"is_not","value":"en"}]}"""));
        Assert.Equal(["Person 4", "Person 3"], await FindAsync("""{"attribute":"orders","op":"at_least","value":3}"""));
        Assert.Equal(["Person 3"], await FindAsync("""{"attribute":"city","op":"contains","value":"0% k"}"""));
        Assert.Equal(["Person 3"], await FindAsync("""{"attribute":"city","op":"is_not","value":"Berlin"}"""));
        Assert.Equal(["Person 4"], await FindAsync("""{"attribute":"colours","value":"red"}"""));
        Assert.Equal(["Person 4", "Person 1"], await FindAsync("""{"any":[{"attribute":"orders","op":"any_of","value":[1]},{"attribute":"colours","value":"red"}]}"""));
        Assert.Equal(["Person 0"], await FindAsync("""{"optIn":"opted_in"}"""));
        Assert.Equal(["Person 1"], await FindAsync("""{"optIn":"opted_out"}"""));
        Assert.Equal(["Person 4", "Person 3", "Person 2"], await FindAsync("""{"optIn":"unknown"}"""));
        Assert.Empty(await FindAsync("""{"attribute":"x'; DROP TABLE outbound.contacts; --","op":"exists"}"""));
        Assert.Equal((400, "filter_invalid"), Api.Code(await api.GetAsync($"{url}?filter={{\"field\":\"shoe\"}}")));

        var count = Api.Ok(await api.GetAsync($"{url}/count"));
        Assert.Equal((5, 4, 1, 1), (count.GetProperty("total").GetInt32(), count.GetProperty("reachable").GetInt32(), count.GetProperty("optedIn").GetInt32(), count.GetProperty("optedOut").GetInt32()));

        async Task<IEnumerable<string?>> FindAsync(string filter, string more = "") =>
            Names(Api.Ok(await api.GetAsync($"{url}?filter={Uri.EscapeDataString(filter)}&{more}")));
    }

    [Fact]
    public async Task An_opt_out_by_hand_survives_the_contact_and_is_lifted_by_hand()
    {
        var api = await service.ApiAsync();
        var url = await UrlAsync();
        var id = Api.Ok(await api.PostAsync(url, new { phone = "+4915199999999", optedIn = true })).GetProperty("id").GetGuid();
        Assert.Equal("opted_out", State(Api.Ok(await api.PostAsync($"{url}/{id}/opt-out", new { reason = "Said so on the phone" }))));
        await api.DeleteAsync($"{url}/{id}");

        var again = Api.Ok(await api.PostAsync(url, new { phone = "+4915199999999" }));
        Assert.Equal(("opted_out", "by_hand", "Said so on the phone", "Key"), (
            State(again), again.GetProperty("marketing").GetProperty("source").GetString(), again.GetProperty("marketing").GetProperty("reason").GetString(),
            again.GetProperty("marketing").GetProperty("by").GetString()));

        service.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("opted_in", State(Api.Ok(await api.PostAsync($"{url}/{again.GetProperty("id").GetGuid()}/opt-in"))));
    }

    [Fact]
    public async Task Nobody_sees_what_is_not_theirs()
    {
        var agent = await service.AgentAsync();
        var sibling = await service.AgentAsync();
        var stranger = await service.Database.AddWorkspaceAsync();
        var url = $"/api/agents/{agent.Id}/outbound/contacts";
        var id = Api.Ok(await (await service.ApiAsync()).PostAsync(url, new { phone = "+4915112345678" })).GetProperty("id").GetGuid();

        Assert.Equal(401, (await service.Anonymous().GetAsync(url)).Status);
        Assert.Equal((404, "agent_not_found"), Api.Code(await (await service.ApiAsync(workspace: stranger)).GetAsync($"{url}/{id}")));
        Assert.Equal((404, "agent_not_found"), Api.Code(await (await service.ApiAsync(agent: sibling)).GetAsync($"{url}/{id}")));
        Assert.Equal((404, "contact_not_found"), Api.Code(await (await service.ApiAsync()).GetAsync($"/api/agents/{sibling.Id}/outbound/contacts/{id}")));
        Assert.Equal((404, "contact_not_found"), Api.Code(await (await service.ApiAsync()).DeleteAsync($"/api/agents/{sibling.Id}/outbound/contacts/{id}")));
        Assert.Equal(403, (await (await service.ApiAsync(Role.Viewer)).DeleteAsync($"{url}/{id}")).Status);
        Assert.Equal(200, (await (await service.ApiAsync(Role.Viewer, agent: agent)).GetAsync($"{url}/{id}")).Status);
    }

    private async Task<string> UrlAsync() => $"/api/agents/{(await service.AgentAsync()).Id}/outbound/contacts";

    private static IEnumerable<string?> Names(JsonElement page) => page.GetProperty("items").EnumerateArray().Select(c => c.GetProperty("name").GetString());

    private static string? State(JsonElement contact) => contact.GetProperty("marketing").GetProperty("state").GetString();
}
