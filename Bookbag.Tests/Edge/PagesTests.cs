extern alias edge;

using System.Net;
using System.Text.RegularExpressions;
using edge::Bookbag.Edge.Clients;
using Microsoft.Extensions.DependencyInjection;

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
    [InlineData("/doorway.css")]
    [InlineData("/font.css")]
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
    [InlineData("/account/password")]
    [InlineData("/account/signout")]
    [InlineData("/signed-in")]
    [InlineData("/signin")]
    public async Task A_page_that_stands_alone_runs_no_script_and_carries_no_style_of_its_own(string path)
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
    public async Task The_console_runs_only_scripts_of_its_own_files()
    {
        using var browser = await SignedInAsync();
        using var answer = await browser.GetAsync("/");
        var page = await answer.Content.ReadAsStringAsync();
        Assert.All(Regex.Matches(page, "<script[^>]*>[^<]*"), script => Assert.Matches("^<script src=\"/[^\"]+\">$", script.Value));
        Assert.DoesNotMatch(new Regex(" on[a-z]+="), page);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("connect-src 'self';", policy, StringComparison.Ordinal);
        foreach (Match asset in Regex.Matches(page, "(?:src|href)=\"(/[^\"]+\\.(?:css|svg|js))\""))
            Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(asset.Groups[1].Value)).StatusCode);
    }

    [Fact]
    public async Task Only_a_circuit_that_asked_learns_the_cookie_of_its_own_member()
    {
        var tickets = fixture.Edge.Services.GetRequiredService<SessionTickets>();
        using var browser = await SignedInAsync();
        var received = new List<string>();

        // Whose id it is, only the member's own cookie tells.
        Assert.Equal(HttpStatusCode.NotFound, await ShowAsync(tickets.Issue(Guid.Empty, received.Add)));
        Assert.Equal(HttpStatusCode.NotFound, await ShowAsync("made-up"));
        Assert.Empty(received);

        using var stranger = fixture.Edge.Anonymous();
        using var refused = await stranger.PostAsync($"/account/session/{tickets.Issue(Guid.Empty, received.Add)}", null);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Empty(received);

        async Task<HttpStatusCode> ShowAsync(string ticket) => (await browser.PostAsync($"/account/session/{ticket}", null)).StatusCode;
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
