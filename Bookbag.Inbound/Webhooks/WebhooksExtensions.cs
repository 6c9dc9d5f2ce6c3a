using Bookbag.Inbound.Channels;
using Bookbag.ServiceDefaults.Postgres;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Intake of webhooks, their log, and what applies it.</summary>
public static class WebhooksExtensions
{
    public static IHostApplicationBuilder AddWebhooks(this IHostApplicationBuilder builder)
    {
        builder.AddChannels();
        var services = builder.Services;
        services.AddOptions<IntakeOptions>().BindConfiguration(IntakeOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<DeliveryProcessorOptions>().BindConfiguration(DeliveryProcessorOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<DebounceOptions>().BindConfiguration(DebounceOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<WebhookLogOptions>().BindConfiguration(WebhookLogOptions.Section).ValidateDataAnnotations().ValidateOnStart();

        services.AddSingleton<IntakeMetrics>();
        services.AddSingleton<IntakePressure>();
        services.AddSingleton<WebhookGate>();
        services.AddSingleton<ReceiveWebhook>();
        services.AddSingleton<WebhookLog>();
        services.AddSingleton<WebhookSearch>();
        services.AddSingleton<WebhookReplayer>();
        services.AddSingleton<WebhookLogKeeper>();
        services.AddSingleton<DeliveryProcessor>();
        services.AddSingleton<IntakeBatcher>();
        builder.AddStartStep("partitions", (provider, cancellationToken) => provider.GetRequiredService<WebhookLogKeeper>().RunOnceAsync(cancellationToken));
        services.AddHostedService(provider => provider.GetRequiredService<WebhookLogKeeper>());
        services.AddHostedService(provider => provider.GetRequiredService<WebhookReplayer>());
        services.AddHostedService<QueueGauge>();
        services.AddHostedService(provider => provider.GetRequiredService<DeliveryProcessor>());
        services.AddHostedService(provider => provider.GetRequiredService<IntakeBatcher>());
        return builder;
    }
}
