using Bookbag.Outbound.Attribution;
using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.DeliveryEvents;
using Bookbag.ServiceDefaults.Platform;

namespace Bookbag.Outbound.Sending;

/// <summary>Adds campaigns, single sends and the workers behind them.</summary>
public static class SendingExtensions
{
    /// <summary>Adds all of it; <see cref="SendingOptions"/> bind to the section <c>Sending</c>.</summary>
    public static IHostApplicationBuilder AddSending(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<SendingOptions>().BindConfiguration(SendingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.AddChannelDirectory();
        builder.Services.AddSendingParts();
        if (builder.Configuration.GetValue($"{SendingOptions.Section}:{nameof(SendingOptions.Enabled)}", true))
        {
            builder.Services.AddHostedService(services => services.GetRequiredService<RecipientSender>());
            builder.Services.AddHostedService(services => services.GetRequiredService<ClaimRescuer>());
            builder.Services.AddHostedService(services => services.GetRequiredService<DeliveryEventConsumer>());
            builder.Services.AddHostedService(services => services.GetRequiredService<AudienceSnapshot>());
            builder.Services.AddHostedService(services => services.GetRequiredService<CampaignWarden>());
        }

        return builder;
    }

    /// <summary>The workers and their parts.</summary>
    internal static IServiceCollection AddSendingParts(this IServiceCollection services) => services
        .AddSingleton<SendingMetrics>()
        .AddSingleton<Pace>()
        .AddSingleton<ChannelWorkReader>()
        .AddSingleton<RecipientClaims>()
        .AddSingleton<FailureSettler>()
        .AddSingleton<SettleQueue>()
        .AddSingleton<RecipientSender>()
        .AddSingleton<ClaimRescuer>()
        .AddSingleton<StatusApplier>()
        .AddSingleton<ReplyApplier>()
        .AddSingleton<AccountEvents>()
        .AddSingleton<DeliveryEventConsumer>()
        .AddSingleton<CampaignStates>()
        .AddSingleton<AudienceSnapshot>()
        .AddSingleton<CampaignWarden>()
        .AddScoped<CampaignDesk>();
}
