using System.Net;
using System.Text;
using System.Text.Json;

namespace Bookbag.Tests.Inbound.Conversations;

/// <summary>Meta's messages endpoint, as a test wants it: takes every message unless told otherwise, and remembers what it was sent.</summary>
internal sealed class GraphScript : HttpMessageHandler
{
    private readonly Lock _lock = new();
    private readonly Queue<Func<Sent, CancellationToken, Task<HttpResponseMessage>>> _next = new();
    private readonly List<Sent> _sent = [];
    private readonly List<Receipt> _receipts = [];
    private int _accepted;

    /// <summary>A message that arrived here.</summary>
    internal sealed record Sent(string Id, string To, string Text);

    /// <summary>A read receipt that arrived here.</summary>
    internal sealed record Receipt(string Wamid, bool Typing);

    public IReadOnlyList<Sent> Messages => Locked(() => _sent.ToArray());

    public IReadOnlyList<string> Texts => [.. Messages.Select(message => message.Text)];

    public IReadOnlyList<Receipt> Receipts => Locked(() => _receipts.ToArray());

    /// <summary>What read receipts are answered with.</summary>
    public HttpStatusCode ReceiptStatus { get; set; } = HttpStatusCode.OK;

    /// <summary>Refuses the next message with an error of Meta's.</summary>
    public void RefuseNext(int code) => Next((_, _) => Task.FromResult(Json(HttpStatusCode.BadRequest, $$$"""{"error":{"message":"(#{{{code}}}) no","code":{{{code}}}}}""")));

    /// <summary>Cuts the connection under the next message: it may have been taken.</summary>
    public void LoseNext() => Next((_, _) => throw new IOException("cut"));

    /// <summary>Takes the next message, then goes silent: the answer never comes.</summary>
    public void TakeNextSilently() => Next(async (_, _) =>
    {
        await new TaskCompletionSource().Task;
        throw new IOException("never");
    });

    /// <summary>Holds the next message until the test lets it go; then it is taken.</summary>
    public void HoldNext(Task until, TaskCompletionSource? arrived = null) => Next(async (_, _) =>
    {
        arrived?.TrySetResult();
        await until;
        return Accept();
    });

    public void Next(Func<Sent, CancellationToken, Task<HttpResponseMessage>> answer)
    {
        lock (_lock)
            _next.Enqueue(answer);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Read as a connection would send it: the client notices that it left.
        using var body = new MemoryStream();
        await request.Content!.CopyToAsync(body, cancellationToken);
        using var document = JsonDocument.Parse(body.ToArray());
        var json = document.RootElement;
        if (json.TryGetProperty("status", out _))
        {
            lock (_lock)
                _receipts.Add(new Receipt(json.GetProperty("message_id").GetString()!, json.TryGetProperty("typing_indicator", out _)));
            return Json(ReceiptStatus, """{"success":true}""");
        }

        var message = new Sent(json.GetProperty("biz_opaque_callback_data").GetString()!, json.GetProperty("to").GetString()!, Text(json));
        Func<Sent, CancellationToken, Task<HttpResponseMessage>>? answer;
        lock (_lock)
        {
            _sent.Add(message);
            _next.TryDequeue(out answer);
        }

        return answer is null ? Accept() : await answer(message, cancellationToken);
    }

    private static string Text(JsonElement json)
    {
        var type = json.GetProperty("type").GetString()!;
        var part = json.GetProperty(type);
        return type == "text" ? part.GetProperty("body").GetString()! : $"{type} {part.GetRawText()}";
    }

    public HttpResponseMessage Accept() => Json(HttpStatusCode.OK,
        $$"""{"messaging_product":"whatsapp","contacts":[{"input":"+5511987654321","wa_id":"551187654321"}],"messages":[{"id":"wamid.OUT{{Interlocked.Increment(ref _accepted)}}"}]}""");

    private static HttpResponseMessage Json(HttpStatusCode status, string json) =>
        new(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    private T Locked<T>(Func<T> read)
    {
        lock (_lock)
            return read();
    }
}
