using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using OllamaSharp;
using OpenAI;

namespace Bookbag.Inbound.Models;

/// <summary>Wires the model, where one is configured.</summary>
public static class ModelExtensions
{
    private const string HttpClientName = "model";

    /// <summary>Adds <see cref="ChatModel"/> where <c>Model:Endpoint</c> is set; <see cref="ModelOptions"/> bind to the section <c>Model</c>.</summary>
    public static IHostApplicationBuilder AddModel(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ModelOptions>().BindConfiguration(ModelOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        if (!builder.HasModel())
            return builder;

        builder.Services.AddSingleton<ModelMetrics>();
        builder.Services.AddSingleton<ChatModel>();
        builder.Services.AddChatClient(services => Client(services.GetRequiredService<IOptions<ModelOptions>>().Value, Http(services)))
            .UseOpenTelemetry(sourceName: "Bookbag.Inbound", configure: telemetry => telemetry.EnableSensitiveData = false);
        if (!string.IsNullOrEmpty(builder.Configuration[$"{ModelOptions.Section}:{nameof(ModelOptions.TranscriptionName)}"]))
            builder.Services.AddSingleton(services =>
            {
                var options = services.GetRequiredService<IOptions<ModelOptions>>().Value;
                return OpenAI(options, options.TranscriptionName!, Http(services)).GetAudioClient(options.TranscriptionName); // asked for just above
            });

        builder.Services.AddTransient<ModelHandler>();
        builder.Services.AddHttpClient(HttpClientName, http => http.Timeout = Timeout.InfiniteTimeSpan)
            .UseSocketsHttpHandler((handler, _) =>
            {
                // The client library keeps its HTTP client for good: addresses are looked up anew here, not by the factory.
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
                // The key and what customers write go to the endpoint that is configured, and to no other that it names.
                handler.AllowAutoRedirect = false;
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .AddHttpMessageHandler<ModelHandler>();
        return builder;
    }

    /// <summary>Whether a model is configured.</summary>
    public static bool HasModel(this IHostApplicationBuilder builder) => !string.IsNullOrEmpty(builder.Configuration[$"{ModelOptions.Section}:{nameof(ModelOptions.Endpoint)}"]);

    private static HttpClient Http(IServiceProvider services) => services.GetRequiredService<IHttpClientFactory>().CreateClient(HttpClientName);

    private static IChatClient Client(ModelOptions options, HttpClient http)
    {
        if (options.Kind != ModelKind.Ollama)
            return OpenAI(options, options.Name!, http).GetChatClient(options.Name).AsIChatClient(); // validated: an endpoint has a name
        http.BaseAddress = WithSlash(options.Endpoint!);
        return new OllamaApiClient(http, options.Name!);
    }

    private static OpenAIClient OpenAI(ModelOptions options, string deployment, HttpClient http) => new(
        // Never sent: ModelHandler says who calls.
        new ApiKeyCredential("none"),
        new OpenAIClientOptions
        {
            Endpoint = options.Kind == ModelKind.AzureOpenAI ? new Uri(WithSlash(options.Endpoint!), $"openai/deployments/{Uri.EscapeDataString(deployment)}") : options.Endpoint,
            Transport = new HttpClientPipelineTransport(http),
            // Waiting and trying again are ChatModel's business.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
        });

    private static Uri WithSlash(Uri address) => address.AbsoluteUri.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/");
}
