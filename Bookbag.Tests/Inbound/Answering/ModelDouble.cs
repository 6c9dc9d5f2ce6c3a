using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bookbag.Tests.Inbound.Answering;

/// <summary>An endpoint that speaks OpenAI's chat completions over real HTTP, and does what the test says.</summary>
public sealed class ModelDouble : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ModelDouble(WebApplication app) => _app = app;

    /// <summary>The base address for <c>Model:Endpoint</c>.</summary>
    public string Endpoint => $"{_app.Urls.First()}/v1";

    /// <summary>What was asked, as it came.</summary>
    public ConcurrentQueue<(string? Authorization, JsonNode Body)> Requests { get; } = new();

    /// <summary>What it does with the next requests.</summary>
    public Func<HttpContext, Task> Behave { get; set; } = Say("Yes.");

    public static async Task<ModelDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var model = new ModelDouble(app);
        app.MapPost("/v1/chat/completions", async context =>
        {
            model.Requests.Enqueue((context.Request.Headers.Authorization, (await JsonNode.ParseAsync(context.Request.Body))!));
            await model.Behave(context);
        });
        await app.StartAsync();
        return model;
    }

    public static Func<HttpContext, Task> Say(string text, string finishReason = "stop") => context => context.Response.WriteAsJsonAsync(new
    {
        id = "chatcmpl-1",
        @object = "chat.completion",
        created = 1_764_000_000,
        model = "small-model",
        choices = new[] { new { index = 0, message = new { role = "assistant", content = text }, finish_reason = finishReason } },
        usage = new { prompt_tokens = 321, completion_tokens = 12, total_tokens = 333 },
    });

    public static Func<HttpContext, Task> Fail(int status) => context =>
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = "0";
        return context.Response.WriteAsJsonAsync(new { error = new { message = "Not now: secret detail", type = "server_error" } });
    };

    public static Func<HttpContext, Task> Answer(string body, string contentType = "application/json") => context =>
    {
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(body);
    };

    /// <summary>Does one thing after the other, the last one for good.</summary>
    public static Func<HttpContext, Task> InTurn(params Func<HttpContext, Task>[] behaviours)
    {
        var call = -1;
        return context => behaviours[Math.Min(Interlocked.Increment(ref call), behaviours.Length - 1)](context);
    }

    /// <summary>Takes the request and never answers.</summary>
    public static Task Hang(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        context.RequestAborted.Register(gone.SetResult);
        return gone.Task;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
