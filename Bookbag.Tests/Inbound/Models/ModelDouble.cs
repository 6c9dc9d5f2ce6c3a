using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bookbag.Tests.Inbound.Models;

/// <summary>
/// A model's endpoint over real HTTP that does what the test says. It speaks OpenAI's chat completions, streamed and not, with tools and usage; the same at Azure's
/// addresses; transcriptions; and Ollama's chat. Whatever else is called is written down, and refused.
/// </summary>
public sealed class ModelDouble : IAsyncDisposable
{
    private const string AskedItem = "asked";
    private readonly WebApplication _app;

    private ModelDouble(WebApplication app) => _app = app;

    /// <summary>A call as it came.</summary>
    /// <param name="Path">Path and query.</param>
    /// <param name="Authorization">The header.</param>
    /// <param name="ApiKey">Azure's header.</param>
    /// <param name="Body">Its JSON; of a form the field names and file names.</param>
    public sealed record Request(string Path, string? Authorization, string? ApiKey, JsonNode Body)
    {
        /// <summary>What the model was told first.</summary>
        public string System => Text(0);

        /// <summary>A message's text.</summary>
        public string Text(int message) => Content(Body["messages"]![message]!);

        /// <summary>Every message's text.</summary>
        public string All => string.Join('\n', Body["messages"]!.AsArray().Select(message => Content(message!)));

        private static string Content(JsonNode message) => message["content"] switch
        {
            JsonArray parts => string.Concat(parts.Select(part => part!["text"]?.GetValue<string>())),
            { } text => text.GetValue<string>(),
            null => "",
        };
    }

    /// <summary>Where it is.</summary>
    public string Root => _app.Urls.First();

    /// <summary>The base address of OpenAI's API.</summary>
    public string Endpoint => $"{Root}/v1";

    /// <summary>What was asked, as it came.</summary>
    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>What it does with the next requests.</summary>
    public Func<HttpContext, Task> Behave { get; set; } = Say("Yes. [1]");

    public static async Task<ModelDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var model = new ModelDouble(app);
        app.MapPost("/v1/chat/completions", model.HandleAsync);
        app.MapPost("/openai/deployments/{deployment}/chat/completions", model.HandleAsync);
        app.MapPost("/api/chat", model.HandleAsync);
        app.MapPost("/v1/audio/transcriptions", model.HandleAsync);
        app.MapFallback(context =>
        {
            model.Requests.Enqueue(new(context.Request.Path, null, null, new JsonObject()));
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        await app.StartAsync();
        return model;
    }

    /// <summary>Says a text.</summary>
    public static Func<HttpContext, Task> Say(string text, string finishReason = "stop") => context => ReplyAsync(context, text, null, finishReason);

    /// <summary>Says what the test makes of the request.</summary>
    public static Func<HttpContext, Task> Say(Func<Request, string> text) => context => ReplyAsync(context, text(Asked(context)), null, "stop");

    /// <summary>Calls a tool, of which it may say something too.</summary>
    public static Func<HttpContext, Task> Call(string tool, string arguments, string text = "") => context => ReplyAsync(context, text, (tool, arguments), "tool_calls");

    /// <summary>Refuses.</summary>
    public static Func<HttpContext, Task> Fail(int status, string? retryAfter = "0", string code = "server_error") => context =>
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = retryAfter;
        return context.Response.WriteAsJsonAsync(new { error = new { message = "Not now: secret detail", type = "server_error", code } });
    };

    /// <summary>Answers with these bytes.</summary>
    public static Func<HttpContext, Task> Answer(string body, string contentType = "application/json") => context =>
    {
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(body);
    };

    /// <summary>Begins an answer; then the connection is cut.</summary>
    public static Func<HttpContext, Task> BreakAfter(string text) => async context =>
    {
        await BeginAsync(context, text);
        context.Abort();
    };

    /// <summary>Begins an answer; then it ends, as a proxy ends it that has waited too long.</summary>
    public static Func<HttpContext, Task> EndAfter(string text) => context => BeginAsync(context, text);

    /// <summary>Begins an answer; then nothing comes any more.</summary>
    public static Func<HttpContext, Task> HangAfter(string text) => async context =>
    {
        await BeginAsync(context, text);
        await Hang(context);
    };

    /// <summary>Takes the request and never answers.</summary>
    public static Task Hang(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        context.RequestAborted.Register(gone.SetResult);
        return gone.Task;
    }

    /// <summary>Answers when the test lets it.</summary>
    public static Func<HttpContext, Task> After(Task until, Func<HttpContext, Task> then) => async context =>
    {
        await until.WaitAsync(context.RequestAborted);
        await then(context);
    };

    /// <summary>Does one thing after the other, the last one for good.</summary>
    public static Func<HttpContext, Task> InTurn(params Func<HttpContext, Task>[] behaviours)
    {
        var call = -1;
        return context => behaviours[Math.Min(Interlocked.Increment(ref call), behaviours.Length - 1)](context);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        JsonNode body;
        if (request.HasFormContentType)
        {
            var form = await request.ReadFormAsync();
            body = new JsonObject([.. form.Select(field => KeyValuePair.Create(field.Key, (JsonNode?)field.Value.ToString())), .. form.Files.Select(file => KeyValuePair.Create(file.Name, (JsonNode?)file.FileName))]);
        }
        else
        {
            body = (await JsonNode.ParseAsync(request.Body))!;
        }
        var asked = new Request($"{request.Path}{request.QueryString}", request.Headers.Authorization, request.Headers["api-key"], body);
        context.Items[AskedItem] = asked;
        Requests.Enqueue(asked);
        try
        {
            await Behave(context);
        }
        catch (OperationCanceledException)
        {
            // The caller has gone.
        }
    }

