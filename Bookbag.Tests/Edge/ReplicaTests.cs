using System.Net;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Edge;

public sealed class ReplicaTests(EdgeFixture fixture) : IClassFixture<EdgeFixture>
{
    private const string Path = "/channels/whatsapp/webhook";

    [Fact]
    public async Task All_replicas_get_work()
    {
        await using var other = await BackEnd.StartAsync();
        await using var edge = fixture.Host(new() { ["services:inbound:http:1"] = other.Address });
        using var client = edge.Anonymous();
        fixture.Inbound.Requests.Clear();
        for (var i = 0; i < 40; i++)
            Assert.Equal(HttpStatusCode.OK, await PostAsync(client));
        Assert.NotEmpty(fixture.Inbound.Requests);
        Assert.NotEmpty(other.Requests);
    }

    [Fact]
    public async Task A_replica_that_is_dead_costs_no_webhook()
    {
        await using var edge = fixture.Host(new() { ["services:inbound:http:1"] = $"http://127.0.0.1:{LoopbackPort.Free()}" });
        using var client = edge.Anonymous();
        for (var i = 0; i < 40; i++)
            Assert.Equal(HttpStatusCode.OK, await PostAsync(client, $"body {i}"));
    }

    [Fact]
    public async Task A_replica_that_dies_costs_no_webhook_that_comes_after()
    {
        var dying = await BackEnd.StartAsync();
        await using var edge = fixture.Host(new() { ["services:inbound:http:1"] = dying.Address });
        using var client = edge.Anonymous();
        while (dying.Requests.IsEmpty)
            await PostAsync(client);

        await dying.DisposeAsync();
        fixture.Inbound.Requests.Clear();
        for (var i = 0; i < 40; i++)
            Assert.Equal(HttpStatusCode.OK, await PostAsync(client, $"body {i}"));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"body {i}"), fixture.Inbound.Requests.Select(r => System.Text.Encoding.UTF8.GetString(r.Body)));
    }

    [Fact]
    public async Task With_every_replica_dead_the_answer_is_a_problem_and_the_first_to_return_is_found_at_once()
    {
        var (one, two) = (LoopbackPort.Free(), LoopbackPort.Free());
        await using var edge = fixture.Host(new() { ["services:inbound:http:0"] = $"http://127.0.0.1:{one}", ["services:inbound:http:1"] = $"http://127.0.0.1:{two}" });
        using var client = edge.Anonymous();

        using (var answer = await client.PostAsync(Path, new StringContent("{}")))
        {
            Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
            Assert.Equal("unavailable", await RoutingTests.CodeAsync(answer));
        }

        await using var back = await BackEnd.StartAsync(two);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(client));
    }

    [Fact]
    public async Task A_request_that_fails_on_its_way_is_not_sent_again()
    {
        await using var other = await BackEnd.StartAsync();
        await using var first = await BackEnd.StartAsync();
        first.Answer = other.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        await using var edge = fixture.Host(new() { ["services:outbound:http:0"] = first.Address, ["services:outbound:http:1"] = other.Address });
        using var client = await edge.WithKeyAsync();

        using var answer = await client.PostAsync("/api/v1/chatbots/1/contacts", new StringContent("{}"));

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal(1, first.Requests.Count + other.Requests.Count);
    }

    private static async Task<HttpStatusCode> PostAsync(HttpClient client, string body = "{}")
    {
        using var answer = await client.PostAsync(Path, new StringContent(body));
        return answer.StatusCode;
    }
}
