using System.Net;
using Bookbag.ServiceDefaults.Security;

namespace Bookbag.Tests.Edge;

public sealed class SecurityHeadersTests(EdgeFixture fixture) : IClassFixture<EdgeFixture>
{
    [Theory]
    [InlineData("GET", "/api/agents", HttpStatusCode.OK)]
    [InlineData("POST", "/channels/whatsapp/webhook", HttpStatusCode.OK)]
    [InlineData("GET", "/reference/", HttpStatusCode.OK)]
    [InlineData("GET", "/", HttpStatusCode.OK)]
    [InlineData("GET", "/signin", HttpStatusCode.Redirect)]
    [InlineData("GET", "/console.css", HttpStatusCode.OK)]
    [InlineData("GET", "/health", HttpStatusCode.OK)]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound)]
    [InlineData("DELETE", "/signout", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/api/agents/1/outbound/usage", HttpStatusCode.BadGateway)]
    [InlineData("POST", "/sandbox/customers", HttpStatusCode.Forbidden)]
    public async Task Every_answer_carries_them(string method, string path, HttpStatusCode status)
    {
        fixture.Outbound.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        using var client = await fixture.Edge.WithKeyAsync(Role.Viewer);
        using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(status, answer.StatusCode);
        AssertHeaders(answer);
    }

    [Fact]
    public async Task A_stranger_gets_them_too()
    {
        using var client = fixture.Edge.Anonymous();
        using var answer = await client.GetAsync("/api/agents");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        AssertHeaders(answer);
    }

    [Fact]
    public async Task The_reference_runs_only_the_scripts_it_named_and_asks_no_other_host()
    {
        using var client = await fixture.Edge.WithKeyAsync();
        using var answer = await client.GetAsync("/reference/");
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        var page = await answer.Content.ReadAsStringAsync();

        var nonce = System.Text.RegularExpressions.Regex.Match(policy, "'nonce-([^']+)'").Groups[1].Value;
        Assert.NotEmpty(nonce);
        var scripts = System.Text.RegularExpressions.Regex.Matches(page, "<script[^>]*>");
        Assert.NotEmpty(scripts);
        Assert.All(scripts, script => Assert.Contains($"nonce=\"{nonce}\"", script.Value, StringComparison.Ordinal));
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("cdn", page, StringComparison.OrdinalIgnoreCase);

        using var again = await client.GetAsync("/reference/");
        Assert.DoesNotContain(nonce, again.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData(null, false)]
    public async Task Only_a_proxy_that_is_named_may_say_that_the_client_came_over_TLS(string? proxy, bool believed)
    {
        await using var edge = fixture.Host(new()
        {
            ["environment"] = "Production",
            ["TrustedProxies:0"] = proxy,
            ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true",
        });
        using var client = await edge.WithKeyAsync();
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "bookbag.example");
        fixture.Inbound.Requests.Clear();

        using var answer = await client.GetAsync("/api/agents");

        Assert.Equal(believed, answer.Headers.Contains("Strict-Transport-Security"));
        var headers = Assert.Single(fixture.Inbound.Requests).Headers;
        Assert.Equal(believed ? "203.0.113.9" : "127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal(believed ? "bookbag.example" : edge.Address.Authority, headers["X-Forwarded-Host"]);
    }

    private static void AssertHeaders(HttpResponseMessage answer)
    {
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.Contains("frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Server"));
        Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
    }
}
