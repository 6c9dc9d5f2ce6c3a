using Bookbag.ServiceDefaults.Http;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.OutgoingWebhooks;

/// <summary>Adds outgoing webhooks.</summary>
public static class OutgoingWebhookExtensions
{
    /// <summary>Adds the courier; <see cref="OutgoingWebhookOptions"/> bind to the section <c>OutgoingWebhooks</c>.</summary>
    public static IHostApplicationBuilder AddOutgoingWebhooks(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<OutgoingWebhookOptions>().BindConfiguration(OutgoingWebhookOptions.Section)
            .PostConfigure(options => options.AllowLoopback &= builder.Environment.IsDevelopment())
            .ValidateDataAnnotations().Validate(options => options.Lease > options.Timeout, "OutgoingWebhooks:Lease must be longer than OutgoingWebhooks:Timeout.")
            .ValidateOnStart();
        builder.Services.AddSingleton<CourierMetrics>();
        // A client of its own: what is set for all clients of the process (retries, logs of URLs) is not for these calls.
        builder.Services.AddSingleton(services =>
        {
            var options = services.GetRequiredService<IOptions<OutgoingWebhookOptions>>();
            var handler = PublicAddresses.CreateHandler(options.Value.AllowLoopback, options.Value.Timeout);
            return new CourierClient(new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }, services.GetRequiredService<TimeProvider>(), options);
        });
        builder.Services.AddSingleton<WebhookCourier>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WebhookCourier>());
        return builder;
    }
}
