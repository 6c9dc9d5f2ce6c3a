namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>Where an account's webhooks go.</summary>
/// <param name="Apps">The apps that get them.</param>
/// <param name="Overrides">Callbacks that stand in the place of an app's own.</param>
public sealed record WebhookSubscription(IReadOnlyList<string> Apps, IReadOnlyList<string> Overrides);

/// <content>Whether an account's webhooks come at all.</content>
public sealed partial class GraphClient
{
    /// <summary>Asks which apps an account's webhooks go to. The token needs the permission to manage the account; without it there is an error.</summary>
    public async Task<GraphResult<WebhookSubscription>> GetSubscriptionAsync(SendUrl url, string businessAccountId, string accessToken, CancellationToken cancellationToken)
    {
        using var call = new Call(clock, "get subscribed apps");
        if (!businessAccountId.All(char.IsAsciiDigit))
            return new(null, call.Ends(GraphErrors.Unreadable()));
        var answer = await CallAsync(HttpMethod.Get, url.Node($"{businessAccountId}/subscribed_apps"), accessToken, null, options.Value.CallTimeout, cancellationToken);
        if (call.Ends(ErrorOf(answer)) is { } error)
            return new(null, error);

        // {"data":[{"whatsapp_business_api_data":{"link":"…","name":"…","id":"…"},"override_callback_uri":"https://…"}]}
        var subscription = Read(answer.Body, root => root.Get("data") is null ? null : new WebhookSubscription(
            [.. root.List("data").Select(app => app.Get("whatsapp_business_api_data").Text("name")).OfType<string>()],
            [.. root.List("data").Select(app => LenientJson.Text(app, "override_callback_uri")).OfType<string>()]));
        return subscription is null ? new(null, GraphErrors.Unreadable()) : new(subscription, null);
    }
}
