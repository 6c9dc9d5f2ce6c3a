using Microsoft.AspNetCore.Mvc;

namespace Bookbag.Inbound.Webhooks;

/// <summary>The one callback URL that Meta calls for every channel.</summary>
public static class WebhookEndpoints
{
    /// <summary>The path that the card shows and Meta calls.</summary>
    public const string Path = "/channels/whatsapp/webhook";

    public static void MapWebhooks(this IEndpointRouteBuilder app)
    {
        // Meta signs what it sends and knows no key of ours. A refusal is a status and nothing else.
        var meta = app.MapGroup(Path).AllowAnonymous().WithMetadata(new SkipStatusCodePagesAttribute()).ExcludeFromDescription();
        meta.MapGet("", VerifyWebhook.Handle).WithName("VerifyWebhook");
        // Straight from routing: nothing that other requests need is in a webhook's way.
        RequestDelegate receive = app.ServiceProvider.GetRequiredService<ReceiveWebhook>().HandleAsync;
        meta.MapPost("", receive).WithName("ReceiveWebhook").ShortCircuit();
    }
}
