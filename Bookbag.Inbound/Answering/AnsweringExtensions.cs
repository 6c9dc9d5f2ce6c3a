using System.ClientModel;
using System.ClientModel.Primitives;
using Bookbag.Inbound.Knowledge;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using OpenAI;
using Polly;

namespace Bookbag.Inbound.Answering;

/// <summary>Wires answering, and the sources it rests on.</summary>
public static class AnsweringExtensions
{
    private const string HttpClientName = "model";

    /// <summary>Adds <see cref="Answerer"/>, <see cref="KnowledgeBase"/>, and the model where one is configured.</summary>
    public static IHostApplicationBuilder AddAnswering(this IHostApplicationBuilder builder)
    {
        builder.Services.AddScoped<KnowledgeBase>();
        builder.Services.AddSingleton<Retrieval>();
        builder.Services.AddSingleton<AnswerMetrics>();
        builder.Services.AddSingleton<Answerer>();
        builder.Services.AddOptions<ModelOptions>().BindConfiguration(ModelOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        if (!string.IsNullOrEmpty(builder.Configuration[$"{ModelOptions.Section}:{nameof(ModelOptions.Endpoint)}"]))
            builder.AddReplyModel();
        return builder;
    }

    private static void AddReplyModel(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ReplyModel>();
        builder.Services.AddChatClient(services =>
            {
                var options = services.GetRequiredService<IOptions<ModelOptions>>().Value;
                var http = services.GetRequiredService<IHttpClientFactory>().CreateClient(HttpClientName);
                var client = new OpenAIClient(new ApiKeyCredential(string.IsNullOrEmpty(options.ApiKey) ? "none" : options.ApiKey), new OpenAIClientOptions
                {
                    Endpoint = options.Endpoint,
                    Transport = new HttpClientPipelineTransport(http),
                    // Waiting and trying again are the HTTP client's business, below.
                    RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
                    NetworkTimeout = Timeout.InfiniteTimeSpan,
                });
                return client.GetChatClient(options.Name).AsIChatClient();
            })
            .UseOpenTelemetry(sourceName: AnswerMetrics.Meter);

        builder.Services.AddHttpClient(HttpClientName, http => http.Timeout = Timeout.InfiniteTimeSpan)
            // The chat client keeps its HTTP client for good: addresses are looked up anew here, not by the factory.
            .UseSocketsHttpHandler((handler, _) => handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5))
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .AddResilienceHandler("model", (pipeline, context) => Configure(pipeline, context.ServiceProvider.GetRequiredService<IOptions<ModelOptions>>().Value));
    }

    // Asking a model twice costs tokens and harms nobody, so calls are retried on what may pass: 408, 429 (after what Retry-After says), 5xx, time-outs.
    private static void Configure(ResiliencePipelineBuilder<HttpResponseMessage> pipeline, ModelOptions options)
    {
        pipeline.AddTimeout(options.TotalTimeout);
        if (options.Retries > 0)
            pipeline.AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = options.Retries,
                Delay = options.RetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            });
        // Of ten calls in half a minute half failed: it is down. For a while every question goes straight to "later", which costs the customer nothing more.
        pipeline.AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions
        {
            SamplingDuration = TimeSpan.FromSeconds(30),
            MinimumThroughput = 10,
            FailureRatio = 0.5,
            BreakDuration = TimeSpan.FromSeconds(15),
        });
        pipeline.AddTimeout(options.AttemptTimeout);
    }
}
