using System.Net;
using System.Text;

namespace Bookbag.Tests.Edge;

public sealed class WebhookPathTests(EdgeFixture fixture) : IClassFixture<EdgeFixture>
{
    private const string Path = "/channels/whatsapp/webhook";
    private const int Limit = 4 * 1024 * 1024;

    [Fact]
    public async Task Body_and_headers_arrive_as_Meta_sent_them()
    {
        // Escapes, a raw emoji, odd spacing and a slash escape: re-serialising any of it would break Meta's signature.
        var body = Encoding.UTF8.GetBytes("""{ "text":"caf\u00e9 \ud83d\ude00 😀 \/ \u0000",  "n": 1.0 }""" + "\r\n");
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.TryAddWithoutValidation("X-Hub-Signature-256", "sha256=00ff");
        request.Headers.TryAddWithoutValidation("User-Agent", "facebookexternalua");
        request.Headers.TryAddWithoutValidation("X-Bookbag-Anything", "kept");
        using var client = fixture.Edge.Anonymous();
        fixture.Inbound.Requests.Clear();

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var received = Assert.Single(fixture.Inbound.Requests);
        Assert.Equal(body, received.Body);
        var headers = received.Headers.Where(h => h.Key is not "traceparent").OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => $"{h.Key}: {h.Value}");
        Assert.Equal(
            [
                $"Content-Length: {body.Length}", "Content-Type: application/json", $"Host: {fixture.Edge.Address.Authority}",
                "User-Agent: facebookexternalua", "X-Bookbag-Anything: kept", "X-Hub-Signature-256: sha256=00ff",
            ],
            headers);
    }

    [Fact]
    public async Task The_handshake_arrives_with_its_query_as_it_was()
    {
        using var client = fixture.Edge.Anonymous();
        fixture.Inbound.Requests.Clear();
        using var answer = await client.GetAsync(Path + "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=a%2Bb%20c");
        Assert.Equal(Path + "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=a%2Bb%20c", Assert.Single(fixture.Inbound.Requests).Target);
    }

    [Fact]
    public async Task A_refused_handshake_stays_without_a_body()
    {
        fixture.Inbound.Answer = context =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.Forbidden;
            return Task.CompletedTask;
        };
        using var client = fixture.Edge.Anonymous();
        using var answer = await client.GetAsync(Path);
        fixture.Inbound.Answer = _ => Task.CompletedTask;

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_body_of_four_megabytes_passes()
    {
        using var client = fixture.Edge.Anonymous();
        using var answer = await client.PostAsync(Path, new ByteArrayContent(new byte[Limit]));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_byte_more_is_refused_and_reaches_nobody()
    {
        using var client = fixture.Edge.Anonymous();
        fixture.Inbound.Requests.Clear();
        using var answer = await client.PostAsync(Path, new ByteArrayContent(new byte[Limit + 1]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("too_large", await RoutingTests.CodeAsync(answer));
        Assert.Empty(fixture.Inbound.Requests);
    }

    [Fact]
    public async Task A_body_that_does_not_say_how_large_it_is_is_refused_when_it_is_too_large()
    {
        using var client = fixture.Edge.Anonymous();
        fixture.Inbound.Requests.Clear();
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new ByteArrayContent(new byte[Limit + 1]) };
        request.Headers.TransferEncodingChunked = true;
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("too_large", await RoutingTests.CodeAsync(answer));
        Assert.Empty(fixture.Inbound.Requests);
    }

    [Fact]
    public async Task A_flood_is_told_when_to_come_back()
    {
        await using var edge = fixture.Host(new() { ["RateLimits:WebhooksPerSecond"] = "1" });
        using var client = edge.Anonymous();
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => client.PostAsync(Path, new StringContent("{}"))));

        Assert.Contains(answers, a => a.StatusCode == HttpStatusCode.OK);
        var refused = answers.Where(a => a.StatusCode == HttpStatusCode.TooManyRequests).ToList();
        Assert.NotEmpty(refused);
        Assert.Equal(answers.Length, refused.Count + answers.Count(a => a.StatusCode == HttpStatusCode.OK));
        Assert.Equal("1", refused[0].Headers.GetValues("Retry-After").Single());
        Assert.Equal("too_many_requests", await RoutingTests.CodeAsync(refused[0]));
    }

    [Fact]
    public async Task No_more_webhooks_are_under_way_at_once_than_the_limit_says()
    {
        await using var edge = fixture.Host(new() { ["RateLimits:WebhooksInFlight"] = "2" });
        using var client = edge.Anonymous();
        var (arrived, release) = (new SemaphoreSlim(0), new TaskCompletionSource());
        fixture.Inbound.Answer = _ =>
        {
            arrived.Release();
            return release.Task;
        };

        var first = client.PostAsync(Path, new StringContent("{}"));
        var second = client.PostAsync(Path, new StringContent("{}"));
        await arrived.WaitAsync();
        await arrived.WaitAsync();
        using var third = await client.PostAsync(Path, new StringContent("{}"));
        release.SetResult();
        fixture.Inbound.Answer = _ => Task.CompletedTask;

        Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await second).StatusCode);
    }

}
