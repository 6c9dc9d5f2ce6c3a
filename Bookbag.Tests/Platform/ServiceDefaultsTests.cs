using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.ServiceDefaults;
using Bookbag.ServiceDefaults.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Bookbag.Tests.Platform;

public sealed class ServiceDefaultsTests
{
    [Fact]
    public async Task A_service_without_Redis_starts_is_degraded_and_serves()
    {
        await using var app = await StartAsync(builder =>
        {
            builder.Configuration["ConnectionStrings:redis"] = "127.0.0.1:1"; // nobody listens there
            builder.AddBookbagRedis();
        });

        var health = await app.GetTestClient().GetAsync("/health");

        Assert.Equal((HttpStatusCode.OK, "Degraded"), (health.StatusCode, await health.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task An_exception_is_a_problem_with_a_code_and_tells_nothing_of_itself()
    {
        await using var app = await StartAsync();

        var response = await app.GetTestClient().GetAsync("/fails");

        var body = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("internal_error", JsonDocument.Parse(body).RootElement.GetProperty("code").GetString());
        Assert.DoesNotContain("inner workings", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound, "not_found")]
    [InlineData("DELETE", "/fails", HttpStatusCode.MethodNotAllowed, "method_not_allowed")]
    public async Task What_the_framework_refuses_has_a_code_too(string method, string path, HttpStatusCode status, string code)
    {
        await using var app = await StartAsync();

        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        var response = await app.GetTestClient().SendAsync(request);

        Assert.Equal((status, code), (response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_query_string_is_in_no_trace_and_in_no_log_line()
    {
        var span = new SpanWith("verify_token");
        var lines = new Lines();
        await using var app = await StartAsync(builder =>
        {
            builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"; // nobody listens there
            // As Aspire sets it in development.
            builder.Configuration["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "true";
            builder.Logging.ClearProviders().AddProvider(lines);
            builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddProcessor(span));
        });

        await app.GetTestClient().GetAsync("/fails?hub.verify_token=hush-hush");

        var found = await span.Found.WaitAsync(TimeSpan.FromSeconds(30)); // it ends after the answer
        Assert.Contains("verify_token=Redacted", found, StringComparison.Ordinal);
        Assert.DoesNotContain("hush-hush", found, StringComparison.Ordinal);
        Assert.NotEmpty(lines.All);
        Assert.DoesNotContain(lines.All, l => l.Contains("hush-hush", StringComparison.Ordinal));
    }

    private static async Task<WebApplication> StartAsync(Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        configure?.Invoke(builder);
        builder.AddServiceDefaults();
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapGet("/fails", string () => throw new InvalidOperationException("The inner workings."));
        await app.StartAsync();
        return app;
    }

    /// <summary>Waits for one span; other tests' requests are seen here too, because activities belong to the process.</summary>
    private sealed class SpanWith(string text) : BaseProcessor<Activity>
    {
        private readonly TaskCompletionSource<string> _found = new();

        public Task<string> Found => _found.Task;

        public override void OnEnd(Activity data)
        {
            var span = data.DisplayName + string.Concat(data.TagObjects.Select(t => $" {t.Key}={t.Value}"));
            if (span.Contains(text, StringComparison.Ordinal))
                _found.TrySetResult(span);
        }
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentBag<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add(formatter(state, exception) + exception);

        public void Dispose()
        {
        }
    }
}
