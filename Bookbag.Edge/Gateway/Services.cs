namespace Bookbag.Edge.Gateway;

/// <summary>The services behind the Edge, by the names under which service discovery knows them.</summary>
public static class Services
{
    public const string Inbound = "inbound";
    public const string Outbound = "outbound";

    /// <summary>The double of Meta's Cloud API; it exists in development only.</summary>
    public const string Sandbox = "sandbox";

    /// <summary>Whether configuration names an address of the service.</summary>
    public static bool HasService(this IConfiguration configuration, string service) =>
        configuration.GetSection($"services:{service}").GetChildren().Any();
}
