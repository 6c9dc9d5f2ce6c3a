using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.AppHost.Embedded;

/// <summary>A page on loopback with the resources and their logs as they come. It shows, and changes nothing.</summary>
/// <remarks>Its address has a random part, as logs are not for every user of the machine.</remarks>
internal sealed class ResourcesPage : IAsyncDisposable
{
    private static readonly Dictionary<string, string> Files = new()
    {
        ["index.html"] = "text/html; charset=utf-8",
        ["page.css"] = "text/css; charset=utf-8",
        ["page.js"] = "text/javascript; charset=utf-8",
    };

    private readonly WebApplication _web;
    private readonly ResourceNotificationService _notifications;
    private readonly ResourceLoggerService _logs;
    private readonly SecretMask _mask;
    private readonly CancellationTokenSource _stopping = new();

    private ResourcesPage(IServiceProvider services, int port, string token)
    {
        _notifications = services.GetRequiredService<ResourceNotificationService>();
        _logs = services.GetRequiredService<ResourceLoggerService>();
        _mask = SecretMask.Of(services.GetRequiredService<DistributedApplicationModel>());
        Url = $"http://localhost:{port}/{token}/";

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenLocalhost(port);
        });
        builder.Services.AddRoutingCore();
        _web = builder.Build();
        _web.Use((http, next) => Guard(http, next, port));
        _web.UseRouting();
        var page = _web.MapGroup($"/{token}");
        page.MapGet("/{file?}", File);
        page.MapGet("/resources", (CancellationToken aborted) => TypedResults.ServerSentEvents(ResourcesAsync(aborted)));
        page.MapGet("/logs/{resourceId}", (string resourceId, CancellationToken aborted) => TypedResults.ServerSentEvents(LogsAsync(resourceId, aborted)));
    }

    public string Url { get; }

    /// <summary>Serves on the app host's own address where that is free, as another checkout may have it, else on any port.</summary>
    public static async Task<ResourcesPage> StartAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var wanted = new Uri(services.GetRequiredService<IConfiguration>()["ASPNETCORE_URLS"]?.Split(';')[0] ?? "http://localhost:15080").Port;
        var port = FreePort.IsFree(wanted) ? wanted : FreePort.Any();
        var page = new ResourcesPage(services, port, services.GetRequiredService<DataDirectory>().Secret("resources-page"));
        await page._web.StartAsync(cancellationToken);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _web.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>A foreign site whose name was pointed at this machine has another host name; nothing but reading is offered, and nothing is loaded from elsewhere.</summary>
    private static Task Guard(HttpContext http, RequestDelegate next, int port)
    {
        string[] names = [$"localhost:{port}", $"127.0.0.1:{port}", $"[::1]:{port}"];
        if (!names.Contains(http.Request.Host.Value, StringComparer.OrdinalIgnoreCase))
            return Refuse(http, StatusCodes.Status421MisdirectedRequest);
        if (!HttpMethods.IsGet(http.Request.Method))
            return Refuse(http, StatusCodes.Status405MethodNotAllowed);

        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
        return next(http);
    }

    private static Task Refuse(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static IResult File(string? file)
    {
        var name = file ?? "index.html";
        return Files.TryGetValue(name, out var type) && typeof(ResourcesPage).Assembly.GetManifestResourceStream(name) is { } content
            ? TypedResults.Stream(content, type)
            : TypedResults.NotFound();
    }

    private async IAsyncEnumerable<SseItem<Row>> ResourcesAsync([EnumeratorCancellation] CancellationToken aborted)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(aborted, _stopping.Token);
        await foreach (var change in _notifications.WatchAsync(ends.Token))
            yield return new SseItem<Row>(RowOf(change));
    }

    private async IAsyncEnumerable<SseItem<string>> LogsAsync(string resourceId, [EnumeratorCancellation] CancellationToken aborted)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(aborted, _stopping.Token);
        await foreach (var line in _logs.FollowAsync(resourceId, ends.Token))
            yield return new SseItem<string>(_mask.InText(AnsiText.Strip(line.Content)));
    }

    private Row RowOf(ResourceEvent change)
    {
        var now = change.Snapshot;
        return new Row(
            change.ResourceId, now.ResourceType, now.State?.Text ?? "", now.HealthStatus?.ToString() ?? "", now.Urls.FirstOrDefault()?.Url ?? "",
            now.Property(LocalEngine.RestartsProperty) as int? ?? 0, now.Property("executable.pid") as int?, now.ExitCode,
            now.Property(LocalEngine.FailureProperty) as string,
            [.. now.EnvironmentVariables.Select(variable => new Variable(variable.Name, _mask.InVariable(variable.Name, variable.Value)))]);
    }

    private sealed record Row(
        string Id, string Type, string State, string Health, string Url, int Restarts, int? ProcessId, int? ExitCode, string? Failure, IReadOnlyList<Variable> Environment);

    private sealed record Variable(string Name, string Value);
}
