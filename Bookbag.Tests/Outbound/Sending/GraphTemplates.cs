using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Bookbag.Tests.Outbound.Sending;

/// <summary>Meta's messages endpoint for templates: takes every message unless told otherwise, and remembers what it was sent.</summary>
internal sealed class GraphTemplates : HttpMessageHandler
{
    private readonly ConcurrentQueue<Sent> _sent = new();
    private readonly ConcurrentQueue<Func<Sent, Task<HttpResponseMessage>>> _next = new();

    /// <summary>A message that arrived here.</summary>
    internal sealed record Sent(string Callback, string To, string Template, string Json);

    public IReadOnlyList<Sent> Messages => [.. _sent];

    /// <summary>What every message gets that has nothing of its own to come; null takes it.</summary>
    public Func<Sent, HttpResponseMessage?>? Always { get; set; }

    /// <summary>How Meta knows the customer of a number: as a wa_id, and as a user id; null for as it was written, and no user id.</summary>
    public Func<string, (string WaId, string UserId)?>? Identity { get; set; }

    /// <summary>Meta's id of the message to a number, or of that with our own id, also where its answer was lost.</summary>
    public string WamidOf(string toOrCallback) => _sent.Where(s => s.To == toOrCallback || s.Callback == toOrCallback).Select(s => $"wamid.{s.Callback}").First();

    public void RefuseNext(int code) => _next.Enqueue(_ => Task.FromResult(Refusal(code)));

    /// <summary>Takes the next message, and the answer is lost.</summary>
    public void LoseNext() => _next.Enqueue(_ => throw new IOException("cut"));

    public void HoldNextAsync(Task until, TaskCompletionSource? arrived = null) => _next.Enqueue(async sent =>
    {
        arrived?.TrySetResult();
        await until;
        return Accept(sent);
    });

    public void HoldNextForQuality() => _next.Enqueue(sent => Task.FromResult(Accept(sent, "held_for_quality_assessment")));

    public static HttpResponseMessage Refusal(int code) => Json(HttpStatusCode.BadRequest, $$$"""{"error":{"message":"(#{{{code}}}) no","code":{{{code}}}}}""");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Numbers are asked about as well: nothing is told of them.
        if (request.Method == HttpMethod.Get)
            return Json(HttpStatusCode.InternalServerError, "{}");
        using var body = new MemoryStream();
        await request.Content!.CopyToAsync(body, cancellationToken);
        using var document = JsonDocument.Parse(body.ToArray());
        var json = document.RootElement;
        var to = json.TryGetProperty("to", out var phone) ? phone.GetString()! : json.GetProperty("recipient").GetString()!;
        var sent = new Sent(json.GetProperty("biz_opaque_callback_data").GetString()!, to, json.GetProperty("template").GetProperty("name").GetString()!, json.GetRawText());
        _sent.Enqueue(sent);
        return _next.TryDequeue(out var answer) ? await answer(sent) : Always?.Invoke(sent) ?? Accept(sent);
    }

    private HttpResponseMessage Accept(Sent sent, string status = "accepted")
    {
        var (waId, userId) = Identity?.Invoke(sent.To) is { } known ? (known.WaId, $",\"user_id\":\"{known.UserId}\"") : (sent.To.TrimStart('+'), "");
        return Json(HttpStatusCode.OK,
            $$"""{"messaging_product":"whatsapp","contacts":[{"input":"{{sent.To}}","wa_id":"{{waId}}"{{userId}}}],"messages":[{"id":"wamid.{{sent.Callback}}","message_status":"{{status}}"}]}""");
    }

    private static HttpResponseMessage Json(HttpStatusCode status, string json) => new(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
}
