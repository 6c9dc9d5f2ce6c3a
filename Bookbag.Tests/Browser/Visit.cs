using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Bookbag.Tests.Browser;

/// <summary>A member who looks at the console.</summary>
public sealed class Visit
{
    private readonly Uri _address;
    private readonly ConcurrentQueue<string> _complaints = new();

    private readonly string _email, _password;

    public Visit(IPage page, Uri address, string email, string password)
    {
        (Page, _address, _email, _password) = (page, address, email, password);
        Watch(page);
        page.Popup += (_, other) => Watch(other);
    }

    public IPage Page { get; }

    /// <summary>Opens a page and waits until the console has come.</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(new Uri(_address, path).ToString());
        await Expect(Page.Locator(".console h1").First).ToBeVisibleAsync();
    }

    public async Task SignInAsync()
    {
        await SignInAsync(Page, "/signin");
        await Expect(Page.Locator(".console h1").First).ToBeVisibleAsync();
    }

    /// <summary>On the page that asks for it.</summary>
    public async Task SignInHereAsync()
    {
        await Expect(Page.GetByLabel("Password")).ToBeVisibleAsync();
        await SignInAsync(Page, null);
        await Expect(Page.Locator(".console h1").First).ToBeAttachedAsync();
    }

    /// <summary>In another tab, as somebody does whose session has ended in this one.</summary>
    public async Task SignInAgainAsync()
    {
        var other = await Page.RunAndWaitForPopupAsync(() => Page.GetByRole(AriaRole.Link, new() { Name = "Sign in in a new tab" }).ClickAsync());
        await SignInAsync(other, null);
        await Expect(other.GetByText("You are signed in")).ToBeVisibleAsync();
        await other.CloseAsync();
    }

    /// <summary>The browser shows this tab again.</summary>
    public Task ReturnToTabAsync() => Page.EvaluateAsync("() => document.dispatchEvent(new Event('visibilitychange'))");

    /// <summary>The page's heading.</summary>
    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new() { Name = name, Level = 1 });

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true });

    public ILocator Field(string label) => Page.GetByLabel(label, new() { Exact = true });

    /// <summary>Waits until the page says it.</summary>
    public async Task SeesAsync(string text) => await Expect(Page.GetByText(text).First).ToBeVisibleAsync();

    /// <summary>No serious finding of axe on the page as it is now.</summary>
    public async Task AssertAccessibleAsync()
    {
        // What moves in is measured when it has arrived.
        await Page.EvaluateAsync("() => Promise.all(document.getAnimations().filter(a => a.effect?.getComputedTiming().iterations !== Infinity).map(a => a.finished.catch(() => {})))");
        var result = await Page.RunAxe();
        var serious = result.Violations.Where(v => v.Impact is "serious" or "critical").Select(Describe).ToList();
        Assert.True(serious.Count == 0, $"{Page.Url}\n{string.Join("\n", serious)}");
    }

    /// <summary>An error in the console that the test means to cause.</summary>
    public void Forgive(string part)
    {
        var rest = _complaints.Where(c => !c.Contains(part, StringComparison.Ordinal)).ToList();
        _complaints.Clear();
        foreach (var complaint in rest)
            _complaints.Enqueue(complaint);
    }

    internal void AssertQuiet() => Assert.True(_complaints.IsEmpty, string.Join("\n", _complaints));

    /// <summary>A picture of how it was when it failed, beside the tests' other results.</summary>
    internal async Task KeepScreenshotAsync([CallerMemberName] string name = "")
    {
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "TestResults", "browser"));
        var file = Path.Combine(folder.FullName, $"{TimeProvider.System.GetUtcNow():HHmmss-fff}.png");
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = file, FullPage = true });
        Console.WriteLine($"{name} failed at {Page.Url}; what it looked like: {file}");
        foreach (var complaint in _complaints)
            Console.WriteLine(complaint);
    }

    private async Task SignInAsync(IPage page, string? path)
    {
        if (path is not null)
            await page.GotoAsync(new Uri(_address, path).ToString());
        await page.GetByLabel("E-mail address").FillAsync(_email);
        await page.GetByLabel("Password").FillAsync(_password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    private void Watch(IPage page)
    {
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                _complaints.Enqueue($"Console of {page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => _complaints.Enqueue($"Script of {page.Url}: {error}");
        page.Request += (_, request) =>
        {
            if (Uri.TryCreate(request.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "ws" or "wss" && url.Authority != _address.Authority)
                _complaints.Enqueue($"A request to another host: {request.Url}");
        };
    }

    private static string Describe(AxeResultItem violation) =>
        $"{violation.Id} ({violation.Impact}): {violation.Help}\n  " + string.Join("\n  ", violation.Nodes.Take(4).Select(n => n.Html));
}
