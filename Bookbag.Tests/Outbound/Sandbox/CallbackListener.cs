using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bookbag.Tests.Outbound.Sandbox;

/// <summary>Where the sandbox's webhooks go in tests: checks each signature by itself and keeps the bodies.</summary>
internal sealed class CallbackListener : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly WebApplication _app;
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly ConcurrentQueue<string> _bodies = [];
    private readonly ConcurrentQueue<int> _answers = [];

    private CallbackListener(WebApplication app) => _app = app;

    public Uri Url => new(new Uri(_app.Urls.First()), "/callback");

    /// <summary>The secret that signatures are checked with.</summary>
    public required string Secret { get; set; }

    /// <summary>What the handshake is answered with; null for the challenge.</summary>
    public string? HandshakeAnswer { get; set; }

    /// <summary>The query of the last handshake.</summary>
    public IQueryCollection? Handshake { get; private set; }

    /// <summary>Answers the next POSTs with these statuses instead of 200.</summary>
    public void AnswerNext(params int[] statuses) => Array.ForEach(statuses, _answers.Enqueue);

    public static async Task<CallbackListener> StartAsync(string secret)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var listener = new CallbackListener(app) { Secret = secret };
        app.MapPost("/callback", listener.ReceiveAsync);
        app.MapGet("/callback", listener.Verify);
        await app.StartAsync();
        return listener;
    }

    /// <summary>The next body, as it came.</summary>
    public async Task<string> NextRawAsync()
    {
        Assert.True(await _arrived.WaitAsync(Patience), "No webhook came.");
        Assert.True(_bodies.TryDequeue(out var body));
        return body;
    }

    public async Task<JsonElement> NextAsync() => JsonElement.Parse(await NextRawAsync());

    /// <summary>The next body's one value of a <c>messages</c> change.</summary>
    public async Task<JsonElement> NextValueAsync()
    {
        var entry = Assert.Single((await NextAsync()).GetProperty("entry").EnumerateArray());
        var change = Assert.Single(entry.GetProperty("changes").EnumerateArray());
        Assert.Equal("messages", change.GetProperty("field").GetString());
        return change.GetProperty("value");
    }

    public async Task<JsonElement> NextStatusAsync() => Assert.Single((await NextValueAsync()).GetProperty("statuses").EnumerateArray());

    public async Task<JsonElement> NextMessageAsync() => Assert.Single((await NextValueAsync()).GetProperty("messages").EnumerateArray());

    public int Waiting => _bodies.Count;

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _arrived.Dispose();
    }

    private async Task<IResult> ReceiveAsync(HttpRequest request)
    {
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer);
        using var hmac = new HMACSHA256(Encoding.UTF8.GetBytes(Secret));
        var expected = "sha256=" + string.Concat(hmac.ComputeHash(buffer.ToArray()).Select(b => b.ToString("x2")));
        if (request.Headers["X-Hub-Signature-256"] != expected)
            return Results.StatusCode(401);
        if (_answers.TryDequeue(out var status))
            return Results.StatusCode(status);
        _bodies.Enqueue(Encoding.UTF8.GetString(buffer.ToArray()));
        _arrived.Release();
        return Results.Ok();
    }

    private IResult Verify(HttpRequest request)
    {
        Handshake = request.Query;
        return request.Query["hub.verify_token"] == "right-token"
            ? Results.Text(HandshakeAnswer ?? request.Query["hub.challenge"].ToString()) : Results.StatusCode(403);
    }
}
