extern alias edge;

using System.Net;
using System.Text.RegularExpressions;
using edge::Bookbag.Edge.Clients;
using edge::Bookbag.Edge.Console.Home;
using Microsoft.AspNetCore.Http;

namespace Bookbag.Tests.Edge;

public sealed class PagesTests(EdgeFixture fixture) : IClassFixture<EdgeFixture>
{
    private const string Password = "correct horse battery";

    [Theory]
    [InlineData("/")]
    [InlineData("/account/password")]
    [InlineData("/nowhere")]
    [InlineData("/reference/")]
    [InlineData("/console.css")]
    [InlineData("/favicon.svg")]
    public async Task A_page_names_no_other_host(string path)
    {
        using var browser = await SignedInAsync();
        var page = await (await browser.GetAsync(path)).Content.ReadAsStringAsync();
        // Names of formats, which nobody fetches.
        page = page.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex("https?://(?!127\\.0\\.0\\.1)|[\"'(]//"), page);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/account/password")]
    [InlineData("/signin")]
    public async Task A_page_runs_no_script_and_carries_no_style_of_its_own(string path)
    {
        using var browser = path == "/signin" ? fixture.Edge.Browser() : await SignedInAsync();
        using var answer = await browser.GetAsync(path);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotMatch(new Regex("<script|<style| style=| on[a-z]+="), page);
        Assert.Contains("<html lang=\"en\">", page, StringComparison.Ordinal);
        foreach (Match asset in Regex.Matches(page, "(?:src|href)=\"(/[^\"]+\\.(?:css|svg))\""))
            Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(asset.Groups[1].Value)).StatusCode);
    }

    [Fact]
    public async Task Home_shows_the_workspace_its_agents_and_their_channels()
    {
        fixture.Inbound.Answer = context => context.Request.Path.Value switch
        {
            "/api/agents" => context.Response.WriteAsJsonAsync(new
            {
                items = new[] { new { id = "018f0000-0000-7000-8000-000000000001", name = "Shop <assistant>" }, new { id = "018f0000-0000-7000-8000-000000000002", name = "Returns" } },
            }),
            "/api/agents/018f0000-0000-7000-8000-000000000001/channels/whatsapp" => context.Response.WriteAsJsonAsync(new
            {
                displayPhoneNumber = "+1 555 010 0001",
                verifiedAt = "2026-01-01T00:00:00Z",
                lastWebhookAt = "2026-01-01T00:00:00Z",
            }),
            _ => Results.NotFound().ExecuteAsync(context),
        };
        using var browser = await SignedInAsync();
        var page = WebUtility.HtmlDecode(await browser.GetStringAsync("/"));
        fixture.Inbound.Answer = _ => Task.CompletedTask;

        Assert.Contains("<h1>Paper & Ink</h1>", page, StringComparison.Ordinal);
        Assert.Contains("@example.com", page, StringComparison.Ordinal);
        Assert.Contains("Shop <assistant>", page, StringComparison.Ordinal);
        Assert.Contains("+1 555 010 0001", page, StringComparison.Ordinal);
        Assert.Contains("Verified, and receiving messages.", page, StringComparison.Ordinal);
        Assert.Contains("No WhatsApp number connected yet.", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Home_says_so_when_the_agents_cannot_be_read()
    {
        fixture.Inbound.Answer = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };
        using var browser = await SignedInAsync();
        var page = await browser.GetStringAsync("/");
        fixture.Inbound.Answer = _ => Task.CompletedTask;
        Assert.Contains("cannot be read right now", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_breaks_tells_a_person_and_a_program_nothing_of_the_reason()
    {
        fixture.Inbound.Answer = context => Results.Text("""{"items":[null]}""", "application/json").ExecuteAsync(context);
        using var client = await fixture.Edge.WithKeyAsync();
        using var json = await client.GetAsync("/");
        Assert.Equal(HttpStatusCode.InternalServerError, json.StatusCode);
        Assert.Equal("internal_error", await RoutingTests.CodeAsync(json));

        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using var html = await client.GetAsync("/");
        fixture.Inbound.Answer = _ => Task.CompletedTask;
        Assert.Equal(HttpStatusCode.InternalServerError, html.StatusCode);
        var page = await html.Content.ReadAsStringAsync();
        Assert.Contains("Something broke on our side", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_who_opens_a_path_that_leads_nowhere_gets_a_page()
    {
        using var browser = fixture.Edge.Browser();
        using var answer = await browser.GetAsync("/nowhere");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("There is nothing at this address.", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_channel_is_described_by_what_matters_most()
    {
        var (card, at) = (new ChannelCard("+1 555", null, null, null, null), DateTimeOffset.UnixEpoch);
        Assert.Equal("waiting", ChannelState.Of(null).Mark);
        Assert.Equal("waiting", ChannelState.Of(card).Mark);
        Assert.Equal("good", ChannelState.Of(card with { VerifiedAt = at }).Mark);
        Assert.Equal("good", ChannelState.Of(card with { LastWebhookAt = at }).Mark);
        Assert.Equal(new ChannelState("bad", "The access token has expired.", "+1 555"), ChannelState.Of(card with { VerifiedAt = at, Problem = "The access token has expired." }));
    }

    private async Task<HttpClient> SignedInAsync()
    {
        var email = $"member-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}@example.com";
        await fixture.Edge.AddMemberAsync(email, Password);
        var browser = fixture.Edge.Browser();
        using var signedIn = await SignInTests.SignInAsync(browser, email, Password);
        Assert.Equal(HttpStatusCode.Redirect, signedIn.StatusCode);
        return browser;
    }
}
