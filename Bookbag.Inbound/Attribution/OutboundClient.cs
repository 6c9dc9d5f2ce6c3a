using System.Text.Json;
using Bookbag.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Bookbag.Inbound.Attribution;

/// <summary>Outbound's API, with the credentials of who asks here: nobody can do by this what they could not do there.</summary>
public sealed class OutboundClient(HttpClient http, IHttpContextAccessor accessor)
{
    /// <summary>A template that a person sends from a conversation.</summary>
    public sealed record Send(Guid TemplateId, string To, IReadOnlyDictionary<string, string> Variables, Guid ConversationId);

    private sealed record Sent(Guid Id);

    /// <summary>Has a template sent. With the same key any number of times, it is sent once; Outbound has written it down when this returns an id.</summary>
    /// <returns>Outbound's id of it, or why it is not sent.</returns>
    public async Task<(Guid? Id, ProblemHttpResult? Refused)> SendTemplateAsync(Guid agentId, Send send, string? idempotencyKey, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/agents/{agentId}/outbound/messages") { Content = JsonContent.Create(send) };
        var caller = accessor.HttpContext?.Request.Headers ?? throw new InvalidOperationException("Templates are sent inside a request.");
        request.Headers.TryAddWithoutValidation(HeaderNames.Cookie, (IEnumerable<string?>)caller.Cookie);
        request.Headers.TryAddWithoutValidation(HeaderNames.Authorization, (IEnumerable<string?>)caller.Authorization);
        if (idempotencyKey is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode)
                return ((await response.Content.ReadFromJsonAsync<Sent>(cancellationToken))?.Id, null);
            return (null, (int)response.StatusCode < StatusCodes.Status500InternalServerError ? await RefusalOfAsync(response, cancellationToken) : Away());
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || e is TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return (null, Away());
        }
    }

    /// <summary>What Outbound says against it, as it says it.</summary>
    private static async Task<ProblemHttpResult> RefusalOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return Refusal.Problem((int)response.StatusCode, Text(problem, "code") ?? "template_refused", Text(problem, "detail") ?? "The template cannot be sent.");

        static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private static ProblemHttpResult Away() => Refusal.Problem(
        StatusCodes.Status503ServiceUnavailable, "templates_unavailable", "Templates cannot be sent at the moment. Try again with the same Idempotency-Key, so that it is sent once in any case.");
}
