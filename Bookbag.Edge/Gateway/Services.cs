namespace Bookbag.Edge.Gateway;

/// <summary>The services behind the Edge, by the names under which service discovery knows them.</summary>
public static class Services
{
    public const string Inbound = "inbound";
    public const string Outbound = "outbound";

    /// <summary>Inbound's port for webhooks, as service discovery names an endpoint of a service.</summary>
    public const string InboundWebhooks = "_webhooks.inbound";

    /// <summary>The double of Meta's Cloud API; it exists in development only.</summary>
    public const string Sandbox = "sandbox";

    /// <summary>Whether configuration names an address of Inbound's port for webhooks.</summary>
    public static bool HasWebhookDoor(this IConfiguration configuration) => configuration.GetSection($"services:{Inbound}:webhooks").GetChildren().Any();

    /// <summary>Whether configuration names an address of the service.</summary>
    public static bool HasService(this IConfiguration configuration, string service) =>
        configuration.GetSection($"services:{service}").GetChildren().Any();
}
