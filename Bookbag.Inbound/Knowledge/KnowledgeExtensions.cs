using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Knowledge.Meaning;
using Bookbag.Inbound.Knowledge.Training;
using Bookbag.Inbound.Knowledge.Websites;
using Bookbag.ServiceDefaults.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using OpenAI;
using Polly;

namespace Bookbag.Inbound.Knowledge;

/// <summary>Wires sources, their training, and the embedding model where one is configured.</summary>
public static class KnowledgeExtensions
{
    private const string EmbeddingClient = "embedding";
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Adds <see cref="KnowledgeBase"/> and the worker that reads websites and files; options bind to <c>Training</c>, <c>Crawl</c> and <c>Embedding</c>.</summary>
    public static IHostApplicationBuilder AddKnowledge(this IHostApplicationBuilder builder)
    {
        builder.Services.AddScoped<KnowledgeBase>();
        builder.Services.AddOptions<CrawlOptions>().BindConfiguration(CrawlOptions.Section)
            .PostConfigure(options => options.AllowLoopback &= builder.Environment.IsDevelopment())
            .ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<TrainingOptions>().BindConfiguration(TrainingOptions.Section).ValidateDataAnnotations()
            .Validate<IOptions<CrawlOptions>>((options, crawl) => options.Lease > options.FileTimeout && options.Lease > 6 * crawl.Value.PageTimeout,
                "Training:Lease must be longer than Training:FileTimeout and than six times Crawl:PageTimeout.")
            .ValidateOnStart();
        builder.Services.AddSingleton<TrainingMetrics>();
        builder.Services.AddSingleton<MeaningIndex>();
        builder.Services.AddSingleton<TrainingQueue>();
        builder.Services.AddSingleton<WebsiteReader>();
        // A client of its own: what is set for all clients of the process (retries, logs of addresses) is not for other people's sites.
        builder.Services.AddSingleton(services =>
        {
            var options = services.GetRequiredService<IOptions<CrawlOptions>>();
            var handler = PublicAddresses.CreateHandler(options.Value.AllowLoopback, ConnectTimeout);
            handler.AutomaticDecompression = DecompressionMethods.All;
            return new PageClient(new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }, services.GetRequiredService<TimeProvider>(), options);
        });
        builder.Services.AddSingleton<TrainingWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TrainingWorker>());
        builder.Services.AddOptions<EmbeddingOptions>().BindConfiguration(EmbeddingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        if (!string.IsNullOrEmpty(builder.Configuration[$"{EmbeddingOptions.Section}:{nameof(EmbeddingOptions.Endpoint)}"]))
            builder.AddMeaning();
        return builder;
    }

    private static void AddMeaning(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Embedder>();
        builder.Services.AddSingleton<MeaningSearch>();
        builder.Services.AddEmbeddingGenerator(services =>
            {
                var options = services.GetRequiredService<IOptions<EmbeddingOptions>>().Value;
                var http = services.GetRequiredService<IHttpClientFactory>().CreateClient(EmbeddingClient);
                var client = new OpenAIClient(new ApiKeyCredential(string.IsNullOrEmpty(options.ApiKey) ? "none" : options.ApiKey), new OpenAIClientOptions
                {
                    Endpoint = options.Endpoint,
                    Transport = new HttpClientPipelineTransport(http),
                    // Waiting and trying again are the HTTP client's business, below; how long in all, the caller's.
                    RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
                    NetworkTimeout = Timeout.InfiniteTimeSpan,
                });
                return client.GetEmbeddingClient(options.Name).AsIEmbeddingGenerator(options.Dimensions);
            })
            .UseOpenTelemetry(sourceName: InboundTelemetry.Name);

        builder.Services.AddHttpClient(EmbeddingClient, http => http.Timeout = Timeout.InfiniteTimeSpan)
            .UseSocketsHttpHandler((handler, _) =>
            {
                // The generator keeps its HTTP client for good: addresses are looked up anew here, not by the factory.
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
                // The key and what customers write go to the endpoint that is configured, and to no other that it names.
                handler.AllowAutoRedirect = false;
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .AddResilienceHandler("embedding", pipeline => pipeline
                .AddRetry(new HttpRetryStrategyOptions { MaxRetryAttempts = 2, Delay = TimeSpan.FromMilliseconds(300), BackoffType = DelayBackoffType.Exponential, UseJitter = true })
                // Of ten calls in half a minute half failed: it is down. For a while questions are looked up by their words at once.
                .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions
                {
                    SamplingDuration = TimeSpan.FromSeconds(30),
                    MinimumThroughput = 10,
                    FailureRatio = 0.5,
                    BreakDuration = TimeSpan.FromSeconds(15),
                }));
    }
}
