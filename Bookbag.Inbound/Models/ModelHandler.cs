using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Models;

/// <summary>The last step of every call of the model: says who calls in the endpoint's own way, and makes of its refusals one kind of exception for all client libraries.</summary>
internal sealed class ModelHandler(IOptions<ModelOptions> options, TimeProvider clock) : DelegatingHandler
{
    private const int LongestError = 64 * 1024;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Introduce(request);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw new ModelRefusedException((int)response.StatusCode, Patience(response), await IsFilteredAsync(response, cancellationToken));
    }

    private void Introduce(HttpRequestMessage request)
    {
        var model = options.Value;
        request.Headers.Authorization = null;
        if (model.Kind == ModelKind.AzureOpenAI)
        {
            request.Headers.Add("api-key", model.ApiKey);
            request.RequestUri = new UriBuilder(request.RequestUri!) { Query = $"api-version={Uri.EscapeDataString(model.ApiVersion)}" }.Uri; // set by every client library
        }
        else if (!string.IsNullOrEmpty(model.ApiKey))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", model.ApiKey);
        }
    }

    private TimeSpan? Patience(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > clock.GetUtcNow() => date - clock.GetUtcNow(),
        _ => null,
    };

    // {"error": {"code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation", …}}}: Azure's way to say that the question itself is not to be answered.
    private static async Task<bool> IsFilteredAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.BadRequest)
            return false;
        try
        {
            await response.Content.LoadIntoBufferAsync(LongestError, cancellationToken);
            using var json = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            return json.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                && error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String && code.GetString() is "content_filter" or "content_policy_violation";
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or InvalidOperationException)
        {
            // Longer than an error is, or no JSON object: no filter's words.
            return false;
        }
    }
}
