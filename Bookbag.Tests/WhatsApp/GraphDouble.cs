using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bookbag.Tests.WhatsApp;

/// <summary>A server in Meta's place that does as it is told: answer, refuse, hang, cut the line.</summary>
internal sealed class GraphDouble : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GraphDouble(WebApplication app) => _app = app;

    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    public ConcurrentQueue<(string Method, string Target, string? Authorization, string Body)> Requests { get; } = [];

    /// <summary>Set when a request has come, whole.</summary>
    public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Uri Address => new(_app.Urls.Single());

    public static async Task<GraphDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var graph = new GraphDouble(app);
        app.Run(graph.HandleAsync);
        await app.StartAsync();
        return graph;
    }

    public void AnswerWith(int status, string body, Action<IHeaderDictionary>? headers = null) => Answer = context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        headers?.Invoke(context.Response.Headers);
        return context.Response.WriteAsync(body);
    };

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new StreamReader(context.Request.Body, Encoding.UTF8);
        Requests.Enqueue((context.Request.Method, context.Request.Path + context.Request.QueryString, context.Request.Headers.Authorization, await body.ReadToEndAsync()));
        Arrived.TrySetResult();
        await Answer(context);
    }
}
