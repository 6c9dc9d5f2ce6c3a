namespace Bookbag.Edge.Gateway;

/// <summary>Takes away the headers by which a client could claim to be someone. No service of ours believes them, and none gets to see them.</summary>
public sealed class IdentityHeaders(RequestDelegate next)
{
    private const string OurPrefix = "X-Bookbag-";

    private static readonly HashSet<string> Others = new(StringComparer.OrdinalIgnoreCase)
    {
        "Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Preferred-Username", "X-Auth-Request-User", "X-Auth-Request-Email",
        "X-User", "X-User-Id", "X-User-Name", "X-User-Email", "X-User-Role", "X-Role", "X-Workspace-Id", "X-Tenant-Id", "X-Agent-Id",
        "X-MS-CLIENT-PRINCIPAL", "X-MS-CLIENT-PRINCIPAL-ID", "X-MS-CLIENT-PRINCIPAL-NAME",
    };

    public Task InvokeAsync(HttpContext context)
    {
        // Webhooks are anonymous, and pass as they were sent.
        if (!context.IsWebhook())
            Strip(context.Request.Headers);
        return next(context);
    }

    private static void Strip(IHeaderDictionary headers)
    {
        foreach (var name in headers.Keys.Where(Claims).ToList())
            headers.Remove(name);
    }

    private static bool Claims(string name) => Others.Contains(name) || name.StartsWith(OurPrefix, StringComparison.OrdinalIgnoreCase);
}
