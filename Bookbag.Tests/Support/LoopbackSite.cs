using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bookbag.Tests.Support;

/// <summary>A website on this machine that serves what a test puts there.</summary>
public sealed class LoopbackSite : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> _pages = new();

    private LoopbackSite(WebApplication app) => _app = app;

    /// <summary>Where it is, without a slash at the end.</summary>
    public string Address => _app.Urls.First();

    /// <summary>What was asked for, in order: path and query.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public static async Task<LoopbackSite> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var site = new LoopbackSite(app);
        app.Run(async context =>
        {
            var path = context.Request.Path + context.Request.QueryString;
            site.Requests.Enqueue(path);
            if (site._pages.TryGetValue(path, out var page))
                await page(context);
            else
                context.Response.StatusCode = 404;
        });
        await app.StartAsync();
        return site;
    }

    /// <summary>Serves HTML at a path.</summary>
    public LoopbackSite Page(string path, string html, string contentType = "text/html; charset=utf-8") => On(path, context =>
    {
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(html);
    });

    /// <summary>Serves text at a path.</summary>
    public LoopbackSite Text(string path, string text) => Page(path, text, "text/plain");

    /// <summary>Does anything at a path.</summary>
    public LoopbackSite On(string path, Func<HttpContext, Task> page)
    {
        _pages[path] = page;
        return this;
    }

    public LoopbackSite Redirect(string path, string to) => On(path, context =>
    {
        context.Response.Redirect(to);
        return Task.CompletedTask;
    });

    public LoopbackSite Status(string path, int status) => On(path, context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    });

    public void Forget(string path) => _pages.TryRemove(path, out _);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
