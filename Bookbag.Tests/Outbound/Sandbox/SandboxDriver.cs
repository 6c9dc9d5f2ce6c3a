using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.Outbound.Sandbox;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Outbound.Sandbox;

/// <summary>A sandbox in the test's hands: its clock, its HTTP, and a callback of the test's own.</summary>
internal sealed class SandboxDriver : IAsyncDisposable
{
    public const string NumberId = "100000000000001";
    public const string Customer = "15551234567";

    private readonly SandboxHost _host;

    private SandboxDriver(SandboxHost host, FakeTimeProvider clock, CallbackListener callback)
    {
        (_host, Clock, Callback) = (host, clock, callback);
        Http = new HttpClient { BaseAddress = host.Url };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sandbox-access-token");
    }

    public FakeTimeProvider Clock { get; }
    public CallbackListener Callback { get; }
    public HttpClient Http { get; }
    public SandboxControl Control => _host.Control;

    public static async Task<SandboxDriver> StartAsync(Action<SandboxOptions>? configure = null)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 2, 9, 0, 0, TimeSpan.Zero));
        var callback = await CallbackListener.StartAsync("sandbox-app-secret");
        var options = new SandboxOptions { CallbackUrl = callback.Url };
        configure?.Invoke(options);
        return new SandboxDriver(await SandboxHost.StartAsync(options, clock), clock, callback);
    }

    /// <summary>Posts a body to the messages endpoint.</summary>
    public async Task<Answer> PostAsync(string json, string numberId = NumberId, CancellationToken cancellationToken = default)
    {
        using var response = await Http.PostAsync($"v25.0/{numberId}/messages", new StringContent(json, null, "application/json"), cancellationToken);
        return await Answer.OfAsync(response);
    }

    public Task<Answer> SendTextAsync(string to = Customer, string text = "Hello", string? opaque = null, string numberId = NumberId) =>
        PostAsync(JsonSerializer.Serialize(new Dictionary<string, object?>
        {
            ["messaging_product"] = "whatsapp",
            ["to"] = to,
            ["type"] = "text",
            ["text"] = new { body = text },
            ["biz_opaque_callback_data"] = opaque ?? "none",
        }), numberId);

    public Task<Answer> SendTemplateAsync(string to, string name = "hello_world", string language = "en_US", string components = "[]", string numberId = NumberId) =>
        PostAsync($$$"""{"messaging_product":"whatsapp","to":"{{{to}}}","type":"template","template":{"name":"{{{name}}}","language":{"code":"{{{language}}}"},"components":{{{components}}}}}""", numberId);

    /// <summary>Uploads a file; its id.</summary>
    public async Task<string> UploadAsync()
    {
        using var file = new ByteArrayContent([1]) { Headers = { { "Content-Type", "image/png" } } };
        using var form = new MultipartFormDataContent { { new StringContent("whatsapp"), "messaging_product" }, { file, "file", "a.png" } };
        using var response = await Http.PostAsync($"v25.0/{NumberId}/media", form);
        return (await Answer.OfAsync(response)).Json.GetProperty("id").GetString()!;
    }

    public async Task<Answer> GetAsync(string path)
    {
        using var response = await Http.GetAsync(path);
        return await Answer.OfAsync(response);
    }

    public async Task<Answer> ControlAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await Http.SendAsync(request);
        return await Answer.OfAsync(response);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _host.DisposeAsync();
        await Callback.DisposeAsync();
    }
}

/// <summary>An answer, read to the end.</summary>
internal sealed record Answer(int Status, string Body, string? ContentType)
{
    public JsonElement Json => JsonElement.Parse(Body);

    public int Code => Json.GetProperty("error").GetProperty("code").GetInt32();

    public string Wamid => Json.GetProperty("messages")[0].GetProperty("id").GetString()!;

    public static async Task<Answer> OfAsync(HttpResponseMessage response) =>
        new((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentType?.MediaType);
}
