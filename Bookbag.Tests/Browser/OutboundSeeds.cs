using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.Tests.Embedded;

namespace Bookbag.Tests.Browser;

/// <summary>What tests of Outbound's pages begin with, made through the API.</summary>
internal static class OutboundSeeds
{
    private static int _blocks;

    /// <summary>A marketing template that the sandbox has approved.</summary>
    public static async Task<(Guid Id, string Name)> ApprovedTemplateAsync(this BrowserWorld world, Guid agent)
    {
        var (name, path) = ($"news_{agent:n}", $"{Outbound(agent)}/templates");
        var template = await world.Product.PostAsync(path, new
        {
            name,
            category = "marketing",
            language = "en",
            body = $"Hello {{{{1}}}}, as we told you on the phone. {agent:n}",
            footer = "Reply STOP to unsubscribe",
            examples = new[] { "Ana" },
        });
        var id = template.GetProperty("id").GetGuid();
        await world.Product.PostAsync($"{path}/{id}/submit", new { });
        await Eventually.TrueAsync(async () => (await world.GetAsync($"{path}/{id}")).GetProperty("status").GetString() == "APPROVED", "the template is approved");
        return (id, name);
    }

    /// <summary>Contacts "Kim 0", "Kim 1" and so on; their numbers, which nobody else has.</summary>
    public static async Task<IReadOnlyList<string>> ContactsAsync(this BrowserWorld world, Guid agent, int count)
    {
        var block = Interlocked.Increment(ref _blocks);
        var numbers = Enumerable.Range(0, count).Select(i => $"4915166{block:D3}{i:D3}").ToList();
        await world.Product.PostAsync($"/api/v1/chatbots/{agent}/contacts",
            new { users = numbers.Select((number, i) => new { external_id = $"p{i}", name = $"Kim {i}", phonenumber = $"+{number}", custom_attributes = new { town = "Graz" } }) });
        return numbers;
    }

    /// <summary>A draft to everybody, with a template that is approved for it.</summary>
    public static async Task<Guid> DraftAsync(this BrowserWorld world, Guid agent, string name)
    {
        await world.ApprovedTemplateAsync(agent);
        return await world.CampaignAsync(agent, name);
    }

    /// <summary>A draft to everybody, with the agent's template.</summary>
    public static async Task<Guid> CampaignAsync(this BrowserWorld world, Guid agent, string name)
    {
        var template = (await world.GetAsync($"{Outbound(agent)}/templates?status=approved")).GetProperty("items")[0].GetProperty("id").GetGuid();
        var campaign = await world.Product.PostAsync($"{Outbound(agent)}/campaigns",
            new { name, replyMode = "human", templateId = template, variables = new Dictionary<string, object> { ["1"] = new { field = "first_name", fallback = "there" } } });
        return campaign.GetProperty("id").GetGuid();
    }

    /// <summary>A file of contacts that waits to be started.</summary>
    public static async Task<Guid> UploadAsync(this BrowserWorld world, Guid agent, string csv)
    {
        using var form = new MultipartFormDataContent { { new StringContent(csv), "file", "people.csv" } };
        using var answer = await world.Product.Edge.PostAsync($"{Outbound(agent)}/contacts/imports", form);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }

    public static Task LaunchAsync(this BrowserWorld world, Guid agent, Guid campaign) => world.Product.PostAsync($"{Outbound(agent)}/campaigns/{campaign}/launch", new { });

    /// <summary>The number of the agent, as the sandbox calls it.</summary>
    public static async Task<string> NumberAsync(this BrowserWorld world, Guid agent) =>
        (await world.GetAsync($"/api/agents/{agent}/channels/whatsapp")).GetProperty("phoneNumberId").GetString()!; // a card has one

    /// <summary>A customer writes to the agent.</summary>
    public static async Task WriteAsync(this BrowserWorld world, Guid agent, string customer, string text) =>
        await world.Product.PostAsync($"/sandbox/customers/{customer}/messages", new { phoneNumberId = await world.NumberAsync(agent), text });

    public static async Task<JsonElement> GetAsync(this BrowserWorld world, string path) => await world.Product.Edge.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Replaces what is at a path.</summary>
    public static async Task PutAsync(this BrowserWorld world, string path, object body)
    {
        using var answer = await world.Product.Edge.PutAsJsonAsync(path, body);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    public static string Outbound(Guid agent) => $"/api/agents/{agent}/outbound";
}
