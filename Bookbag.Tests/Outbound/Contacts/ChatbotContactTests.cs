using System.Text.Json;

namespace Bookbag.Tests.Outbound.Contacts;

public sealed class ChatbotContactTests(OutboundService service) : IClassFixture<OutboundService>
{
    [Fact]
    public async Task A_thousand_users_are_upserted_in_one_call_each_with_its_result()
    {
        var api = await service.ApiAsync();
        var url = await UrlAsync();
        var users = Enumerable.Range(0, 1_000).Select(i => new { external_id = $"u{i}", name = $"User {i}", phonenumber = $"+4915120{i:000000}", custom_attributes = new { plan = "pro", orders = i } });
        var answer = Api.Ok(await api.PostAsync(url, new { users }));
        Assert.Equal("1000 of 1000 contacts saved.", answer.GetProperty("message").GetString());
        Assert.All(answer.GetProperty("data").EnumerateArray(), row => Assert.Equal("created", row.GetProperty("status").GetString()));

        var again = Api.Ok(await api.PostAsync(url, new { users = new[] { new { external_id = "u7", custom_attributes = new { plan = (string?)null, city = "Köln" } } } }));
        Assert.Equal("updated", again.GetProperty("data")[0].GetProperty("status").GetString());
        var contact = Api.Ok(await api.GetAsync($"{url}/u7"));
        Assert.Equal(("User 7", "4915120000007"), (contact.GetProperty("name").GetString(), contact.GetProperty("phonenumber").GetString()));
        Assert.Equal("""{"city":"Köln","orders":7}""", contact.GetProperty("custom_attributes").GetRawText().Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(50, Api.Ok(await api.GetAsync(url)).GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task A_row_that_is_refused_keeps_no_other_out()
    {
        var api = await service.ApiAsync();
        var url = await UrlAsync();
        Api.Ok(await api.PostAsync(url, """{"users":[{"external_id":"old","phonenumber":"+4915120000001"}]}"""));
        var answer = Api.Ok(await api.PostAsync(url, """
            {"users":[
              {"external_id":"a","phonenumber":"+4915120000002"},
              {"name":"Nameless"},
              {"external_id":"b","phonenumber":"123"},
              {"external_id":"c","phonenumber":"+4915120000001"},
              {"external_id":"d","phonenumber":"+4915120000002"},
              {"external_id":"a","name":"Anna"},
              {"external_id":"old","phonenumber":"+4915120000009"}]}
            """));
        Assert.Equal("3 of 7 contacts saved, 4 refused.", answer.GetProperty("message").GetString());
        Assert.Equal(["created", "external_id_missing", "phone_invalid", "phone_taken", "phone_taken", "created", "updated"], answer.GetProperty("data").EnumerateArray()
            .Select(r => r.GetProperty("error") is { ValueKind: JsonValueKind.Object } error ? error.GetProperty("code").GetString() : r.GetProperty("status").GetString()));
        Assert.Equal("Anna", Api.Ok(await api.GetAsync($"{url}/a")).GetProperty("name").GetString());
        Assert.Equal("4915120000009", Api.Ok(await api.GetAsync($"{url}/old")).GetProperty("phonenumber").GetString());
    }

    [Fact]
    public async Task A_contact_known_by_number_alone_gets_its_external_id()
    {
        var api = await service.ApiAsync();
        var agent = await service.AgentAsync();
        var made = Api.Ok(await api.PostAsync($"/api/agents/{agent.Id}/outbound/contacts", new { phone = "+4915120000077", tags = new[] { "walk-in" } }));
        var upserted = Api.Ok(await api.PostAsync($"/api/v1/chatbots/{agent.Id}/contacts", """{"users":[{"external_id":"x","phonenumber":"+4915120000077","tags":["crm"]}]}"""));
        Assert.Equal(made.GetProperty("id").GetGuid(), upserted.GetProperty("data")[0].GetProperty("id").GetGuid());
        Assert.Equal("""["crm","walk-in"]""", Api.Ok(await api.GetAsync($"/api/v1/chatbots/{agent.Id}/contacts/x")).GetProperty("tags").GetRawText().Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Calls_at_once_with_the_same_people_make_each_of_them_once()
    {
        var api = await service.ApiAsync();
        var url = await UrlAsync();
        var users = Enumerable.Range(0, 200).Select(i => new { external_id = $"p{i}", phonenumber = $"+4915121{i:000000}" }).ToArray();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => api.PostAsync(url, new { users = i % 2 == 0 ? users : [.. users.Reverse()] })));
        Assert.Equal(200, answers.SelectMany(a => Api.Ok(a).GetProperty("data").EnumerateArray()).Count(r => r.GetProperty("status").GetString() == "created"));
    }

    [Theory]
    [InlineData("""{"users":[]}""")]
    [InlineData("""{}""")]
    public async Task Nobody_or_too_many_is_refused(string body) => Assert.Equal(400, (await (await service.ApiAsync()).PostAsync(await UrlAsync(), body)).Status);

    private async Task<string> UrlAsync() => $"/api/v1/chatbots/{(await service.AgentAsync()).Id}/contacts";
}
