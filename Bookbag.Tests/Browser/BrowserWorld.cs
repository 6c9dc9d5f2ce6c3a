using System.Net.Http.Json;
using Bookbag.Tests.Support;
using Microsoft.Playwright;

namespace Bookbag.Tests.Browser;

/// <summary>Tests in a browser: one product and one Chromium for all of them, one after the other.</summary>
[CollectionDefinition(nameof(BrowserWorld), DisableParallelization = true)]
public sealed class BrowserTests : ICollectionFixture<BrowserWorld>;

/// <summary>The product that all browser tests share, and the browser. Each test makes an agent of its own.</summary>
public sealed class BrowserWorld : IAsyncLifetime
{
    private const string Password = "correct horse battery";

    private IPlaywright _playwright = null!; // set by InitializeAsync, which xunit awaits before any test
    private IBrowser _browser = null!; // set by InitializeAsync
    private int _numbers;

    public Product Product { get; private set; } = null!; // set by InitializeAsync

    /// <summary>Where the Edge is.</summary>
    public Uri Address => Product.Edge.BaseAddress!; // the Edge has one

    public async Task InitializeAsync()
    {
        Assertions.SetDefaultExpectTimeout(20_000);
        Product = await Product.StartAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.LaunchAsync(_playwright);
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await Product.DisposeAsync();
    }

    /// <summary>A new agent; with a sandbox number where it is <paramref name="connected"/>.</summary>
    public async Task<Guid> AgentAsync(string name, bool connected = false)
    {
        var agentId = (await Product.PostAsync("/api/agents", new { name })).GetProperty("id").GetGuid();
        if (connected)
        {
            using var answer = await Product.Edge.PutAsJsonAsync($"/api/agents/{agentId}/channels/whatsapp", new
            {
                accessToken = ConnectedAgent.AccessToken,
                sendUrl = NewSendUrl(),
                appSecret = ConnectedAgent.AppSecret,
            });
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }

        return agentId;
    }

    /// <summary>The send URL of a sandbox number that nobody uses yet.</summary>
    public string NewSendUrl() => $"http://sandbox/v25.0/{3009_00000000 + Interlocked.Increment(ref _numbers)}/messages";

    /// <summary>
    /// Does something in a browser of its own, signed in as a new member of that role. It fails on an error in the browser's console and on a request to another
    /// host; of what fails there is a screenshot.
    /// </summary>
    public async Task VisitAsync(string role, Func<Visit, Task> act, BrowserNewContextOptions? options = null, string? email = null)
    {
        email ??= $"{role}-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}@example.com";
        await Product.PostAsync("/api/workspace/members", new { email, role, password = Password });
        await using var context = await _browser.NewContextAsync(options ?? new BrowserNewContextOptions { ViewportSize = new() { Width = 1280, Height = 900 } });
        context.SetDefaultTimeout(20_000);
        var visit = new Visit(await context.NewPageAsync(), Address, email, Password);
        try
        {
            await visit.SignInAsync();
            await act(visit);
            visit.AssertQuiet();
        }
        catch (Exception)
        {
            await visit.KeepScreenshotAsync();
            throw;
        }
    }
}
