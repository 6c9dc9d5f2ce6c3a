using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Bookbag.Inbound.Answering;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Bookbag.Tests.Inbound.Knowledge;

/// <summary>An embedding model that knows a few words of which several mean the same; each other word means itself.</summary>
internal sealed class ToyModel : IEmbeddingGenerator<string, Embedding<float>>
{
    private const int Length = 256;

    private static readonly string[] Meanings = ["parcel delivery shipping package arrive lieferung envio", "money refund cash", "kettle boiler"];

    /// <summary>The texts that it was asked about.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Whether it is away.</summary>
    public bool IsDown { get; set; }

    /// <summary>A vector of a text's meanings.</summary>
    public static float[] VectorOf(string text)
    {
        // A little of everything, so that no text means nothing.
        var vector = new float[Length];
        vector.AsSpan().Fill(-0.01f);
        foreach (var word in Words.Content(text))
        {
            var meaning = Array.FindIndex(Meanings, words => words.Split(' ').Contains(word));
            vector[meaning >= 0 ? meaning : Meanings.Length + (word.Aggregate(17, (hash, c) => (hash * 31 + c) & 0xFFFF) % (Length - Meanings.Length))] += 1;
        }
        return vector;
    }

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (IsDown)
            throw new HttpRequestException("Away.");
        var texts = values.ToList();
        texts.ForEach(Asked.Enqueue);
        return Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(texts.Select(text => new Embedding<float>(VectorOf(text)))));
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}

/// <summary>An endpoint that speaks OpenAI's embeddings over real HTTP, with the toy model behind it.</summary>
internal sealed class EmbeddingDouble : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EmbeddingDouble(WebApplication app) => _app = app;

    /// <summary>The base address for <c>Embedding:Endpoint</c>.</summary>
    public string Endpoint => $"{_app.Urls.First()}/v1";

    /// <summary>What was asked, as it came.</summary>
    public ConcurrentQueue<(string? Authorization, JsonNode Body)> Requests { get; } = new();

    /// <summary>What it does instead of answering.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    public static async Task<EmbeddingDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var model = new EmbeddingDouble(app);
        app.MapPost("/v1/embeddings", async context =>
        {
            var body = (await JsonNode.ParseAsync(context.Request.Body))!;
            model.Requests.Enqueue((context.Request.Headers.Authorization, body));
            if (model.Instead is { } instead)
            {
                await instead(context);
                return;
            }
            var input = body["input"]!;
            var texts = input is JsonArray many ? many.Select(text => text!.GetValue<string>()).ToList() : [input.GetValue<string>()];
            await context.Response.WriteAsJsonAsync(new
            {
                @object = "list",
                model = "toy",
                data = texts.Select((text, index) => new { @object = "embedding", index, embedding = ToyModel.VectorOf(text) }),
                usage = new { prompt_tokens = 7, total_tokens = 7 },
            });
        });
        await app.StartAsync();
        return model;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
