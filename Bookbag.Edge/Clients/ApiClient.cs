using System.Net;
using System.Text.Json;
using Bookbag.Edge.Gateway;
using Bookbag.ServiceDefaults.Http;
using Microsoft.AspNetCore.Components;

namespace Bookbag.Edge.Clients;

/// <summary>The public API as the console's pages use it: by its public paths, with the credentials of the member who looks, and so with no right more.</summary>
/// <remarks>Whatever goes wrong comes as an <see cref="ApiException"/>, whose message is for people.</remarks>
public sealed class ApiClient(IHttpClientFactory clients, MemberSession session, NavigationManager navigation)
{
    /// <summary>Names of the HTTP clients: reads are tried again, what changes something is not.</summary>
    public const string Reads = "console-reads", Changes = "console-changes";

    private static readonly JsonSerializerOptions Format = CreateFormat();

    /// <summary>Reads what is at a path.</summary>
    public async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        await SendAsync<T>(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    /// <summary>Reads what is at a path; null where there is nothing.</summary>
    public async Task<T?> FindAsync<T>(string path, CancellationToken cancellationToken) where T : class
    {
        try
        {
            return await GetAsync<T>(path, cancellationToken);
        }
        catch (ApiException failure) when (failure.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Makes or starts something, and reads what came of it.</summary>
    public Task<T> PostAsync<T>(string path, object body, CancellationToken cancellationToken) => SendAsync<T>(With(HttpMethod.Post, path, body), cancellationToken);

    /// <summary>Makes or starts something.</summary>
    public Task PostAsync(string path, object? body, CancellationToken cancellationToken) => SendAsync(With(HttpMethod.Post, path, body), cancellationToken);

    /// <summary>Sends a form with files, and reads what came of it.</summary>
    public Task<T> PostFormAsync<T>(string path, MultipartFormDataContent form, CancellationToken cancellationToken) =>
        SendAsync<T>(new HttpRequestMessage(HttpMethod.Post, path) { Content = form }, cancellationToken);

    /// <summary>Replaces what is at a path, and reads what it is now.</summary>
    public Task<T> PutAsync<T>(string path, object body, CancellationToken cancellationToken) => SendAsync<T>(With(HttpMethod.Put, path, body), cancellationToken);

    /// <summary>Changes part of what is at a path, and reads what it is now.</summary>
    public Task<T> PatchAsync<T>(string path, object body, CancellationToken cancellationToken) => SendAsync<T>(With(HttpMethod.Patch, path, body), cancellationToken);

    /// <summary>Removes what is at a path.</summary>
    public Task DeleteAsync(string path, CancellationToken cancellationToken) => SendAsync(new HttpRequestMessage(HttpMethod.Delete, path), cancellationToken);

    /// <summary>Sends a request and hands out the answer as it begins to come: for streams and files. Dispose of it.</summary>
    public async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage answer;
        try
        {
            Address(request);
            var client = clients.CreateClient(request.Method == HttpMethod.Get ? Reads : Changes);
            answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (Exception e) when (IsOutage(e, cancellationToken))
        {
            throw ApiException.Unreachable(e);
        }

        if (answer.IsSuccessStatusCode)
            return answer;
        using (answer)
        {
            if (answer.StatusCode == HttpStatusCode.Unauthorized)
                session.End();
            throw await ApiException.ReadAsync(answer, cancellationToken);
        }
    }

    /// <summary>A path with a query of those values that are given.</summary>
    public static string Query(string path, params ReadOnlySpan<(string Name, string? Value)> values)
    {
        var query = string.Join('&', values.ToArray().Where(v => !string.IsNullOrEmpty(v.Value)).Select(v => $"{v.Name}={Uri.EscapeDataString(v.Value!)}")); // not null: filtered
        return query.Length == 0 ? path : $"{path}?{query}";
    }

    private async Task<T> SendAsync<T>(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var answer = await OpenAsync(request, cancellationToken);
        try
        {
            return await answer.Content.ReadFromJsonAsync<T>(Format, cancellationToken) ?? throw new JsonException("The answer is empty.");
        }
        catch (JsonException e)
        {
            throw ApiException.Unreadable(e);
        }
        catch (Exception e) when (IsOutage(e, cancellationToken))
        {
            throw ApiException.Unreachable(e);
        }
    }

    private async Task SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var answer = await OpenAsync(request, cancellationToken);
    }

    private static HttpRequestMessage With(HttpMethod method, string path, object? body) =>
        new(method, path) { Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: Format) };

    /// <summary>To the service that the gateway has the path for, as if it came through it: services make addresses of their own from these headers.</summary>
    private void Address(HttpRequestMessage request)
    {
        var path = request.RequestUri!.OriginalString; // every request here is made with one
        var visited = new Uri(navigation.BaseUri);
        request.RequestUri = new Uri($"http://{ServiceOf(path)}{path}");
        request.Headers.Host = visited.Authority;
        request.Headers.Add("X-Forwarded-Proto", visited.Scheme);
        session.Prove(request);
    }

    private static string ServiceOf(string path) =>
        path.StartsWith("/api/v1/", StringComparison.Ordinal) || (path.StartsWith("/api/agents/", StringComparison.Ordinal) && path.Contains("/outbound", StringComparison.Ordinal))
            ? Services.Outbound
            : path.StartsWith("/sandbox/", StringComparison.Ordinal) ? Services.Sandbox : Services.Inbound;

    private static bool IsOutage(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException or Polly.ExecutionRejectedException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static JsonSerializerOptions CreateFormat()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Json.Configure(options);
        return options;
    }
}
