extern alias edge;

using System.Net;
using System.Text.RegularExpressions;
using edge::Bookbag.Edge.Access;

namespace Bookbag.Tests.Edge;

public sealed class SignInTests(EdgeFixture fixture) : IClassFixture<EdgeFixture>
{
    private const string Password = "correct horse battery";

    [Fact]
    public async Task A_member_signs_in_reads_the_API_and_signs_out()
    {
        var email = await MemberAsync();
        using var browser = fixture.Edge.Browser();

        using (var stranger = await browser.GetAsync("/"))
        {
            Assert.Equal(HttpStatusCode.Redirect, stranger.StatusCode);
            Assert.Equal("/signin", stranger.Headers.Location!.AbsolutePath);
        }

        using (var signedIn = await SignInAsync(browser, email, Password))
        {
            Assert.Equal(HttpStatusCode.Redirect, signedIn.StatusCode);
            Assert.Equal("/", signedIn.Headers.Location!.OriginalString);
        }

        fixture.Inbound.Requests.Clear();
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/api/conversations")).StatusCode);
        Assert.Contains("bookbag=", Assert.Single(fixture.Inbound.Requests).Headers["Cookie"], StringComparison.Ordinal);

        using (var signedOut = await PostFormAsync(browser, "/account/signout", "/signout", []))
            Assert.Equal(HttpStatusCode.Redirect, signedOut.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync("/api/conversations")).StatusCode);
    }

    [Fact]
    public async Task After_signing_in_one_is_where_one_wanted_to_be()
    {
        using var browser = fixture.Edge.Browser();
        using var toSignIn = await browser.GetAsync("/account/password");
        using var back = await SignInAsync(browser, await MemberAsync(), Password, toSignIn.Headers.Location!.PathAndQuery);
        Assert.Equal("/account/password", back.Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("\\\\evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("~/x")]
    [InlineData("evil")]
    [InlineData(" /x")]
    [InlineData("")]
    [InlineData(null)]
    public void A_link_to_the_sign_in_page_leads_to_no_other_site(string? returnUrl) => Assert.Equal("/", ReturnUrl.Safe(returnUrl));

    [Theory]
    [InlineData("/")]
    [InlineData("/reference?x=1&y=//z#a")]
    public void An_address_of_ours_is_kept(string returnUrl) => Assert.Equal(returnUrl, ReturnUrl.Safe(returnUrl));

    [Fact]
    public async Task An_open_redirect_is_not_taken_end_to_end()
    {
        using var browser = fixture.Edge.Browser();
        using var answer = await SignInAsync(browser, await MemberAsync(), Password, "/signin?returnUrl=https%3A%2F%2Fevil.example%2F");
        Assert.Equal("/", answer.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task An_unknown_address_a_wrong_password_and_a_locked_account_get_the_same_answer()
    {
        await using var edge = fixture.Host(new() { ["RateLimits:SignInsPerMinute"] = "100" });
        var email = await MemberAsync();
        var unknown = await RefusalAsync(edge, "nobody@example.com", Password);
        var wrong = await RefusalAsync(edge, email, "wrong password 0");
        Assert.Equal(unknown, wrong);

        for (var i = 1; i < 5; i++)
            await RefusalAsync(edge, email, $"wrong password {i}");
        var locked = await RefusalAsync(edge, email, Password);
        Assert.Equal(unknown, locked);
        Assert.Contains("locked for 15 minutes", locked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guessing_is_slowed_down_before_the_password_is_looked_at()
    {
        await using var edge = fixture.Host(new() { ["RateLimits:SignInsPerMinute"] = "2" });
        var email = await MemberAsync();
        using var browser = edge.Browser();
        await SignInAsync(browser, email, "wrong password 1");
        await SignInAsync(browser, email.ToUpperInvariant(), "wrong password 2");

        using var refused = await SignInAsync(browser, email, Password);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotEmpty(refused.Headers.GetValues("Retry-After"));
        Assert.Contains("Too many attempts", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var other = await SignInAsync(browser, await MemberAsync(), Password);
        Assert.Equal(HttpStatusCode.Redirect, other.StatusCode);
    }

    [Fact]
    public async Task A_form_without_its_token_is_refused()
    {
        using var browser = fixture.Edge.Browser();
        var email = await MemberAsync();
        using var answer = await browser.PostAsync("/signin", new FormUrlEncodedContent([new("_handler", "sign-in"), new("email", email), new("password", Password)]));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie"));

        await SignInAsync(browser, email, Password);
        using var signOut = await browser.PostAsync("/signout", new FormUrlEncodedContent([]));
        Assert.Equal(HttpStatusCode.BadRequest, signOut.StatusCode);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "https://evil.example")]
    public async Task Another_site_cannot_use_the_cookie(string header, string value)
    {
        using var browser = fixture.Edge.Browser();
        await SignInAsync(browser, await MemberAsync(), Password);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/agents");
        request.Headers.Add(header, value);
        using var answer = await browser.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task The_cookies_are_closed_to_scripts_and_other_sites()
    {
        using var browser = fixture.Edge.Anonymous();
        using var form = await browser.GetAsync("/signin");
        var antiforgery = Assert.Single(form.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", antiforgery, StringComparison.Ordinal);
        Assert.Contains("samesite=strict", antiforgery, StringComparison.Ordinal);

        using var signedIn = await SignInAsync(fixture.Edge.Browser(), await MemberAsync(), Password);
        var cookie = Assert.Single(signedIn.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("bookbag=", cookie, StringComparison.Ordinal);
        Assert.Contains("path=/;", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("samesite=lax", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("expires", cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_production_the_cookies_travel_over_TLS_only()
    {
        await using var edge = fixture.Host(new() { ["environment"] = "Production", ["TrustedProxies:0"] = "127.0.0.1" });
        using var client = edge.Anonymous();
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        using var form = await client.GetAsync("/signin");
        var antiforgery = Assert.Single(form.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("__Host-bookbag-form=", antiforgery, StringComparison.Ordinal);
        Assert.Contains("secure", antiforgery, StringComparison.Ordinal);

        client.DefaultRequestHeaders.Add("Cookie", antiforgery.Split(';')[0]);
        using var signedIn = await client.PostAsync("/signin", new FormUrlEncodedContent(
            [.. await FieldsAsync(form, "/signin"), new("email", await MemberAsync()), new("password", Password)]));
        var cookie = Assert.Single(signedIn.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("__Host-bookbag=", cookie, StringComparison.Ordinal);
        Assert.Contains("secure", cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_changes_the_password()
    {
        const string Next = "another long enough one";
        var email = await MemberAsync();
        using var browser = fixture.Edge.Browser();
        await SignInAsync(browser, email, Password);

        Assert.Contains("current password is wrong", await ChangeAsync(browser, "not it at all", Next, Next), StringComparison.Ordinal);
        Assert.Contains("repetition differ", await ChangeAsync(browser, Password, Next, Next + "x"), StringComparison.Ordinal);
        Assert.Contains("at least 12 characters", await ChangeAsync(browser, Password, "short", "short"), StringComparison.Ordinal);
        Assert.Contains("password is changed", await ChangeAsync(browser, Password, Next, Next), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account/password")).StatusCode);

        using var other = fixture.Edge.Browser();
        Assert.Equal(HttpStatusCode.Unauthorized, (await SignInAsync(other, email, Password)).StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await SignInAsync(other, email, Next)).StatusCode);
    }

    internal static async Task<HttpResponseMessage> SignInAsync(HttpClient browser, string email, string password, string page = "/signin") =>
        await PostFormAsync(browser, page, page, [new("email", email), new("password", password)]);

    private static async Task<string> ChangeAsync(HttpClient browser, string current, string next, string again)
    {
        using var answer = await PostFormAsync(browser, "/account/password", "/account/password", [new("current", current), new("next", next), new("again", again)]);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<HttpResponseMessage> PostFormAsync(HttpClient browser, string page, string action, IEnumerable<KeyValuePair<string, string>> fields)
    {
        using var form = await browser.GetAsync(page);
        return await browser.PostAsync(action, new FormUrlEncodedContent([.. await FieldsAsync(form, action), .. fields]));
    }

    // The hidden fields of the page's form that goes there.
    private static async Task<IEnumerable<KeyValuePair<string, string>>> FieldsAsync(HttpResponseMessage page, string action)
    {
        var html = await page.Content.ReadAsStringAsync();
        var forms = Regex.Matches(html, "<form.*?</form>", RegexOptions.Singleline).Select(m => m.Value);
        var form = forms.Single(f => WebUtility.HtmlDecode(f).Contains($"action=\"{action}\"", StringComparison.Ordinal));
        return Regex.Matches(form, "<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"")
            .Select(m => KeyValuePair.Create(m.Groups[1].Value, WebUtility.HtmlDecode(m.Groups[2].Value)));
    }

    private static async Task<string> RefusalAsync(EdgeHost edge, string email, string password)
    {
        using var browser = edge.Browser();
        using var answer = await SignInAsync(browser, email, password);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        var html = await answer.Content.ReadAsStringAsync();
        // What is encrypted differs from page to page.
        return Regex.Replace(html.Replace(email, "", StringComparison.Ordinal), "CfDJ[A-Za-z0-9+/=_-]*", "");
    }

    private async Task<string> MemberAsync()
    {
        var email = $"member-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}@example.com";
        await fixture.Edge.AddMemberAsync(email, Password);
        return email;
    }
}
