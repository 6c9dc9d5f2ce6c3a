using Bookbag.Edge.Clients;
using Bookbag.Edge.Gateway;
using Bookbag.ServiceDefaults.Http;

namespace Bookbag.Edge.Console;

/// <summary>The web pages of the product.</summary>
public static class ConsoleExtensions
{
    public static WebApplicationBuilder AddConsole(this WebApplicationBuilder builder)
    {
        // Built output finds its style sheets in every environment; published output has them beside it, and this does nothing.
        builder.WebHost.UseStaticWebAssets();
        // The handler that follows edits of files has a GET route for any path: what leads nowhere would be refused as 405.
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>("ReloadStaticAssetsAtRuntime", "false")]);
        builder.Services.AddRazorComponents();
        builder.Services.AddTransient<MemberCredentials>();
        builder.Services.AddHttpClient<InboundClient>(http =>
            {
                http.BaseAddress = new Uri($"http://{Services.Inbound}");
                http.Timeout = TimeSpan.FromSeconds(5);
            })
            // Connections are shared by all members: none of their cookies may stay behind.
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
            .AddHttpMessageHandler<MemberCredentials>()
            .AddSafeRetries();
        return builder;
    }

    public static void MapConsole(this IEndpointRouteBuilder app)
    {
        app.MapStaticAssets().AllowAnonymous();
        app.MapRazorComponents<App>();
    }
}
