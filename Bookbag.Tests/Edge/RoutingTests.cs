using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http;

namespace Bookbag.Tests.Edge;

public sealed class RoutingTests(EdgeFixture fixture) : IClassFixture<EdgeFixture>
{
    [Theory]
    [InlineData("/api/agents", "inbound", "/api/agents")]
    [InlineData("/api/agents/7/channels/whatsapp?x=%20y", "inbound", "/api/agents/7/channels/whatsapp?x=%20y")]
    [InlineData("/api/conversations/1/messages", "inbound", "/api/conversations/1/messages")]
    [InlineData("/api/agents/7/outbound/usage", "outbound", "/api/agents/7/outbound/usage")]
    [InlineData("/api/agents/7/outbound/campaigns/9/funnel", "outbound", "/api/agents/7/outbound/campaigns/9/funnel")]
    [InlineData("/api/v1/chatbots/7/contacts", "outbound", "/api/v1/chatbots/7/contacts")]
    [InlineData("/openapi/inbound.json", "inbound", "/openapi/v1.json")]
    [InlineData("/openapi/outbound.json", "outbound", "/openapi/v1.json")]
    [InlineData("/sandbox/customers", "sandbox", "/sandbox/customers")]
    public async Task Each_path_reaches_the_service_that_owns_it(string path, string service, string target)
    {
        using var client = await fixture.Edge.WithKeyAsync(Role.Editor);
        var backEnd = BackEndOf(service);
        backEnd.Requests.Clear();

        using var answer = await client.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(target, Assert.Single(backEnd.Requests).Target);
    }

    [Theory]
    [InlineData("GET", "/api/agents")]
    [InlineData("POST", "/api/v1/chatbots/7/contacts")]
    [InlineData("GET", "/api/agents/7/outbound/usage")]
    [InlineData("GET", "/openapi/inbound.json")]
    [InlineData("POST", "/sandbox/customers")]
    [InlineData("GET", "/reference")]
    public async Task Nobody_unknown_gets_further_than_the_Edge(string method, string path)
    {
        using var client = fixture.Edge.Anonymous();
        fixture.Inbound.Requests.Clear();
        using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
        Assert.Equal("not_signed_in", await CodeAsync(answer));
        Assert.Empty(fixture.Inbound.Requests);
    }

    [Fact]
    public async Task The_sandbox_is_for_editors()
    {
        using var client = await fixture.Edge.WithKeyAsync(Role.Viewer);
        using var answer = await client.PostAsync("/sandbox/customers", null);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("forbidden", await CodeAsync(answer));
    }

    [Fact]
    public async Task Outside_development_there_is_no_sandbox()
    {
        await using var edge = fixture.Host(new() { ["environment"] = "Production" });
        using var client = await edge.WithKeyAsync(Role.Owner);
        using var answer = await client.PostAsync("/sandbox/customers", null);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task A_path_that_leads_nowhere_is_404_even_to_strangers()
    {
        using var client = fixture.Edge.Anonymous();
        using var answer = await client.GetAsync("/wp-login.php");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("not_found", await CodeAsync(answer));
    }

    [Fact]
    public async Task A_method_that_an_address_does_not_take_is_405()
    {
        using var client = fixture.Edge.Anonymous();
        using var answer = await client.DeleteAsync("/signout");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal("method_not_allowed", await CodeAsync(answer));
        Assert.Contains("POST", answer.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    public async Task Health_is_open_and_says_one_word(string path)
    {
        using var client = fixture.Edge.Anonymous();
        Assert.Equal("Healthy", await client.GetStringAsync(path));
    }

    [Fact]
    public async Task A_claim_to_be_someone_does_not_reach_a_service()
    {
        using var client = await fixture.Edge.WithKeyAsync();
        fixture.Inbound.Requests.Clear();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/agents");
        foreach (var name in (string[])["X-Bookbag-Workspace", "x-bookbag-role", "X-User-Id", "X-Forwarded-User", "Remote-User", "X-MS-CLIENT-PRINCIPAL"])
            request.Headers.Add(name, "someone");
        request.Headers.Add("X-Forwarded-For", "6.6.6.6");
        request.Headers.Add("X-Custom", "kept");

        using var answer = await client.SendAsync(request);

        var headers = Assert.Single(fixture.Inbound.Requests).Headers;
        Assert.DoesNotContain("someone", headers.Values);
        Assert.Equal("kept", headers["X-Custom"]);
        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.StartsWith("Bearer oc_live_", headers["Authorization"], StringComparison.Ordinal);
        Assert.Equal(fixture.Edge.Address.Authority, headers["Host"]);
    }

    [Fact]
    public async Task An_answer_without_a_body_stays_as_the_service_gave_it()
    {
        fixture.Outbound.Answer = context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        };
        using var client = await fixture.Edge.WithKeyAsync();
        using var answer = await client.GetAsync("/api/agents/1/outbound/templates/2");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task What_a_service_streams_arrives_as_it_is_said()
    {
        var heard = new TaskCompletionSource();
        fixture.Inbound.Answer = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: one\n\n");
            await heard.Task;
            await context.Response.WriteAsync("data: two\n\n");
        };
        using var client = await fixture.Edge.WithKeyAsync();
        using var answer = await client.GetAsync("/api/live", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());

        Assert.Equal("data: one", await reader.ReadLineAsync());
        heard.SetResult();
        Assert.Equal("\ndata: two\n\n", await reader.ReadToEndAsync());
        fixture.Inbound.Answer = _ => Task.CompletedTask;
    }

    internal static async Task<string?> CodeAsync(HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((int)answer.StatusCode, problem.GetProperty("status").GetInt32());
        return problem.GetProperty("code").GetString();
    }

    private BackEnd BackEndOf(string service) => service switch
    {
        "inbound" => fixture.Inbound,
        "outbound" => fixture.Outbound,
        _ => fixture.Sandbox,
    };
}