    private static Request Asked(HttpContext context) => (Request)context.Items[AskedItem]!; // set before a behaviour runs

    private static Task ReplyAsync(HttpContext context, string text, (string Name, string Arguments)? call, string finishReason)
    {
        var asked = Asked(context);
        return asked.Path.StartsWith("/api/chat", StringComparison.Ordinal) ? OllamaAsync(context, text, call)
            : asked.Path.Contains("transcriptions", StringComparison.Ordinal) ? context.Response.WriteAsJsonAsync(new { text })
            : asked.Body["stream"]?.GetValue<bool>() == true ? StreamAsync(context, text, call, finishReason)
            : WholeAsync(context, text, call, finishReason);
    }

    private static Task WholeAsync(HttpContext context, string text, (string Name, string Arguments)? call, string finishReason) => context.Response.WriteAsJsonAsync(new
    {
        id = "chatcmpl-1",
        @object = "chat.completion",
        created = 1_764_000_000,
        model = "small-model",
        choices = new[]
        {
            new
            {
                index = 0,
                message = new { role = "assistant", content = text, tool_calls = call is null ? null : new[] { new { id = "call_1", type = "function", function = new { name = call.Value.Name, arguments = call.Value.Arguments } } } },
                finish_reason = finishReason,
            },
        },
        usage = new { prompt_tokens = 321, completion_tokens = 12, total_tokens = 333 },
    });

    private static async Task StreamAsync(HttpContext context, string text, (string Name, string Arguments)? call, string finishReason)
    {
        await BeginAsync(context, text);
        if (call is var (name, arguments))
        {
            // The arguments come in pieces, which are no JSON by themselves.
            await ChunkAsync(context, new { tool_calls = new[] { new { index = 0, id = "call_1", type = "function", function = new { name, arguments = "" } } } });
            foreach (var piece in Pieces(arguments))
                await ChunkAsync(context, new { tool_calls = new[] { new { index = 0, function = new { arguments = piece } } } });
        }
        await ChunkAsync(context, new { }, finishReason);
        await EventAsync(context, new { id = "chatcmpl-1", @object = "chat.completion.chunk", created = 1_764_000_000, model = "small-model", choices = Array.Empty<object>(), usage = new { prompt_tokens = 321, completion_tokens = 12, total_tokens = 333 } });
        await context.Response.WriteAsync("data: [DONE]\n\n");
    }

    private static async Task BeginAsync(HttpContext context, string text)
    {
        if (Asked(context).Path.StartsWith("/api/chat", StringComparison.Ordinal))
        {
            foreach (var piece in Pieces(text))
                await LineAsync(context, new { model = "small-model", created_at = "2026-03-02T10:00:00Z", message = new { role = "assistant", content = piece }, done = false });
            return;
        }
        context.Response.ContentType = "text/event-stream";
        await ChunkAsync(context, new { role = "assistant", content = "" });
        foreach (var piece in Pieces(text))
            await ChunkAsync(context, new { content = piece });
    }

    private static Task ChunkAsync(HttpContext context, object delta, string? finishReason = null) => EventAsync(context, new
    {
        id = "chatcmpl-1",
        @object = "chat.completion.chunk",
        created = 1_764_000_000,
        model = "small-model",
        choices = new[] { new { index = 0, delta, finish_reason = finishReason } },
    });

    private static async Task EventAsync(HttpContext context, object data)
    {
        await context.Response.WriteAsync($"data: {JsonSerializer.Serialize(data)}\n\n");
        await context.Response.Body.FlushAsync();
    }

    private static async Task OllamaAsync(HttpContext context, string text, (string Name, string Arguments)? call)
    {
        await BeginAsync(context, text);
        if (call is var (name, arguments))
            await LineAsync(context, new { model = "small-model", created_at = "2026-03-02T10:00:00Z", message = new { role = "assistant", content = "", tool_calls = new[] { new { function = new { name, arguments = JsonNode.Parse(arguments) } } } }, done = false });
        await LineAsync(context, new { model = "small-model", created_at = "2026-03-02T10:00:00Z", message = new { role = "assistant", content = "" }, done_reason = "stop", done = true, total_duration = 1, prompt_eval_count = 321, eval_count = 12 });
    }

    private static async Task LineAsync(HttpContext context, object line)
    {
        if (!context.Response.HasStarted)
            context.Response.ContentType = "application/x-ndjson";
        await context.Response.WriteAsync(JsonSerializer.Serialize(line) + "\n");
        await context.Response.Body.FlushAsync();
    }

    private static IEnumerable<string> Pieces(string text)
    {
        for (var i = 0; i < text.Length; i += 7)
            yield return text[i..Math.Min(text.Length, i + 7)];
    }
}
