using Bookbag.Edge.Clients;
using Bookbag.Edge.Console.Shared;
using Bookbag.ServiceDefaults.Http;
using MudBlazor;
using MudBlazor.Services;

namespace Bookbag.Edge.Console;

/// <summary>The web pages of the product.</summary>
public static class ConsoleExtensions
{
    /// <summary>The longest text that a page takes in one go, a pasted source, in any script.</summary>
    private const long LargestMessage = 1024 * 1024;

    public static WebApplicationBuilder AddConsole(this WebApplicationBuilder builder)
    {
        // Built output finds its style sheets in every environment; published output has them beside it, and this does nothing.
        builder.WebHost.UseStaticWebAssets();
        // The handler that follows edits of files has a GET route for any path: what leads nowhere would be refused as 405.
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>("ReloadStaticAssetsAtRuntime", "false")]);
        builder.Services.AddRazorComponents()
            .AddInteractiveServerComponents(circuits => circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(10))
            .AddHubOptions(hub => hub.MaximumReceiveMessageSize = LargestMessage);
        builder.Services.AddCascadingAuthenticationState();
        builder.Services.AddMudServices(mud =>
        {
            mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomCenter;
            mud.SnackbarConfiguration.PreventDuplicates = true;
            // Faded text is hard to read, and nobody waits for it to go.
            mud.SnackbarConfiguration.ShowTransitionDuration = 0;
            mud.SnackbarConfiguration.HideTransitionDuration = 0;
        });
        builder.AddClients();
        return builder;
    }

    public static void MapConsole(this IEndpointRouteBuilder app)
    {
        app.MapStaticAssets().AllowAnonymous();
        app.MapCircuitSessions();
        // Our own headers name who may frame a page: nobody.
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(circuits => circuits.ContentSecurityFrameAncestorsPolicy = null);
    }

    private static void AddClients(this WebApplicationBuilder builder)
    {
        builder.Services.AddHttpClient(ApiClient.Changes, Configure).ConfigurePrimaryHttpMessageHandler(CreateHandler);
        builder.Services.AddHttpClient(ApiClient.Reads, Configure).ConfigurePrimaryHttpMessageHandler(CreateHandler).AddSafeRetries();
        builder.Services.AddSingleton<SessionTickets>();
        builder.Services.AddScoped<MemberSession>();
        builder.Services.AddScoped<ApiClient>();
        builder.Services.AddScoped<LiveUpdates>();
        builder.Services.AddScoped<Feedback>();
        builder.Services.AddScoped<Viewer>();
        builder.Services.AddScoped<AgentList>();
        builder.Services.AddScoped<UsageClient>();
        builder.Services.AddScoped<TemplatesClient>();
        builder.Services.AddScoped<ContactsClient>();
        builder.Services.AddScoped<CampaignsClient>();
        builder.Services.AddScoped<WorkspaceClient>();
        builder.Services.AddScoped<ChannelClient>();
        builder.Services.AddScoped<SandboxClient>();
        builder.Services.AddScoped<SetupClient>();
        builder.Services.AddScoped<KnowledgeClient>();
        builder.Services.AddScoped<InboxClient>();
        builder.Services.AddScoped<WebhookLogClient>();
        builder.Services.AddScoped<OutgoingWebhooksClient>();
        builder.Services.AddScoped<ActivityClient>();

        // A model may think for a while, and a large file takes its time.
        static void Configure(HttpClient http) => http.Timeout = TimeSpan.FromMinutes(5);

        // Connections are shared by all members: none of their cookies may stay behind.
        static SocketsHttpHandler CreateHandler() => new() { UseCookies = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(5) };
    }
}
