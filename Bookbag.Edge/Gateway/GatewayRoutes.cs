using Bookbag.ServiceDefaults.Security;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;

namespace Bookbag.Edge.Gateway;

/// <summary>Which path goes to which service, and who may take it.</summary>
public static class GatewayRoutes
{
    public const string Webhooks = "webhooks";

    /// <summary>Meta's bodies end at 3 MB; a larger one is not Meta's.</summary>
    private const long MaxWebhookBody = 4 * 1024 * 1024;

    /// <summary>A file for the agent to learn from, with room for the form around it.</summary>
    public const long MaxApiBody = 32 * 1024 * 1024;

    /// <summary>The largest document that WhatsApp takes, with room for the form around it.</summary>
    private const long MaxFileBody = 101 * 1024 * 1024;

    /// <summary>A file of contacts, of a million rows and more.</summary>
    private const long MaxImportBody = 512L * 1024 * 1024;

    private const string Anonymous = "anonymous";

    /// <summary>The routes of the product; <paramref name="sandbox"/> adds the door to the sandbox.</summary>
    public static IReadOnlyList<RouteConfig> All(bool sandbox) =>
    [
        new RouteConfig
        {
            RouteId = Webhooks,
            ClusterId = GatewayClusters.Webhooks,
            Order = -10,
            Match = new RouteMatch { Path = "/channels/{**rest}" },
            AuthorizationPolicy = Anonymous,
            MaxRequestBodySize = MaxWebhookBody,
        }.AsSent(),

        Api("imports", "/api/agents/{agentId}/outbound/contacts/imports", Services.Outbound) with { MaxRequestBodySize = MaxImportBody },
        Api("agents-outbound", "/api/agents/{agentId}/outbound/{**rest}", Services.Outbound),
        Api("public-api", "/api/v1/{**rest}", Services.Outbound),
        Api("message-files", "/api/conversations/{conversationId}/messages", Services.Inbound) with { MaxRequestBodySize = MaxFileBody },
        Api("api", "/api/{**rest}", Services.Inbound),

        OpenApi(Services.Inbound),
        OpenApi(Services.Outbound),

        .. sandbox ? [Api("sandbox", "/sandbox/{**rest}", Services.Sandbox) with { AuthorizationPolicy = Policies.Editor }] : Array.Empty<RouteConfig>(),
    ];

    private static RouteConfig Api(string id, string path, string cluster) => new RouteConfig
    {
        RouteId = id,
        ClusterId = cluster,
        Match = new RouteMatch { Path = path },
        AuthorizationPolicy = Policies.Viewer,
        RateLimiterPolicy = RateLimits.Api,
        MaxRequestBodySize = MaxApiBody,
    }.WithTransformUseOriginalHostHeader();

    private static RouteConfig OpenApi(string service) => new RouteConfig
    {
        RouteId = $"openapi-{service}",
        ClusterId = service,
        Match = new RouteMatch { Path = $"/openapi/{service}.json", Methods = [HttpMethods.Get] },
        AuthorizationPolicy = Policies.Viewer,
        RateLimiterPolicy = RateLimits.Api,
    }.WithTransformUseOriginalHostHeader().WithTransformPathSet("/openapi/v1.json");

    // Nothing added, nothing taken away: what Meta signed and said of it is what Inbound checks and keeps.
    private static RouteConfig AsSent(this RouteConfig route) =>
        route.WithTransformUseOriginalHostHeader().WithTransformXForwarded(xDefault: ForwardedTransformActions.Off);
}
